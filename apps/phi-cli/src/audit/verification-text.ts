import type { VerificationReport } from '@app/audit';

/** @returns the result in one line */
export function verdictText({ outcome, counts }: VerificationReport): string {
  if (outcome === 'intact') return 'the audit trail is intact';
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `the audit trail is NOT intact: ${total} ${total === 1 ? 'finding' : 'findings'}`;
}

/** @returns the report, for people */
export function verificationText(report: VerificationReport): string {
  const { checkpoints, events, chains, records, notices, findings, counts, seconds } = report;
  const rows: [string, string][] = [
    ['checkpoints', newestOf(checkpoints)],
    [
      'events',
      `${events.sealed} as they were sealed, ${events.unsealed} not sealed yet, ${events.expired} expired`,
    ],
    ['chains', `${chains.open} open, ${chains.closed} closed, ${chains.abandoned} abandoned`],
  ];
  if (records !== undefined) {
    const { patients, documents, unattested } = records;
    rows.push([
      'records',
      `${patients} patients, ${documents} versions as the trail names them${unattested === 0 ? '' : `, ${unattested} whose events have expired`}`,
    ]);
  }
  rows.push(['seconds', seconds.toFixed(1)]);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const more = total - findings.length;
  const lines = [
    verdictText(report),
    ...rows.map(([name, text]) => `${name.padEnd(14)}${text}`),
    ...notices.map((notice) => `note: ${notice}`),
    ...findings.map(({ kind, message }) => `${kind}: ${message}`),
    ...(more > 0
      ? [
          `and ${more} more: ${Object.entries(counts)
            .map(([kind, count]) => `${count} ${kind}`)
            .join(', ')}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function newestOf({ verified, first, last, lastDigest }: VerificationReport['checkpoints']): string {
  if (last === undefined) return 'none';
  return `${verified} verified, ${first} to ${last}; digest of the newest ${lastDigest}`;
}
