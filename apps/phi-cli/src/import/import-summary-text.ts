import type { Counts, ImportSummary } from './import-report.js';

const columns: readonly (readonly [keyof Counts, string])[] = [
  ['created', 'created'],
  ['alreadyThere', 'already there'],
  ['refused', 'refused'],
  ['failed', 'failed'],
  ['skipped', 'skipped'],
];

/** @returns the result as a table for people */
export function summaryTable(summary: ImportSummary): string {
  const lines: string[] = [];
  if (summary.planned === undefined) {
    lines.push(' '.repeat(10) + columns.map(([, title]) => title.padStart(15)).join(''));
    for (const row of ['patients', 'records'] as const) {
      lines.push(row.padEnd(10) + columns.map(([key]) => String(summary[row][key]).padStart(15)).join(''));
    }
  } else {
    lines.push('Nothing was sent. An import would send:');
    const rows = [['patients', summary.planned.patients] as const, ...byCount(summary.planned.records)];
    for (const [name, count] of rows) lines.push(`${name.padEnd(32)}${String(count).padStart(8)}`);
  }
  lines.push('');
  const findings = byCount(summary.anonymized.findings);
  if (findings.length > 0) {
    lines.push(
      `replaced in texts: ${findings.map(([type, count]) => `${type} ${count}`).join(', ')} (--json says where)`,
    );
  }
  if (summary.ignored > 0)
    lines.push(`nothing to import in ${summary.ignored} entries (copies, outcomes of a search)`);
  lines.push(summaryLine(summary));
  return `${lines.join('\n')}\n`;
}

/** @returns the result in one line, for logs */
export function summaryLine(summary: ImportSummary): string {
  const { files, patients, records, planned } = summary;
  const sum = (key: keyof Counts): number => patients[key] + records[key];
  const what =
    planned === undefined
      ? columns.map(([key, title]) => `${sum(key)} ${title}`).join(', ')
      : `${planned.patients} patients and ${Object.values(planned.records).reduce((a, b) => a + b, 0)} records to send, ${sum('failed')} failed`;
  const failedFiles = files.failed === 0 ? '' : ` (${files.failed} more failed)`;
  return (
    `${files.read} ${files.read === 1 ? 'file' : 'files'}${failedFiles}: ${what}, ${summary.warnings} warnings; ` +
    `${summary.seconds.toFixed(2)} s, ${summary.resourcesPerSecond} resources/s`
  );
}

function byCount(counts: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(counts).toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b));
}
