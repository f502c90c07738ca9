import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { killAll } from './child-processes.js';
import { type BenchOptions, readOptions } from './options.js';
import { profileOperation } from './profile/profile-operation.js';
import { readConditions } from './report/conditions.js';
import { keepResults, type KeptResult } from './report/kept-results.js';
import { terminalTable } from './report/terminal-table.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from './suite.js';
import { suites } from './suites.js';

interface Measured extends KeptResult, Pick<SuiteResult, 'figures' | 'failures'> {}

const suitesOfSmokeAtOnce = 4;
const exitCodes = { done: 0, failures: 1, couldNotRun: 2 };

const progress = (text: string) => void process.stderr.write(`${text}\n`);

function print(tables: readonly FigureTable[]): void {
  for (const table of tables) process.stdout.write(`\n${terminalTable(table)}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const folder = mkdtempSync(join(tmpdir(), 'phi-bench-'));
  const context: SuiteContext = { ...options, folder, progress };
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

async function run(suite: Suite, context: SuiteContext): Promise<Measured> {
  const { name, title } = suite;
  const conditions = readConditions();
  return { name, title, conditions, ...(await suite.run(context)) };
}

async function measure(options: BenchOptions, context: SuiteContext): Promise<number> {
  const chosen = suites.filter(({ name }) => options.names.includes(name));
  const measured: Measured[] = [];
  // One at a time: they would measure each other. Where nothing is measured, they need not wait.
  const atOnce = options.smoke ? suitesOfSmokeAtOnce : 1;
  for (let at = 0; at < chosen.length; at += atOnce) {
    const results = await Promise.all(chosen.slice(at, at + atOnce).map((suite) => run(suite, context)));
    for (const { tables } of results) print(tables);
    measured.push(...results);
  }
  const failures = measured.flatMap((result) => result.failures);
  for (const failure of failures) process.stderr.write(`failed: ${failure}\n`);
  if (options.json !== undefined) writeFileSync(options.json, jsonOf(options, measured));
  if (failures.length > 0) return exitCodes.failures;
  if (options.writeDocs) {
    keepResults(
      measured.map(({ figures: _figures, failures: _failures, ...kept }) => kept),
      suites.map(({ name }) => name),
    );
  }
  return exitCodes.done;
}

function jsonOf({ smoke }: BenchOptions, measured: readonly Measured[]): string {
  const figures = measured.map(({ name, conditions, figures: of, failures }) => [
    name,
    { conditions, figures: of, failures },
  ]);
  return `${JSON.stringify({ smoke, suites: Object.fromEntries(figures) }, null, 2)}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Commander has said what is wrong with the options, or has shown the help.
  const told = error instanceof CommanderError;
  if (!told) process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = told && error.exitCode === 0 ? exitCodes.done : exitCodes.couldNotRun;
}
