import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type OperationName, operationNames } from './http/operations.js';
import { projectFolder } from './project-folder.js';
import { suites } from './suites.js';

export interface BenchOptions {
  smoke: boolean;
  /** Suites to run, all without it. */
  only: string[];
  json?: string;
  writeDocs: boolean;
  profile?: OperationName;
  service: string;
}

const examples = `
Examples:
  npm run bench -- --smoke
  npm run bench -- --only http --json figures.json
  npm run bench:crypto
  npm run bench -- --write-docs
  npm run bench -- --profile post

Tables go to standard output, progress to standard error. Exit code 0: done; 1: a target was missed, or a
request failed while measuring, so that the figures mean nothing; 2: it could not run.`;

/** @param args without node and script @throws CommanderError after it has said what is wrong */
export function readOptions(args: readonly string[]): BenchOptions {
  const program = new Command('bench')
    .description('Measures the built service beside baselines in the same run (npm run build first).')
    .option('--smoke', 'seconds instead of minutes: proves that it runs, measures nothing', false)
    .addOption(
      new Option('--only <suite...>', 'these suites alone')
        .choices(suites.map(({ name }) => name))
        .default([]),
    )
    .option('--json <file>', 'write the figures as JSON')
    .option('--write-docs', 'write docs/benchmarks.md; refused for a smoke or a part', false)
    .addOption(
      new Option(
        '--profile <operation>',
        'instead: where the processor time of an operation goes, 15 s at 16 connections',
      ).choices(operationNames),
    )
    .addOption(
      new Option('--service <file>', 'built entry point of the service, to compare two builds').default(
        join(projectFolder, 'dist/apps/phi-api/src/main.js'),
        'that of this project',
      ),
    )
    .addHelpText('after', examples)
    .exitOverride();
  program.parse(args, { from: 'user' });
  const options = program.opts<BenchOptions>();
  if (options.writeDocs && (options.smoke || options.only.length > 0 || options.profile !== undefined)) {
    program.error('error: --write-docs needs a whole run: without --smoke, --only and --profile');
  }
  return { ...options, service: resolve(options.service) };
}
