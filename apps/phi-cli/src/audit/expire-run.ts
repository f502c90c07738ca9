import { expireEvents, type ExpiryReport, publicKeysByName } from '@app/audit';
import { type CommandContext, type ExitCode, exitCodes } from '../command-context.js';
import { operatorOrigin, untilInterrupted } from '../maintenance/job-options.js';
import { withTrail } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import { AuditProgress } from './audit-progress.js';
import type { ExpireOptions } from './expire.command.js';

/** @returns 1 when a checkpoint is not what the service signed, so that nothing behind it may go */
export async function expireTrail(
  { dryRun = false, operator, json }: ExpireOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = await readConfiguration();
  const progress = new AuditProgress(context.stderr);
  const report = await untilInterrupted((signal) =>
    withTrail(config, (trail) =>
      expireEvents(
        { ...trail, publicKeys: publicKeysByName([trail.checkpointSigner.publicKey]) },
        {
          retentionDays: config.PHI_AUDIT_RETENTION_DAYS,
          origin: operatorOrigin(operator),
          dryRun,
          signal,
          onProgress: (events) => progress.show({ step: 'events removed', done: events, total: 0 }),
        },
      ),
    ),
  ).finally(() => progress.stop());
  const { outcome } = report;
  context.stdout.write(
    json === true ? `${JSON.stringify({ ...report, dryRun })}\n` : `${reportText(report, dryRun)}\n`,
  );
  if (outcome === 'done') return exitCodes.done;
  if (json === true) context.stderr.write(`phi: audit expire: ${outcome}: ${report.reason}\n`);
  return outcome === 'blocked' ? exitCodes.foundSomethingWrong : exitCodes.couldNotRun;
}

function reportText({ outcome, reason, before, ranges, events }: ExpiryReport, dryRun: boolean): string {
  const did = dryRun ? 'would be removed' : 'were removed';
  const counts = `${events} events of ${ranges} sealed ranges from before ${before} ${did}`;
  return outcome === 'done' ? counts : `${outcome}: ${reason}; ${counts}`;
}
