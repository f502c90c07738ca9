import { join, resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { type OperationName, operationNames } from './http/operations.js';
import { projectFolder } from './project-folder.js';
import { suites } from './suites.js';
import type { SuiteContext } from './suite.js';

export interface BenchOptions extends Pick<
  SuiteContext,
  'smoke' | 'routes' | 'connections' | 'minutes' | 'patients' | 'records' | 'build'
> {
  /** Names of the suites to run. */
  names: readonly string[];
  json?: string;
  writeDocs: boolean;
  profile?: OperationName;
}

type Given = Omit<BenchOptions, 'names' | 'routes'> & { route: OperationName[] };

const suiteNames = suites.map(({ name }) => name);
const usualNames = suites.filter(({ onlyByName }) => onlyByName !== true).map(({ name }) => name);

const examples = `
Suites:
${suites.map(({ name, title, onlyByName }) => `  ${name.padEnd(14)}${title}${onlyByName === true ? ' (only if named)' : ''}`).join('\n')}

Examples:
  npm run bench -- --smoke
  npm run bench -- http --route get post --connections 16 64
  npm run bench -- import export --json figures.json
  npm run bench -- soak --minutes 30 --write-docs
  npm run bench -- growth --patients 100000
  npm run bench -- --profile post

Tables go to standard output, progress to standard error. An aim that is missed is shown and fails nothing.
Exit code 0: done; 1: a target of the encryption was missed, or a request failed while measuring, so that the figures mean
nothing; 2: it could not run.`;

/** @param args without node and script @throws CommanderError after it has said what is wrong */
export function readOptions(args: readonly string[]): BenchOptions {
  const program = new Command('bench')
    .description('Measures the built service beside baselines in the same run (npm run build first).')
    .addArgument(
      new Argument('[suite...]', 'these suites alone; all but the long ones without a name').choices(
        suiteNames,
      ),
    )
    .option('--smoke', 'seconds instead of minutes: proves that all of it runs, measures nothing', false)
    .addOption(
      new Option('--route <name...>', 'http, tail: these operations alone')
        .choices(operationNames)
        .default([...operationNames], 'all'),
    )
    .addOption(
      new Option('--connections <count...>', 'http: 1, 16 and 64 unless given')
        .argParser((text: string, before: number[]) => [...before, wholeNumber(text)])
        .default([], ''),
    )
    .option('--minutes <count>', 'soak: how long', wholeNumber, 30)
    .option('--patients <count>', 'growth: how many patients are stored', wholeNumber, 1_000_000)
    .option('--records <count>', 'export: how many records the patient has', wholeNumber, 10_000)
    .option('--json <file>', 'write the figures as JSON')
    .option('--write-docs', 'put what was measured into docs/benchmarks.md; refused for a smoke', false)
    .addOption(
      new Option(
        '--profile <operation>',
        'instead: where the processor time of an operation goes, 15 s at 16 connections',
      ).choices(operationNames),
    )
    .addOption(
      new Option('--build <folder>', 'the `dist` of another build, to compare the two').default(
        join(projectFolder, 'dist'),
        'that of this project',
      ),
    )
    .addHelpText('after', examples)
    .exitOverride();
  program.parse(args, { from: 'user' });
  const { route: routes, ...options } = program.opts<Given>();
  const isPart = routes.length < operationNames.length || options.connections.length > 0;
  if (options.writeDocs && (options.smoke || isPart || options.profile !== undefined)) {
    program.error(
      'error: --write-docs needs whole suites: without --smoke, --route, --connections, --profile',
    );
  }
  const names = program.args.length > 0 ? program.args : options.smoke ? suiteNames : usualNames;
  return { ...options, names, routes, build: resolve(options.build) };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^[0-9][0-9e]{0,8}$/.test(text) || !Number.isSafeInteger(value) || value < 1 || value > 1e8)
    throw new InvalidArgumentError('expected a whole number from 1 to 100000000, such as 250000 or 1e6');
  return value;
}
