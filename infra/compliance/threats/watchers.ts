import { ofSection, type Threat, type Watched, words } from './threat.js';

/** AWS Config, and what it mends. */
export const configThreats = ({ names }: Watched): Threat[] =>
  ofSection('config', [
    {
      id: 'config-stopped',
      title: 'AWS Config was stopped, or rules, packs or remediations were removed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(8)',
      event: {
        services: ['config'],
        operations: words(
          'StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel DeleteConfigRule DeleteConformancePack DeleteRemediationConfiguration',
        ),
      },
      resource: 'requestParameters.configurationRecorderName',
      second: { filter: 'config' },
      first:
        'Start the recorder (configservice start-configuration-recorder), deploy the compliance stack again.',
    },
    {
      id: 'config-changed',
      title: 'What AWS Config records, or where it goes, was changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(8)',
      event: { services: ['config'], operations: words('PutConfigurationRecorder PutDeliveryChannel') },
      byDeployments: true,
      second: { filter: 'config' },
      first: 'Compare the recorder with the compliance stack: every type, global ones too.',
    },
    {
      id: 'automation-failed',
      title: 'An automation that is none of our repairs did not come to its end',
      severity: 'HIGH',
      paragraph: '164.308(a)(6)(ii)',
      event: {
        pattern: {
          source: ['aws.ssm'],
          'detail-type': ['EC2 Automation Execution Status-change Notification'],
          detail: {
            // Repairs of this deployment say so themselves, with more: `infra/remediation.md`.
            Definition: [{ 'anything-but': { prefix: `${names.prefix}-` } }],
            Status: ['Failed', 'TimedOut'],
          },
        },
        paths: {
          eventName: '$.detail.Definition',
          resource: '$.detail.ExecutionId',
          status: '$.detail.Status',
          eventId: '$.id',
        },
      },
      first: 'Open the execution in Systems Manager: its last step says what is half done.',
    },
  ]);

/** Whoever tells us what happens: rules, topics, alarms, log groups. */
export const alertingThreats = (_: Watched): Threat[] =>
  ofSection('alerting', [
    {
      id: 'rules-silenced',
      title: 'A rule of EventBridge was disabled or removed, or lost its targets',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(6)(ii)',
      event: { services: ['events'], operations: words('DisableRule DeleteRule RemoveTargets') },
      resource: 'requestParameters.rule',
      byDeployments: true,
      second: { filter: 'alerting' },
      first: 'Deploy the compliance stack again; look at CloudTrail for what happened in between.',
    },
    {
      id: 'rules-changed',
      title: 'A rule of EventBridge was made or changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(6)(ii)',
      event: { services: ['events'], operations: ['PutRule'] },
      resource: 'requestParameters.name',
      byDeployments: true,
      second: { filter: 'alerting' },
      first: 'Compare its pattern and state with the compliance stack.',
    },
    {
      id: 'topics-silenced',
      title: 'A topic was removed or changed, or somebody was unsubscribed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(6)(ii)',
      event: { services: ['sns'], operations: words('DeleteTopic SetTopicAttributes Unsubscribe') },
      resource: 'requestParameters.topicArn',
      byDeployments: true,
      second: { filter: 'alerting' },
      first: 'List the subscriptions of the alarm topic; deploy the stacks again and confirm the addresses.',
    },
    {
      id: 'alarms-silenced',
      title: 'Alarms were removed, silenced or changed, or a dashboard was removed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(6)(ii)',
      event: {
        services: ['monitoring'],
        operations: words('DeleteAlarms DisableAlarmActions PutMetricAlarm DeleteDashboards'),
      },
      byDeployments: true,
      second: { filter: 'alerting' },
      first: 'Deploy the stacks again; enable the actions (cloudwatch enable-alarm-actions).',
    },
    {
      id: 'logs-removed',
      title: 'Logs, their protection or what counts in them was removed',
      severity: 'CRITICAL',
      paragraph: '164.312(b)',
      event: {
        services: ['logs'],
        operations: words(
          'DeleteLogGroup DeleteLogStream DeleteRetentionPolicy DisassociateKmsKey DeleteMetricFilter DeleteDataProtectionPolicy',
        ),
      },
      resource: 'requestParameters.logGroupName',
      byDeployments: true,
      second: { filter: 'logs' },
      first: 'The log archive has what Firehose carried away; deploy the stack of the group again.',
    },
    {
      id: 'logs-diverted',
      title: 'How long logs are kept, or where they are sent, was changed',
      severity: 'CRITICAL',
      paragraph: '164.312(b)',
      event: { services: ['logs'], operations: words('PutRetentionPolicy PutSubscriptionFilter') },
      resource: 'requestParameters.logGroupName',
      byDeployments: true,
      second: { filter: 'logs' },
      first: 'Look at the destination of the subscription: another account is a way out.',
    },
    {
      id: 'logs-watched-live',
      title: 'Somebody watches logs live, or reads them unmasked',
      severity: 'HIGH',
      paragraph: '164.308(a)(4)(ii)(B)',
      event: {
        services: ['logs'],
        operations: words('StartLiveTail GetLogEvents FilterLogEvents StartQuery GetLogRecord'),
        where: [
          {
            either: [
              { path: 'eventName', is: ['StartLiveTail'] },
              { path: 'requestParameters.unmask', is: [true] },
            ],
          },
        ],
      },
      reads: true,
      resource: 'requestParameters.logGroupName',
      first:
        'Ask for the reason. Our logs hold no PHI by design; unmasking says that somebody looks for some.',
    },
  ]);

/** The services that look for attacks themselves. */
export const securityServiceThreats = (_: Watched): Threat[] =>
  ofSection('security-services', [
    {
      id: 'guardduty-weakened',
      title: 'GuardDuty was switched off or changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(1)(ii)(D)',
      event: {
        services: ['guardduty'],
        operations: words('DeleteDetector UpdateDetector StopMonitoringMembers'),
      },
      resource: 'requestParameters.detectorId',
      byDeployments: true,
      second: { filter: 'security-services' },
      first: 'Enable the detector (guardduty update-detector --enable), deploy the compliance stack again.',
    },
    {
      id: 'security-hub-weakened',
      title: 'Security Hub or one of its standards was switched off',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(8)',
      event: { services: ['securityhub'], operations: words('DisableSecurityHub BatchDisableStandards') },
      byDeployments: true,
      second: { filter: 'security-services' },
      first: 'Deploy the compliance stack again.',
    },
    {
      id: 'macie-weakened',
      title: 'Macie was switched off or changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(1)(ii)(D)',
      event: { services: ['macie2'], operations: words('DisableMacie UpdateMacieSession') },
      byDeployments: true,
      second: { filter: 'security-services' },
      first: 'Enable it (macie2 update-macie-session --status ENABLED).',
    },
  ]);
