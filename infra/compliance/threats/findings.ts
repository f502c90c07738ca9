import { ofSection, type Threat, type Watched } from './threat.js';

/**
 * What the services found that look for attacks, by fields that name types and things alone: a finding of Macie has samples of
 * what it found, and a title can be worded by whoever sent it.
 */
export const findings = (_: Watched): Threat[] =>
  ofSection('security-services', found).map((finding) => ({ ...finding, isFinding: true }));

const found: Omit<Threat, 'section'>[] = [
  ...(
    [
      ['guardduty-finding', 'MEDIUM', ['>=', 4, '<', 7]],
      ['guardduty-finding-high', 'HIGH', ['>=', 7, '<', 9]],
      ['guardduty-finding-critical', 'CRITICAL', ['>=', 9]],
    ] as const
  ).map(([id, severity, numeric]) => ({
    id,
    severity,
    title: 'GuardDuty found something that looks like an attack',
    paragraph: '164.308(a)(6)(ii)',
    event: {
      pattern: {
        source: ['aws.guardduty'],
        'detail-type': ['GuardDuty Finding'],
        detail: { severity: [{ numeric }] },
      },
      paths: {
        eventId: '$.detail.id',
        eventName: '$.detail.type',
        resource: '$.detail.resource.resourceType',
      },
    },
    ...(severity === 'CRITICAL' && { second: { alarm: 'findings-matched' } }),
    first: 'Open the finding in GuardDuty: it names the thing and what was done with it.',
  })),
  {
    id: 'sensitive-data-found',
    severity: 'CRITICAL',
    title: 'Macie found sensitive data in a bucket that must hold none',
    paragraph: '164.312(a)(2)(iv)',
    event: {
      pattern: {
        source: ['aws.macie'],
        'detail-type': ['Macie Finding'],
        detail: { type: [{ prefix: 'SensitiveData:' }] },
      },
      paths: {
        eventId: '$.detail.id',
        eventName: '$.detail.type',
        resource: '$.detail.resourcesAffected.s3Bucket.name',
        status: '$.detail.severity.description',
      },
    },
    second: { alarm: 'findings-matched' },
    first:
      'Close the bucket to readers, find out what wrote there, then judge whether it is a breach (164.402).',
  },
  {
    id: 'security-hub-finding',
    severity: 'HIGH',
    title: 'Security Hub has a new finding of high or critical severity',
    paragraph: '164.308(a)(8)',
    event: {
      pattern: {
        source: ['aws.securityhub'],
        'detail-type': ['Security Hub Findings - Imported'],
        detail: {
          findings: {
            Severity: { Label: ['HIGH', 'CRITICAL'] },
            Workflow: { Status: ['NEW'] },
            RecordState: ['ACTIVE'],
            // These three send the same event by themselves.
            ProductName: [{ 'anything-but': ['GuardDuty', 'Macie', 'IAM Access Analyzer'] }],
          },
        },
      },
      paths: {
        eventId: '$.detail.findings[0].Id',
        eventName: '$.detail.findings[0].GeneratorId',
        resource: '$.detail.findings[0].Resources[0].Id',
        status: '$.detail.findings[0].Severity.Label',
      },
    },
    first: 'Open the finding in Security Hub; suppress it there, with a reason, if it is accepted.',
  },
  {
    id: 'external-access',
    severity: 'CRITICAL',
    title: 'Something of the account can be reached from outside it',
    paragraph: '164.312(a)(1)',
    event: {
      pattern: {
        source: ['aws.access-analyzer'],
        'detail-type': ['Access Analyzer Finding'],
        detail: { status: ['ACTIVE'], isDeleted: [false] },
      },
      paths: {
        eventId: '$.detail.id',
        eventName: '$.detail.resourceType',
        resource: '$.detail.resource',
        status: '$.detail.status',
      },
    },
    second: { alarm: 'findings-matched' },
    first: 'Read the policy of the thing; archive the finding if the access is meant.',
  },
];

/** What this deployment tells of itself by events. */
export const selfMonitoring = ({ names }: Watched): Threat[] =>
  ofSection('self-monitoring', [
    {
      id: 'certificate-expires',
      severity: 'HIGH',
      title: 'A certificate expires within 45 days and was not renewed',
      paragraph: '164.312(e)(2)(ii)',
      event: {
        pattern: {
          source: ['aws.acm'],
          'detail-type': ['ACM Certificate Approaching Expiration'],
        },
        paths: { eventId: '$.id', resource: '$.resources[0]', status: '$.detail.DaysToExpiry' },
      },
      first: 'Renew it: a certificate by DNS renews itself while its record stands.',
    },
    {
      id: 'task-stopped-by-fault',
      severity: 'MEDIUM',
      title: 'A task of the service ended by a fault',
      paragraph: '164.308(a)(7)(ii)(C)',
      event: {
        pattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Task State Change'],
          detail: {
            clusterArn: [{ suffix: `:cluster/${names.prefix}` }],
            lastStatus: ['STOPPED'],
            stopCode: ['EssentialContainerExited', 'TaskFailedToStart'],
          },
        },
        paths: { eventId: '$.id', resource: '$.detail.taskArn', status: '$.detail.stopCode' },
      },
      first: 'Read the log of the service around that time.',
    },
  ]);
