import { CfnRule, Schedule } from 'aws-cdk-lib/aws-events';
import { Aws, Duration } from 'aws-cdk-lib';
import type { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { volumeTags } from '../../../automation/volume-tags.js';
import type { DataResources } from '../../../data.stack.js';
import type { Names } from '../../../names.js';
import type { Settings } from '../../../settings.js';
import { PhiFunction } from '../../phi-function.js';
import { ScheduledCall } from '../../scheduled-call.js';
import { alarmAtTopic } from '../../topic-alarm.js';
import type { AlertRoute } from '../alert-route.js';
import { RemediationDocument, startStatements } from './remediation-document.js';
import { RemediationPermissions } from './remediation-permissions.js';
import { remediations } from './remediations.js';

export interface RemediationProps {
  names: Names;
  settings: Settings;
  data: DataResources;
  alerts: AlertRoute;
  /** Rules that stand outside of the pack, by AWS's identifier: a repair is made after the rule that starts it. */
  rules: ReadonlyMap<string, CfnConfigRule>;
}

/**
 * What the account mends by itself, and how people hear of what it could not mend (45 CFR 164.308(a)(1)(ii)(B), 164.308(a)(6)(ii)). What touches
 * data or a service asks first.
 */
export class Remediations extends Construct {
  readonly documents: readonly RemediationDocument[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: RemediationProps,
  ) {
    super(scope, id);
    const { names, settings, data } = props;
    const approvals = this.#approvals();
    const all = remediations({
      names,
      settings,
      volumeKeyArn: data.keys.volumes.keyArn,
      approvalTopicArn: approvals.topicArn,
    });
    this.documents = all.map(
      (remediation) =>
        new RemediationDocument(this, remediation.id, {
          names,
          remediation,
          undelivered: data.undeliveredAlerts,
          rules: props.rules,
        }),
    );
    this.#replacedVolumes();
    this.#notices();
  }

  #approvals(): Topic {
    const { names, settings, data } = this.props;
    const topic = new Topic(this, 'Approvals', {
      topicName: names.approvalTopic,
      displayName: `Approvals of ${names.prefix}`,
      masterKey: data.keys.alerts,
      enforceSSL: true,
    });
    for (const address of settings.alarmAddresses)
      topic.addSubscription(new EmailSubscription(address, { deadLetterQueue: data.undeliveredAlerts }));
    return topic;
  }

  /** Once a day: says on each replaced volume until when it stays, and starts the deletion of those whose day has come. */
  #replacedVolumes(): void {
    const { names, settings, data, alerts } = this.props;
    const deletion = this.documents.find(({ documentName }) =>
      documentName.endsWith('-delete-replaced-volume'),
    );
    if (deletion === undefined) throw new Error('There is no document that deletes replaced volumes');
    const { function: keeper } = new PhiFunction(this, 'ReplacedVolumes', {
      settings,
      source: 'replaced-volumes',
      description: 'Has unencrypted volumes deleted some days after they were replaced',
      logGroupName: `${names.logGroupPrefix}replaced-volumes`,
      logKey: data.keys.audit,
      environment: {
        STAGE: names.stage,
        KEPT_DAYS: String(settings.remediation.replacedVolumeDays),
        DELETION_DOCUMENT: deletion.documentName,
        DELETION_ROLE_ARN: deletion.role.roleArn,
      },
      timeout: Duration.minutes(2),
      permissions: [
        new PolicyStatement({
          sid: 'Look',
          actions: ['ec2:DescribeSnapshots', 'ec2:DescribeVolumes'],
          resources: ['*'],
          conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
        }),
        new PolicyStatement({
          sid: 'SayUntilWhen',
          actions: ['ec2:CreateTags'],
          resources: [`arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:volume/*`],
          conditions: {
            StringEquals: { [`aws:ResourceTag/${volumeTags.claimed}`]: names.stage },
            'ForAllValues:StringEquals': { 'aws:TagKeys': [volumeTags.deleteAfter] },
            Null: { 'aws:TagKeys': 'false' },
          },
        }),
        new RemediationPermissions(names).deletePlainSnapshots(),
        ...startStatements(deletion.documentName, deletion.role.roleArn),
      ],
    });
    new ScheduledCall(this, 'Daily', {
      description: 'Looks for replaced volumes whose time is over',
      schedule: Schedule.rate(Duration.days(1)),
      function: keeper,
      maxEventAge: Duration.hours(2),
      undelivered: data.undeliveredAlerts,
    });
    alarmAtTopic(this, 'VolumesStay', alerts.alarmTopic, {
      alarmDescription:
        'Replaced volumes could not be looked through: unencrypted ones may stay longer than they should. The log of the function says why.',
      metric: keeper.metricErrors({ statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
    });
  }

  /** @see AWS Systems Manager User Guide, "Amazon EventBridge event examples for Systems Manager" */
  #notices(): void {
    const { prefix } = this.props.names;
    this.#notice('repair-failed', {
      severity: 'HIGH',
      title: 'A repair failed or was given up; the link says at which step',
      detail: {
        Definition: [{ prefix: `${prefix}-` }],
        Status: ['Failed', 'TimedOut', 'Cancelled', 'Rejected'],
      },
    });
    // People have to decide: a key that was to be deleted is there again, and disabled.
    this.#notice('key-rescued', {
      severity: 'HIGH',
      title: 'A key was to be deleted: that is called off, and the key is disabled until somebody enables it',
      detail: { Definition: [`${prefix}-key-deletion`], Status: ['Success'] },
    });
  }

  #notice(
    id: string,
    { severity, title, detail }: { severity: string; title: string; detail: Record<string, unknown> },
  ): void {
    const { names, alerts } = this.props;
    const fixed = {
      phiAlert: 1,
      kind: 'remediation',
      id,
      severity,
      title,
      paragraph: '164.308(a)(1)(ii)(B)',
    };
    const console = `https://${Aws.REGION}.console.aws.amazon.com/systems-manager/automation/execution/<execution>?region=${Aws.REGION}`;
    const members = Object.entries(fixed).map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
    new CfnRule(this, id, {
      name: `${names.prefix}-${id}`,
      description: title,
      eventPattern: {
        source: ['aws.ssm'],
        'detail-type': ['EC2 Automation Execution Status-change Notification'],
        detail,
      },
      targets: [
        alerts.target({
          inputPathsMap: {
            eventId: '$.id',
            time: '$.time',
            account: '$.account',
            region: '$.region',
            resource: '$.detail.Definition',
            status: '$.detail.Status',
            execution: '$.detail.ExecutionId',
          },
          inputTemplate: `{${members.join(',')},"eventId":"<eventId>","time":"<time>","account":"<account>","region":"<region>","resource":"<resource>","status":"<status>","link":"${console}"}`,
        }),
      ],
    });
  }
}
