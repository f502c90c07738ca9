import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext, ExitCode } from '../command-context.js';
import { addOperatorOptions } from '../maintenance/job-options.js';
import { parseTime } from './audit-options.js';

export interface ReconcileOptions {
  readonly from: number;
  readonly to?: number;
  readonly trail?: string;
  readonly region?: string;
  readonly principal?: readonly RegExp[];
  readonly key?: readonly string[];
  readonly operator: string;
  readonly json?: boolean;
}

const reconcileHelp = `
Every read of a patient for whom a process has no key in memory asks KMS for it, and CloudTrail records that with the
patient's id. So each call that CloudTrail saw must have an event of ours within the length of a request. One that has none
was made past the service. Listed are such calls, calls by other principals than --principal names, keys that were wrapped
under a foreign KMS key, and refused attempts; the rest is counted. Each is a question, not a verdict: a process that was
killed between key and event leaves one as well.

--trail reads the files of a trail (a folder, or s3://bucket/prefix) instead of the event history, which reaches back 90 days
and answers 100 events a second at most.

Examples:
  $ phi audit reconcile --from 2026-11-21 --to 2026-11-22 --principal 'arn:aws:iam::*:role/phi-api-*'
  $ phi audit reconcile --from 2026-11-21T08:00:00Z --trail s3://my-trail-bucket/AWSLogs/111122223333/ --region us-east-1
  $ phi audit reconcile --from 2026-11-21 --to 2026-11-22 --trail ./trail-files --json`;

/** Adds `phi audit reconcile`. */
export function addReconcileCommand(
  audit: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const reconcile = audit
    .command('reconcile')
    .summary('find uses of the keys in CloudTrail that the trail does not explain')
    .description("Holds CloudTrail's record of the patients' keys against the audit trail.")
    .requiredOption('--from <time>', 'beginning, ISO 8601: 2026-11-21 (UTC), 2026-11-21T08:00:00Z', parseTime)
    .option(
      '--to <time>',
      'end, not included (default: 15 minutes ago, when CloudTrail has delivered)',
      parseTime,
    )
    .option('--trail <place>', 'files of a trail: a folder, or s3://bucket/prefix', parseTrail)
    .option(
      '--region <region>',
      'of the event history, or of the bucket (default: that of the KMS key)',
      parseRegion,
    )
    .option(
      '--principal <pattern>',
      'ARN of a role or session that may use the keys, * stands for anything; can be given again',
      collect(parsePattern),
    )
    .option('--key <arn>', 'an earlier KMS key of this deployment; can be given again', collect(parseKeyArn));
  addOperatorOptions(reconcile)
    .addHelpText('after', reconcileHelp)
    .action(async (options: ReconcileOptions) => {
      // Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for.
      const { reconcileTrail } = await import('./reconcile-run.js');
      finish(await reconcileTrail(options, context));
    });
}

function parseTrail(text: string): string {
  if (text.startsWith('s3:') && !/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[^\0]{0,1000})?$/.test(text)) {
    throw new InvalidArgumentError('It must be s3://bucket/prefix.');
  }
  if (text === '') throw new InvalidArgumentError('It must be a folder or s3://bucket/prefix.');
  return text;
}

function parseRegion(text: string): string {
  if (/^[a-z]{2,8}(?:-[a-z]{1,12}){1,4}-\d{1,2}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an AWS Region.');
}

/** A session of a role has an ARN of its own, so names stand for both, and `*` goes over slashes. */
function parsePattern(text: string): RegExp {
  if (!/^arn:[\w+=,.@/:*-]{1,600}$/.test(text))
    throw new InvalidArgumentError('It must be an ARN; * stands for anything.');
  const parts = text.split('*').map((part) => part.replaceAll(/[.+]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

function parseKeyArn(text: string): string {
  if (/^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:key\/[A-Za-z0-9-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the ARN of a KMS key.');
}

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, parse(text)];
