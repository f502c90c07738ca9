import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import type { ReportLine } from './report-line.js';

/** How often each thing was done, and by whom, most often first. */
export interface ReportTotals {
  byWhat: Record<string, number>;
  byWho: Record<string, number>;
}

export function totalsOf(lines: readonly ReportLine[]): ReportTotals {
  return { byWhat: counted(lines, 'what'), byWho: counted(lines, 'who') };
}

function counted(lines: readonly ReportLine[], key: 'what' | 'who'): Record<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line[key], (counts.get(line[key]) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b)));
}

/** No colours: the report may go into a file. */
const plain = { head: [], border: [], compact: true };

/**
 * @param about the patient, who is not named again in each line; absent where one agent did everything, who is not named again either
 * @returns the report as a table for people, with totals at its end
 */
export function reportTable(title: string, lines: readonly ReportLine[], about?: string): string {
  const { byWhat, byWho } = totalsOf(lines);
  const totals = new Table({ head: ['total', 'events'], style: plain, colAligns: ['left', 'right'] });
  for (const [name, count] of Object.entries(byWhat)) totals.push([name, String(count)]);
  for (const [name, count] of Object.entries(byWho)) totals.push([`by ${name}`, String(count)]);
  totals.push(['all', String(lines.length)]);
  if (lines.length === 0) return `${title}\n\nNothing.\n`;

  const byWhom = about === undefined ? [] : ['who'];
  const table = new Table({
    head: ['date (UTC)', ...byWhom, 'what', 'of', 'purpose', 'kind'],
    style: plain,
  });
  for (const { date, who, what, of, purpose, kind } of lines) {
    const documents = of.map(({ type, id, version }) => {
      const name = version === undefined ? type : `${type}, version ${version}`;
      return id === about ? name : `${name}\n${id}`;
    });
    const when = date.slice(0, 19).replace('T', ' ');
    table.push([when, ...(about === undefined ? [] : [who]), what, documents.join('\n'), purpose, kind]);
  }
  return `${title}\n\n${table.toString()}\n\n${totals.toString()}\n`;
}

/** @returns RFC 4180; no cell is a formula where the file is opened (OWASP, CSV Injection) */
export function reportCsv(lines: readonly ReportLine[]): string {
  const head = ['date', 'who', 'what', 'of', 'purpose', 'kind', 'event id'];
  const rows = lines.map(({ date, who, what, of, purpose, kind, eventId }) => [
    date,
    who,
    what,
    of
      .map(({ type, id, version }) => `${type}/${id}${version === undefined ? '' : ` version ${version}`}`)
      .join('; '),
    purpose,
    kind,
    eventId,
  ]);
  return stringify([head, ...rows], {
    escape_formulas: true,
    quoted: true,
    quoted_empty: true,
    record_delimiter: 'windows',
  });
}
