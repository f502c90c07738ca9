import type { Finding, FindingReason, ReconciliationReport } from '@app/audit';

/** More than anybody reads on a screen; `--json` holds all. */
const listedAtMost = 200;

const reasons: Record<FindingReason, string> = {
  'no-event': 'no event of ours explains it: somebody used the key past the service',
  'more-than-events': 'there were more calls at that time than events of ours that need one',
  'other-principal': 'made by a principal that --principal does not name',
  refused: 'KMS refused it: somebody tried',
  'to-other-key':
    "the patient's key was wrapped under a KMS key that is none of ours (an earlier one of ours: --key)",
  'no-such-patient': 'under a key of ours, for an id that no patient of ours has',
};

/** @returns the report, for people */
export function reconciliationText(report: ReconciliationReport): string {
  const { calls, explained, findings, principals, unreadable, blindSpots } = report;
  const counts: [name: string, count: number][] = [
    ['calls of KMS in this time', calls.examined],
    ['explained by an access', explained.accesses],
    ['by an export or a job on the patient', explained.longAccesses],
    ['by making or changing his key', explained.keyWork],
    ['by a job over everybody', explained.duringJobs],
    ['by a patient who was refused', explained.refusedCreations],
    ['of other keys', report.unrelated],
    ['of our keys, without a patient', report.withoutPatient],
    ['not served by KMS', report.notServed],
    ['refused, naming no key', report.refusedWithoutKey],
    ['to be looked into', findings.length],
    ['delivered twice', calls.duplicates],
  ];
  const lines = [
    `CloudTrail and the audit trail, ${report.from} to ${report.to}`,
    ...counts.map(([name, count]) => `${name.padEnd(40)}${String(count).padStart(10)}`),
    ...findings.slice(0, listedAtMost).flatMap(findingLines),
    ...(findings.length > listedAtMost
      ? ['', `... and ${findings.length - listedAtMost} more; --json lists all`]
      : []),
    ...section(
      'Who made the calls:',
      principals.map(({ principal, calls: made }) => `${String(made).padStart(8)} ${principal}`),
    ),
    ...section(
      'Files that could not be read to their end:',
      unreadable.map(({ file, reason }) => `${file}: ${reason}`),
    ),
    ...section('What this run could not see:', blindSpots),
    '',
    `reconcile: ${verdictText(report)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** @returns the result in one line */
export function verdictText({ findings, unreadable, calls: { damaged } }: ReconciliationReport): string {
  if (findings.length > 0) return `${findings.length} calls have to be looked into`;
  if (unreadable.length + damaged > 0)
    return 'nothing was found in what could be read, but not everything could';
  return 'every call is explained';
}

function findingLines(finding: Finding): string[] {
  const { at, operation, patientId, principal, session, sourceAddress, region, errorCode, eventId, notes } =
    finding;
  return [
    '',
    `${at} ${operation}${errorCode === undefined ? '' : ` ${errorCode}`}, patient ${patientId ?? 'not told'}`,
    ...finding.reasons.map((reason) => `  ${reasons[reason]}`),
    ...notes.map((note) => `  note: ${note}`),
    `  by ${principal === session ? principal : `${principal} as ${session}`}`,
    `  from ${sourceAddress} in ${region}, CloudTrail event ${eventId}`,
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
