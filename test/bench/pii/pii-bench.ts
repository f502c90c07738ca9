import { basename, join } from 'node:path';
import { CommanderError } from 'commander';
import { projectFolder } from '../project-folder.js';
import { terminalTable } from '../report/terminal-table.js';
import type { FigureTable } from '../suite.js';
import { type Detector, builtDetector } from './built-detector.js';
import { injectIdentifiers } from './injected-texts.js';
import { type LabelledText, readLabelledTexts } from './labelled-texts.js';
import { worstErrors } from './pii-errors.js';
import { type PiiBenchOptions, readPiiOptions } from './pii-options.js';
import { score } from './pii-score.js';
import { measureSpeed } from './pii-speed.js';
import { type PiiFigures, errorTable, scoreTable, summaryTable } from './pii-tables.js';

const exitCodes = { done: 0, couldNotRun: 2 };
const errorsPerType = 10;

const progress = (text: string) => void process.stderr.write(`${text}\n`);
const print = (table: FigureTable) => void process.stdout.write(`\n${terminalTable(table)}\n`);

async function main(args: readonly string[]): Promise<void> {
  const options = readPiiOptions(args);
  const detector = await builtDetector(join(projectFolder, 'dist'));
  const results = options.files.map((file) => measure(file, detector, options));
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}

function measure(
  file: string,
  detector: Detector,
  { errors, json, inject, seed }: PiiBenchOptions,
): PiiFigures {
  const name = basename(file);
  progress(`${name}: reading`);
  const read = textsOf(file, name);
  const texts = inject === undefined ? read : injectIdentifiers(read, inject, seed);
  progress(`${name}: detecting in ${texts.length} texts`);
  const found = texts.map(({ text }) => detector.detectSync(text));
  progress(`${name}: measuring the time`);
  const speed = measureSpeed(
    texts.map(({ text }) => text),
    (text) => detector.detectSync(text),
  );
  const figures = { file: name, texts: texts.length, score: score(texts, found), speed };
  if (!json) {
    print(scoreTable(figures));
    print(summaryTable(figures));
  }
  if (errors) {
    progress(
      'WARNING: what follows quotes the texts. Do not copy it anywhere if they are about real people.',
    );
    print(errorTable(worstErrors(texts, found, errorsPerType)));
  }
  return figures;
}

function textsOf(file: string, name: string): LabelledText[] {
  try {
    return readLabelledTexts(file);
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : 'cannot be read'}`, { cause });
  }
}

try {
  await main(process.argv.slice(2));
  process.exitCode = exitCodes.done;
} catch (error) {
  // Commander has said what is wrong with the options, or has shown the help.
  const told = error instanceof CommanderError;
  if (!told) process.stderr.write(`bench:pii: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = told && error.exitCode === 0 ? exitCodes.done : exitCodes.couldNotRun;
}
