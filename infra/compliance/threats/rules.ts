import { eventPatternOf, ROLE_NAME } from './conditions.js';
import { type Calls, isCalls, type NoticePart, type Severity, type Threat } from './threat.js';

type Pattern = Record<string, unknown>;

/** A rule of EventBridge, before it is CloudFormation's. */
export interface ThreatRule {
  /** Of the rule: the threat's, or `<id>-deployed` of what deployments do. */
  id: string;
  threat: Threat;
  severity: Severity;
  pattern: Pattern;
  state: 'ENABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
}

/** @returns the rules of a threat: one, or two where deployments make the call as well */
export function rulesOf(threat: Threat, deployers: readonly string[]): ThreatRule[] {
  const { id, event, severity, reads } = threat;
  const state = reads ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED';
  if (!isCalls(event)) return [{ id, threat, severity, pattern: event.pattern, state }];
  if (!threat.byDeployments) return [{ id, threat, severity, pattern: callPattern(event), state }];
  const withRole = (condition: NonNullable<Calls['where']>[number]): Calls => ({
    ...event,
    where: [...(event.where ?? []), condition],
  });
  return [
    { id, threat, severity, pattern: callPattern(withRole({ path: ROLE_NAME, unlike: deployers })), state },
    {
      id: `${id}-deployed`,
      threat,
      severity: 'INFO',
      pattern: callPattern(withRole({ path: ROLE_NAME, like: deployers })),
      state,
    },
  ];
}

function callPattern({ services, operations, where = [], detailTypes }: Calls): Pattern {
  return {
    // Only AWS can send under this name; anybody may call his event an API call.
    source: [{ prefix: 'aws.' }],
    'detail-type': detailTypes ?? ['AWS API Call via CloudTrail'],
    detail: {
      ...(services.length > 0 && { eventSource: services.map((service) => `${service}.amazonaws.com`) }),
      ...(operations.length > 0 && {
        eventName: operations.map((name) => (name.endsWith('*') ? { prefix: name.slice(0, -1) } : name)),
      }),
      ...eventPatternOf(where),
    },
  };
}

/** Where the parts of a notice are in an event that CloudTrail delivers. */
const callPaths: Record<Exclude<NoticePart, 'resource' | 'link'>, string> = {
  eventId: '$.detail.eventID',
  eventName: '$.detail.eventName',
  eventSource: '$.detail.eventSource',
  principal: '$.detail.userIdentity.arn',
  sourceIp: '$.detail.sourceIPAddress',
  // Absent: it was done. Otherwise it was an attempt.
  status: '$.detail.errorCode',
};

/** What the alerter is told. */
export interface NoticeTemplate {
  inputPathsMap: Record<string, string>;
  inputTemplate: string;
}

/**
 * Picks named fields out of the event, never all of its parameters: they could hold anything. Each stands in quotation marks, so that one that
 * is missing leaves an empty text and not broken JSON.
 * @see Amazon EventBridge User Guide, "Amazon EventBridge input transformation"
 */
export function noticeOf({ id, threat, severity }: ThreatRule): NoticeTemplate {
  const { event, title, paragraph, resource } = threat;
  const ofCall = isCalls(event);
  const parts: Partial<Record<NoticePart, string>> = ofCall
    ? { ...callPaths, ...(resource !== undefined && { resource: `$.detail.${resource}` }) }
    : event.paths;
  const part = (name: NoticePart) => (parts[name] === undefined ? '' : `<${name}>`);
  const notice = {
    phiAlert: 1,
    kind: threat.isFinding ? 'finding' : 'threat',
    id,
    severity,
    title,
    paragraph,
    eventId: part('eventId'),
    time: '<time>',
    account: '<account>',
    region: '<region>',
    eventName: part('eventName'),
    eventSource: part('eventSource') || '<source>',
    principal: part('principal'),
    sourceIp: part('sourceIp'),
    resource: part('resource'),
    status: part('status'),
    link: linkOf(threat),
  };
  return {
    inputPathsMap: {
      time: '$.time',
      account: '$.account',
      region: '$.region',
      ...(notice.eventSource === '<source>' && { source: '$.source' }),
      ...parts,
    },
    inputTemplate: JSON.stringify(notice),
  };
}

function linkOf({ event }: Threat): string {
  const console = 'https://<region>.console.aws.amazon.com';
  if (isCalls(event)) return `${console}/cloudtrailv2/home?region=<region>#/events/<eventId>`;
  const [source] = event.pattern['source'] as string[];
  const pages: Record<string, string> = {
    'aws.guardduty': 'guardduty/home?region=<region>#/findings',
    'aws.macie': 'macie/home?region=<region>#findings',
    'aws.securityhub': 'securityhub/home?region=<region>#/findings',
    'aws.access-analyzer': 'access-analyzer/home?region=<region>#/findings',
    'aws.ssm': 'systems-manager/automation/executions?region=<region>',
    'aws.acm': 'acm/home?region=<region>#/certificates/list',
    'aws.ecs': 'ecs/v2/clusters?region=<region>',
  };
  return `${console}/${pages[source ?? ''] ?? ''}`;
}
