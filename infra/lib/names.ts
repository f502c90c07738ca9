import { Aws } from 'aws-cdk-lib';

/**
 * Names that more than one stack, the service or a key policy must know. Whatever is named nowhere else keeps the name that
 * CloudFormation gives it.
 */
export function namesOf(stage: string) {
  const prefix = `phi-${stage}`;
  return {
    stage,
    prefix,
    stacks: {
      data: `${prefix}-data`,
      api: `${prefix}-api`,
      audit: `${prefix}-audit`,
      compliance: `${prefix}-compliance`,
      global: `${prefix}-global`,
    },
    tables: { records: `${prefix}-records`, audit: `${prefix}-audit`, keyStore: `${prefix}-key-store` },
    aliases: {
      /** Of the api stack: what a running service leaves for a moment. */
      runtime: `alias/${prefix}-runtime`,
      records: `alias/${prefix}-records`,
      audit: `alias/${prefix}-audit`,
      parameters: `alias/${prefix}-parameters`,
      alerts: `alias/${prefix}-alerts`,
      signing: `alias/${prefix}-signing`,
      /** EBS volumes and their snapshots, of whatever in this account makes them. */
      volumes: `alias/${prefix}-volumes`,
    },
    parameterPrefix: `/phi/${stage}`,
    parameters: {
      kmsKeyArn: `/phi/${stage}/kms-key-arn`,
      /** Made by whoever points the alias to another key (`phi setup --new-kms-key`); the stacks write none. */
      earlierKmsKeyArns: `/phi/${stage}/earlier-kms-key-arns`,
      indexRoot: `/phi/${stage}/index-root`,
      signingKeyArn: `/phi/${stage}/signing-key-arn`,
      oidcIssuer: `/phi/${stage}/oidc-issuer`,
      oidcJwks: `/phi/${stage}/oidc-jwks`,
      bedrockGuardrailId: `/phi/${stage}/bedrock-guardrail-id`,
      bedrockGuardrailVersion: `/phi/${stage}/bedrock-guardrail-version`,
      bedrockModelId: `/phi/${stage}/bedrock-model-id`,
    },
    /** Key policies in the data stack know these roles by their names alone: no reference between stacks, so no cycle. */
    roles: {
      /** What the service runs as. */
      task: `${prefix}-task`,
      /** Who runs `phi keys`, `phi rescreen`, `phi audit verify` and moves index roots. */
      operator: `${prefix}-operator`,
      auditArchiver: `${prefix}-audit-archiver`,
      secureParameter: `${prefix}-secure-parameter`,
      backup: `${prefix}-backup`,
      /** The one that may remove audit events, after six years (`phi audit expire`). Nothing deploys it: a privacy officer has it made. */
      auditExpiry: `${prefix}-audit-expiry`,
      /** The one that publishes alerts. */
      complianceAlerter: `${prefix}-compliance-alerter`,
      /** What puts canaries on the bus. */
      alertCanary: `${prefix}-alert-canary`,
      /** What volumes are encrypted as: it asks people before it stops an instance. */
      volumeEncryption: `${prefix}-volume-encryption`,
      /** What AWS Config looks at resources as. */
      configRecorder: `${prefix}-config-recorder`,
    },
    /** One for the account and region: bucket names are known to the whole world. */
    buckets: {
      auditArchive: `${prefix}-audit-archive-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      accessLogs: `${prefix}-access-logs-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      logArchive: `${prefix}-log-archive-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      queryResults: `${prefix}-query-results-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      /** Where AWS Config delivers histories and snapshots of configurations. */
      configuration: `${prefix}-configuration-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
    },
    /** Folders of the archive bucket. */
    archivePrefixes: {
      /** Events of the audit trail, as they were stored. */
      events: 'events/',
      /** Checkpoints and what leads to them. */
      checkpoints: 'checkpoints/',
      /** What should not be there: rows that were changed or removed, with their content before and after. */
      changes: 'changes/',
      /** CloudTrail's. */
      trail: 'cloudtrail/',
    },
    /** Folders of the access-log bucket. */
    accessLogPrefixes: { loadBalancer: 'load-balancer', auditArchive: 'audit-archive/' },
    /** Every log group begins with this: the key of the logs admits no others. */
    logGroupPrefix: `/phi/${stage}/`,
    logGroups: {
      service: `/phi/${stage}/service`,
      apiAccess: `/phi/${stage}/api-access`,
      flows: `/phi/${stage}/flows`,
      // WAF writes to no log group with another beginning.
      firewall: `aws-waf-logs-${prefix}`,
      trail: `/phi/${stage}/cloud-trail`,
      /** Errors of the streams that carry logs to the archive. */
      logDelivery: `/phi/${stage}/log-delivery`,
    },
    /** Of Athena and Glue. */
    workgroup: `${prefix}-audit`,
    catalog: `${prefix}-audit`.replaceAll('-', '_'),
    /** What a privacy officer's or an investigator's role gets attached to run the saved queries. */
    auditReaderPolicy: `${prefix}-audit-reader`,
    /** CloudTrail encrypts under the audit key; its key policy names the trail. */
    trail: `${prefix}-trail`,
    /** What CloudWatch says of metrics. */
    alarmTopic: `${prefix}-alarms`,
    /** What the alerter says of rules and of events: text for people, JSON for machines. */
    alertTopic: `${prefix}-alerts`,
    /** Where repairs ask before they touch a service. Systems Manager publishes to names that begin with `Automation` alone. */
    approvalTopic: `Automation-${prefix}-approvals`,
    /** Alerts that could not be delivered. */
    undeliveredAlerts: `${prefix}-undelivered-alerts`,
    /** What the alerter has told already. */
    alertTable: `${prefix}-alerts`,
    metricNamespace: `Phi/${stage}`,
    /** What the account's compliance is measured by. */
    complianceNamespace: `Phi/${stage}/Compliance`,
  };
}

export type Names = ReturnType<typeof namesOf>;
