import { allOf, anyOf, filterTermOf, ROLE_NAME } from './conditions.js';
import { type Calls, isCalls, type Threat } from './threat.js';
import { NETWORK_CHANGES } from './running.js';
import { ORGANIZATION_CHANGES, POLICY_CHANGES } from './people.js';
import { words } from './threat.js';

/** A count of lines of the trail's log stream: 1 a match. */
export interface TrailFilter {
  /** Of its alarm as well. */
  id: string;
  title: string;
  pattern: string;
  /** Matches within five minutes that are too many. */
  threshold: number;
  /** What an operator does first. */
  first: string;
}

const names = (operations: readonly string[]) => anyOf(operations.map((name) => `$.eventName = "${name}"`));
const source = (service: string) => `$.eventSource = "${service}.amazonaws.com"`;
const ofService = (service: string, operations: readonly string[]) =>
  allOf([source(service), names(operations)]);

const atDeployments = 'A deployment does it too: compare the time.';

/**
 * CIS AWS Foundations Benchmark 4.0, 4.1 to 4.15, as it words them; 4.16 asks that Security Hub is on, which the stack switches on.
 * Auditors look for just these, so that deployments are not left out.
 */
export const cisFilters: readonly TrailFilter[] = [
  {
    id: 'cis-4.1',
    title: 'Calls that were not permitted',
    pattern: '($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")',
    // One is a typing error, or a service of AWS that looks what it may.
    threshold: 5,
    first: 'Look at who asked for what in CloudTrail; one role on many things is somebody who looks around.',
  },
  {
    id: 'cis-4.2',
    title: 'Sign-ins to the console without a second factor',
    pattern:
      '($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.responseElements.ConsoleLogin = "Success") && (($.userIdentity.type = "IAMUser") || ($.userIdentity.type = "Root"))',
    threshold: 1,
    first: 'End the session, have the person register a second factor.',
  },
  {
    id: 'cis-4.3',
    title: 'Uses of the root user',
    pattern:
      '($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent")',
    threshold: 1,
    first: 'Call whoever holds its second factor.',
  },
  {
    id: 'cis-4.4',
    title: 'Changes of IAM policies',
    pattern: names(POLICY_CHANGES),
    threshold: 1,
    first: atDeployments,
  },
  {
    id: 'cis-4.5',
    title: 'Changes of a trail',
    pattern: names(words('CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging')),
    threshold: 1,
    first: `See that the trail logs. ${atDeployments}`,
  },
  {
    id: 'cis-4.6',
    title: 'Failed sign-ins to the console',
    pattern: '($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication")',
    threshold: 5,
    first: 'Look at the addresses; block the user if they are foreign.',
  },
  {
    id: 'cis-4.7',
    title: 'Keys disabled or scheduled for deletion',
    pattern: ofService('kms', words('DisableKey ScheduleKeyDeletion')),
    threshold: 1,
    first: 'Cancel the deletion within its waiting period, enable the key.',
  },
  {
    id: 'cis-4.8',
    title: 'Changes of bucket policies',
    pattern: ofService(
      's3',
      words(
        'PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication',
      ),
    ),
    threshold: 1,
    first: atDeployments,
  },
  {
    id: 'cis-4.9',
    title: 'Changes of AWS Config',
    pattern: ofService(
      'config',
      words('StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder'),
    ),
    threshold: 1,
    first: `See that the recorder records. ${atDeployments}`,
  },
  ...(
    [
      ['cis-4.10', 'Changes of security groups'],
      ['cis-4.11', 'Changes of network access lists'],
      ['cis-4.12', 'Changes of network gateways'],
      ['cis-4.13', 'Changes of routes'],
      ['cis-4.14', 'Changes of networks'],
    ] as const
  ).map(([id, title]) => ({
    id,
    title,
    pattern: names(NETWORK_CHANGES[id]),
    threshold: 1,
    first: `Compare the network with the api stack. ${atDeployments}`,
  })),
  {
    id: 'cis-4.15',
    title: 'Changes of the organization',
    pattern: ofService('organizations', ORGANIZATION_CHANGES),
    threshold: 1,
    first: 'Compare with the change request.',
  },
];

/**
 * The second path of critical threats: the same calls, counted in the trail's log stream, which CloudTrail delivers on another way than
 * events. One filter for several threats, where one look at the day's calls answers for all.
 */
export function doublingFilters(threats: readonly Threat[], deployers: readonly string[]): TrailFilter[] {
  const byFilter = new Map<string, Threat[]>();
  for (const threat of threats) {
    if (threat.second === undefined || !('filter' in threat.second)) continue;
    const { filter } = threat.second;
    byFilter.set(filter, [...(byFilter.get(filter) ?? []), threat]);
  }
  return [...byFilter].map(([id, some]) => ({
    id: `seen-${id}`,
    title: some.map(({ title }) => title).join('. '),
    pattern: anyOf(groupedTerms(some, deployers)),
    threshold: 1,
    first: some[0]?.first ?? '',
  }));
}

/** Threats under the same condition share it: a pattern has 1,024 characters. */
function groupedTerms(threats: readonly Threat[], deployers: readonly string[]): string[] {
  const groups = new Map<string, { calls: Calls; operations: Set<string> }>();
  for (const { event, byDeployments } of threats) {
    if (!isCalls(event)) continue;
    const where = [
      ...(event.where ?? []),
      ...(byDeployments ? [{ path: ROLE_NAME, unlike: deployers }] : []),
    ];
    const calls = { ...event, where };
    const group = JSON.stringify([event.services, where]);
    const { operations } = groups.get(group) ?? { operations: new Set() };
    groups.set(group, { calls, operations: new Set([...operations, ...event.operations]) });
  }
  return [...groups.values()].map(({ calls: { services, where = [] }, operations }) =>
    allOf([anyOf(services.map(source)), names([...operations]), ...where.map(filterTermOf)]),
  );
}
