import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { killAll } from './child-processes.js';
import { type BenchOptions, readOptions } from './options.js';
import { profileOperation } from './profile/profile-operation.js';
import { projectFolder } from './project-folder.js';
import { benchmarksPage } from './report/benchmarks-page.js';
import { type Conditions, readConditions } from './report/conditions.js';
import { terminalTable } from './report/terminal-table.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from './suite.js';
import { suites } from './suites.js';

const exitCodes = { done: 0, failures: 1, couldNotRun: 2 };

const progress = (text: string) => void process.stderr.write(`${text}\n`);

function print(tables: readonly FigureTable[]): void {
  for (const table of tables) process.stdout.write(`\n${terminalTable(table)}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const folder = mkdtempSync(join(tmpdir(), 'phi-bench-'));
  const context: SuiteContext = {
    smoke: options.smoke,
    serviceEntry: options.service,
    folder,
    progress,
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => giveUp(folder));
  try {
    if (options.profile === undefined) return await measure(options, context);
    print(await profileOperation(context, options.profile));
    return exitCodes.done;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function giveUp(folder: string): never {
  killAll();
  rmSync(folder, { recursive: true, force: true });
  process.exit(exitCodes.couldNotRun);
}

async function measure(options: BenchOptions, context: SuiteContext): Promise<number> {
  const conditions = readConditions();
  const results: { suite: Suite; result: SuiteResult }[] = [];
  for (const suite of suites) {
    if (options.only.length > 0 && !options.only.includes(suite.name)) continue;
    const result = await suite.run(context);
    results.push({ suite, result });
    print(result.tables);
  }
  const failures = results.flatMap(({ result }) => result.failures);
  for (const failure of failures) process.stderr.write(`failed: ${failure}\n`);
  if (options.json !== undefined) writeFileSync(options.json, jsonOf(options, conditions, results));
  if (failures.length > 0) return exitCodes.failures;
  if (options.writeDocs) {
    writeFileSync(join(projectFolder, 'docs/benchmarks.md'), benchmarksPage(conditions, results));
  }
  return exitCodes.done;
}

function jsonOf(
  { smoke }: BenchOptions,
  conditions: Conditions,
  results: readonly { suite: Suite; result: SuiteResult }[],
): string {
  const figures = results.map(({ suite, result }) => [
    suite.name,
    { figures: result.figures, failures: result.failures },
  ]);
  return `${JSON.stringify({ smoke, ...conditions, suites: Object.fromEntries(figures) }, null, 2)}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Commander has said what is wrong with the options, or has shown the help.
  const told = error instanceof CommanderError;
  if (!told) process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = told && error.exitCode === 0 ? exitCodes.done : exitCodes.couldNotRun;
}
