import type { Command } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode } from '../command-context.js';
import { addKeyOptions, type KeyOptions, parseUuid } from '../maintenance/job-options.js';

const keysHelp = `
Every command opens the data of the service directly, with the service's configuration (.env and environment), and runs
beside a running service. Each can be stopped at any moment, also by kill -9: run again, it goes on where it was.

Examples:
  $ phi keys rotate && phi keys re-encrypt
  $ phi keys rotate --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11
  $ phi keys rotate --kms-key
  $ phi keys reindex --rate 500
  $ phi keys status --json`;

/** Adds `phi keys ...`. */
export function addKeysCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const keys = program
    .command('keys')
    .summary('rotate keys, encrypt and index anew')
    .description('Replaces keys while the service runs.')
    .addHelpText('after', keysHelp);
  /** Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for. */
  const jobs = async () => import('../maintenance/jobs.js');

  addKeyOptions(keys.command('rotate').summary('give patients a new branch key version'))
    .description(
      'Gives every patient a new branch key version, which later messages are written under. Older ones stay readable.',
    )
    .option('--patient <id>', 'this patient alone', parseUuid)
    .option(
      '--kms-key',
      'instead: make a new KMS key and have it wrap every branch key; on aws `phi setup --new-kms-key` makes it first',
    )
    .addHelpText('after', '\nExample:\n  $ phi keys rotate --rate 50')
    .action(async (options: KeyOptions & { patient?: string; kmsKey?: boolean }) => {
      if (options.kmsKey === true && options.patient !== undefined) {
        throw new CouldNotRun('--kms-key is for all patients: leave out --patient');
      }
      const { rewrap, rotate } = await jobs();
      finish(await (options.kmsKey === true ? rewrap : rotate)(options, context));
    });

  addKeyOptions(keys.command('re-encrypt').summary('encrypt anew what is under an older branch key'))
    .description(
      "Encrypts every message anew that is not under its patient's active branch key version. After a rotation it waits until no instance has the old key in memory (PHI_KEY_CACHE_TTL_SECONDS).",
    )
    .addHelpText('after', '\nExample:\n  $ phi keys re-encrypt --rate 500')
    .action(async (options: KeyOptions) => finish(await (await jobs()).reEncrypt(options, context)));

  addKeyOptions(keys.command('reindex').summary('replace the root of blind index and seals'))
    .description(
      'Replaces the index root: new index rows and seals for everybody, then the old ones go. The old root itself goes a day later: run the command again then.',
    )
    .option('--finish', 'only go on with a reindex that was begun')
    .addHelpText('after', '\nExamples:\n  $ phi keys reindex\n  $ phi keys reindex --finish')
    .action(async (options: KeyOptions & { finish?: boolean }) =>
      finish(await (await jobs()).reindex(options, context)),
    );

  addKeyOptions(
    keys.command('compact').summary("remove the traces of destroyed keys from the key store's file"),
  )
    .description("Writes the key store's file anew, without the freed pages that still hold destroyed keys.")
    .addHelpText('after', '\nExample:\n  $ phi keys compact --json')
    .action(async (options: KeyOptions) => finish(await (await jobs()).compact(options, context)));

  addKeyOptions(keys.command('status').summary('count what is under which key'))
    .description(
      'Counts patients, messages, index rows and seals by the key that they are under. Changes nothing.',
    )
    .addHelpText('after', '\nExample:\n  $ phi keys status --rate 10000')
    .action(async (options: KeyOptions) => finish(await (await jobs()).showStatus(options, context)));
}
