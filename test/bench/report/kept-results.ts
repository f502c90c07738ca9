import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../project-folder.js';
import type { FigureTable } from '../suite.js';
import { benchmarksPage } from './benchmarks-page.js';
import type { Conditions } from './conditions.js';

/** What the page shows of a suite: its last run. */
export interface KeptResult {
  name: string;
  title: string;
  conditions: Conditions;
  tables: readonly FigureTable[];
  notes: readonly string[];
}

export const keptFile = join(projectFolder, 'docs/benchmarks.json');
export const pageFile = join(projectFolder, 'docs/benchmarks.md');

export const readKept = (): KeptResult[] =>
  existsSync(keptFile) ? (JSON.parse(readFileSync(keptFile, 'utf8')) as KeptResult[]) : [];

/**
 * Suites are run one by one, each in a quiet hour: those measured now replace theirs, the others stay as they are.
 * @param order names of all suites; what is no longer among them is left out
 */
export function keepResults(measured: readonly KeptResult[], order: readonly string[]): void {
  const byName = new Map([...readKept(), ...measured].map((result) => [result.name, result]));
  const kept = order.flatMap((name) => byName.get(name) ?? []);
  writeFileSync(keptFile, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(pageFile, benchmarksPage(kept));
}
