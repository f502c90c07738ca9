import {
  cloudTrailDeliveryMilliseconds,
  type CloudTrailSource,
  CloudTrailUnavailable,
  EventLookup,
  reconcile,
  type ReconciliationOptions,
  type ReconciliationReport,
  TrailBucket,
  TrailFiles,
  TrailFolder,
} from '@app/audit';
import type { Platform } from '@app/platform';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { operatorOrigin, untilInterrupted } from '../maintenance/job-options.js';
import { withPlatform } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import type { ReconcileOptions } from './reconcile.command.js';
import { AuditProgress } from './audit-progress.js';
import { reconciliationText, verdictText } from './reconciliation-text.js';

/** @returns 1 when there is something to look into, or files that could not be read */
export async function reconcileTrail(options: ReconcileOptions, context: CommandContext): Promise<ExitCode> {
  const now = Date.now();
  const { from, to = now - cloudTrailDeliveryMilliseconds } = options;
  if (from >= to) throw new CouldNotRun('--from must be before --to (unless given, 15 minutes ago)');
  const config = await readConfiguration();
  const progress = new AuditProgress(context.stderr);
  const report = await untilInterrupted((signal) =>
    withPlatform(config, async (platform) => {
      const run = {
        from,
        to,
        now,
        retentionDays: config.PHI_AUDIT_RETENTION_DAYS,
        signal,
        onProgress: progress.show.bind(progress),
      };
      try {
        return await audited(platform, options, context, run);
      } catch (error) {
        throw signal.aborted ? new CouldNotRun('interrupted; nothing was changed') : reasonOf(error);
      }
    }),
  ).finally(() => progress.stop());
  context.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reconciliationText(report));
  if (options.json === true) context.stderr.write(`phi: reconcile: ${verdictText(report)}\n`);
  const isWhole = report.unreadable.length === 0 && report.calls.damaged === 0;
  return report.findings.length === 0 && isWhole ? exitCodes.done : exitCodes.foundSomethingWrong;
}

/** The report shows who was treated when, so it is an access to the trail, recorded before it is shown (45 CFR 164.312(b)). */
async function audited(
  platform: Platform,
  { principal, key = [], region, trail, operator }: ReconcileOptions,
  context: CommandContext,
  run: Omit<ReconciliationOptions, 'keyArns' | 'isExpected'>,
): Promise<ReconciliationReport> {
  const currentKey = await platform.keyStore.currentKmsKey();
  const source = sourceOf(trail, region ?? regionOf(currentKey), context);
  const expected = principal && ((arn: string) => principal.some((pattern) => pattern.test(arn)));
  const report = await reconcile(
    { table: platform.table, source },
    {
      ...run,
      keyArns: [currentKey, ...platform.earlierKmsKeyArns(), ...key],
      ...(expected === undefined ? {} : { isExpected: expected }),
    },
  );
  const origin = operatorOrigin(operator);
  const { length: failed } = report.findings;
  const job = { step: 'completed', examined: report.calls.examined, changed: 0, failed } as const;
  await platform.audit.append([{ type: 'audit-reconcile', outcome: '0', origin, job }]);
  return report;
}

function sourceOf(
  trail: string | undefined,
  region: string | undefined,
  context: CommandContext,
): CloudTrailSource {
  if (trail !== undefined && !trail.startsWith('s3:')) return new TrailFiles(new TrailFolder(trail));
  if (region === undefined) {
    throw new CouldNotRun(
      'the KMS key of this platform is in no AWS Region: give --region, or --trail with a folder',
    );
  }
  if (trail === undefined) {
    return new EventLookup({
      region,
      now: () => context.now(),
      wait: (milliseconds, signal) => context.wait(milliseconds, signal),
    });
  }
  const [bucket = '', ...prefix] = trail.slice('s3://'.length).split('/');
  return new TrailFiles(new TrailBucket(bucket, folderPrefix(prefix.join('/')), region));
}

/** Keys are listed level by level, so what they begin with must end at one. */
const folderPrefix = (prefix: string) => (prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`);

/** `arn:aws:kms:<region>:...`; the key of the embedded platform is `local`. */
function regionOf(keyArn: string): string | undefined {
  const region = keyArn.split(':')[3];
  return region === undefined || region === 'local' ? undefined : region;
}

function reasonOf(error: unknown): unknown {
  if (error instanceof CloudTrailUnavailable) return new CouldNotRun(error.message);
  return error;
}
