import {
  type MaintenanceJobReport,
  type MaintenanceJobRun,
  MaintenanceJobStopped,
  type KeyMaintenance,
  openPatientRecords,
  type Rescreening,
} from '@app/patient-records';
import type { Platform } from '@app/platform';
import { awsRefusalBehind, type PhiConfig } from '@app/configuration';
import { Problem, problemTypes } from '@app/problem-details';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { withPlatform } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import { type KeyOptions, operatorOrigin, untilInterrupted } from './job-options.js';
import { KeyProgress } from './job-progress.js';
import { outcomeText, reportText, statusText } from './job-report-text.js';

/** What a job works with. */
interface Opened {
  platform: Platform;
  config: PhiConfig;
  keyMaintenance: KeyMaintenance;
  rescreening: Rescreening;
  run: MaintenanceJobRun;
}
type Command<Options = object> = (
  options: KeyOptions & Options,
  context: CommandContext,
) => Promise<ExitCode>;

export const rotate: Command<{ patient?: string }> = (options, context) =>
  performJob(options, context, ({ keyMaintenance, run }) => keyMaintenance.rotate(run, options.patient));

export const rewrap: Command = (options, context) =>
  performJob(options, context, ({ platform, keyMaintenance, run }) =>
    keyMaintenance.rewrap(run, () => moveAlias(platform)),
  );

export const reEncrypt: Command = (options, context) =>
  performJob(options, context, ({ keyMaintenance, run }) => keyMaintenance.reEncrypt(run));

export const reindex: Command<{ finish?: boolean }> = (options, context) =>
  performJob(options, context, ({ keyMaintenance, run }) =>
    keyMaintenance.reindex(run, options.finish === true),
  );

/** On AWS whoever uses a key cannot make one: an administrator has moved the alias, or there is nothing to do. */
async function moveAlias({ localKms, keyStore }: Platform): Promise<void> {
  if (localKms !== undefined) {
    localKms.addKey();
    return;
  }
  const current = await keyStore.currentKmsKey();
  if ([...(await keyStore.kmsKeyUse()).keys()].every((arn) => arn === current)) {
    throw new CouldNotRun(
      'every branch key is under the KMS key that the alias points to; `phi setup --new-kms-key` points it to a new one',
    );
  }
}

/** Opens the ports, does the job, prints its report. */
export async function performJob(
  options: KeyOptions,
  context: CommandContext,
  work: (opened: Opened) => Promise<MaintenanceJobReport>,
): Promise<ExitCode> {
  const progress = new KeyProgress(context.stderr);
  const report = await withPorts(options, context, progress, async (opened) => {
    try {
      return await work(opened);
    } catch (error) {
      if (error instanceof MaintenanceJobStopped) {
        const refusal = awsRefusalBehind(error);
        throw new CouldNotRun(refusal === undefined ? error.message : `${error.message}: ${refusal}`);
      }
      if (error instanceof Problem && error.type === problemTypes.notFound) {
        throw new CouldNotRun('the patient has no key');
      }
      throw error;
    }
  }).finally(() => progress.stop());
  context.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
  if (context.stderr.isTTY !== true || report.outcome !== 'done') {
    context.stderr.write(`phi: ${report.job}: ${outcomeText(report)}\n`);
  }
  if (report.outcome === 'stopped') return exitCodes.couldNotRun;
  return report.failed > 0 ? exitCodes.foundSomethingWrong : exitCodes.done;
}

export const compact: Command = async (options, context) => {
  const { PHI_PLATFORM } = await readConfiguration();
  if (PHI_PLATFORM === 'aws') {
    const note = 'DynamoDB keeps no freed pages; destroyed keys leave with the point-in-time recovery window';
    context.stdout.write(
      options.json === true ? `${JSON.stringify({ outcome: 'done', note })}\n` : `${note}\n`,
    );
    return exitCodes.done;
  }
  const progress = new KeyProgress(context.stderr);
  const report = await withPorts(options, context, progress, async ({ platform, run }) => {
    const compaction = platform.keyStoreCompaction;
    if (compaction === undefined) throw new CouldNotRun('this key store is no file');
    const destroyedRows = (await compaction.pending())?.destroyedRows ?? 0;
    const { bytesBefore, bytesAfter } = await compaction.run();
    const job = { step: 'completed', examined: destroyedRows, changed: destroyedRows, failed: 0 } as const;
    await platform.audit.append([{ type: 'key-destroy', outcome: '0', origin: run.origin, job }]);
    return { outcome: 'done', destroyedRows, bytesBefore, bytesAfter };
  });
  const text = `${report.destroyedRows} destroyed rows; ${report.bytesBefore} bytes before, ${report.bytesAfter} after\n`;
  context.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : text);
  return exitCodes.done;
};

export const showStatus: Command = async (options, context) => {
  const progress = new KeyProgress(context.stderr);
  const counts = { examined: 0, changed: 0, skipped: 0, failed: 0 };
  const { status, compaction } = await withPorts(options, context, progress, async (opened) => {
    const { platform, keyMaintenance, run } = opened;
    const show = (done: number, total: number) => progress.show({ step: 'counting', done, total, counts });
    try {
      const counted = await keyMaintenance.status(run, show);
      return { status: counted, compaction: await platform.keyStoreCompaction?.pending() };
    } catch (error) {
      if (run.signal.aborted) throw new CouldNotRun('interrupted; nothing was changed');
      throw error;
    }
  }).finally(() => progress.stop());
  const result = { ...status, ...(compaction === undefined ? {} : { keyStoreCompaction: compaction }) };
  context.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : statusText(status, compaction),
  );
  return status.damaged > 0 ? exitCodes.foundSomethingWrong : exitCodes.done;
};

async function withPorts<T>(
  { rate, operator }: KeyOptions,
  context: CommandContext,
  progress: KeyProgress,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const config = await readConfiguration();
  return untilInterrupted((signal) =>
    withPlatform(config, async (platform) => {
      const run: MaintenanceJobRun = {
        origin: operatorOrigin(operator),
        ratePerSecond: rate,
        signal,
        clock: { now: () => Date.now(), wait: (milliseconds, until) => context.wait(milliseconds, until) },
        keyCacheSeconds: config.PHI_KEY_CACHE_TTL_SECONDS,
        parameterRefreshSeconds: config.PHI_PARAMETER_REFRESH_SECONDS,
        onProgress: (shown) => progress.show(shown),
      };
      return work({ platform, config, ...openRecords(platform, config), run });
    }),
  );
}

function openRecords(platform: Platform, config: PhiConfig) {
  const terms = {
    keyCacheTtlSeconds: config.PHI_KEY_CACHE_TTL_SECONDS,
    keyStoreBackupDays: config.PHI_KEY_STORE_BACKUP_DAYS,
  };
  return openPatientRecords(platform, config.PHI_SHARED_IDENTIFIER_SYSTEMS, terms);
}
