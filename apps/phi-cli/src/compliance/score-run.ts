import {
  type ConfigExport,
  distinctViolations,
  type FoundViolation,
  readConfigExport,
  resourceKey,
  riskScore,
  someRule,
  UnreadableExport,
  violationOf,
} from '@app/compliance-score';
import { readFile, stat } from 'node:fs/promises';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import type { ScoreOptions } from './score.command.js';
import { scoreDocument, scoreText } from './score-text.js';

/** Config itself answers with pages of a hundred; this is a very large account. */
const FILE_MEGABYTES = 200;

/** @returns 1 when a resource has the threshold or more */
export async function scoreExports(
  files: readonly string[],
  options: ScoreOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const exports: ConfigExport[] = [];
  for (const file of files) exports.push(await read(file));
  const now = new Date(options.at ?? Date.now());
  const found = violationsOf(exports);
  const violations = distinctViolations(found.map((one) => violationOf(one, now, `phi-${options.stage}-`)));
  const risk = riskScore(violations);
  const unknown = found.filter(({ dataClass }) => dataClass === 'unknown').length;
  if (unknown > 0)
    context.stderr.write(
      `phi: of ${unknown} of ${found.length} violations the data class is not known: they count as PHI (export select-resource-config with tags)\n`,
    );
  context.stdout.write(
    options.json === true
      ? `${JSON.stringify(scoreDocument(risk, options.threshold, now))}\n`
      : scoreText(risk, options.threshold, options.top),
  );
  const isOpen = risk.resources.some(({ score }) => score >= options.threshold);
  return isOpen ? exitCodes.foundSomethingWrong : exitCodes.done;
}

async function read(file: string): Promise<ConfigExport> {
  let text: string;
  try {
    if ((await stat(file)).size > FILE_MEGABYTES * 1024 * 1024)
      throw new UnreadableExport(`larger than ${FILE_MEGABYTES} MB`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof UnreadableExport) throw new CouldNotRun(`${file}: ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    throw new CouldNotRun(`${file}: ${code === 'ENOENT' ? 'there is no such file' : 'cannot be read'}`);
  }
  try {
    return readConfigExport(text);
  } catch (error) {
    if (error instanceof UnreadableExport) throw new CouldNotRun(`${file}: ${error.message}`);
    throw error;
  }
}

/** @throws CouldNotRun if no file tells of rules or resources: an empty score would be a wrong one */
function violationsOf(exports: readonly ConfigExport[]): FoundViolation[] {
  const classes = new Map(exports.flatMap(({ dataClasses }) => [...dataClasses]));
  if (!exports.some(({ judges }) => judges))
    throw new CouldNotRun('no file says what breaks a rule: add get-compliance-details-by-config-rule');
  const detailed = exports.flatMap(({ violations }) => violations);
  const known = new Set(detailed.map(resourceKey));
  const others = exports
    .flatMap(({ nonCompliant }) => nonCompliant)
    .filter((resource) => !known.has(resourceKey(resource)))
    .map((resource) => ({
      ...resource,
      ruleName: someRule,
      dataClass: 'unknown' as const,
      openSince: undefined,
    }));
  return [...detailed, ...others].map((one) => ({
    ...one,
    dataClass: classes.get(resourceKey(one)) ?? 'unknown',
  }));
}
