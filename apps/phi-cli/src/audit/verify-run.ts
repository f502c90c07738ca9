import { readFileSync } from 'node:fs';
import { NoExport, publicKeysByName, type VerificationReport, verifyExport, verifyTrail } from '@app/audit';
import { recordCensus } from '@app/patient-records';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { operatorOrigin, untilInterrupted } from '../maintenance/job-options.js';
import { withPlatform } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import { AuditProgress } from './audit-progress.js';
import { linesOfFile } from './lines-of-file.js';
import { verdictText, verificationText } from './verification-text.js';
import type { VerifyOptions } from './verify.command.js';

/** @returns 1 when anything is wrong */
export async function verifyStoredTrail(options: VerifyOptions, context: CommandContext): Promise<ExitCode> {
  const earlier = options.publicKey === undefined ? [] : publicKeysOf(options.publicKey);
  const config = await readConfiguration();
  const { since, evidence, records, retentionDays = config.PHI_AUDIT_RETENTION_DAYS, operator } = options;
  return told(options, context, (signal, onProgress) =>
    withPlatform(config, async (platform) => {
      const { table, checkpointSigner } = platform;
      const report = await verifyTrail(
        {
          table,
          publicKeys: publicKeysByName([checkpointSigner.publicKey, ...earlier]),
          ...(records ? { records: recordCensus(platform) } : {}),
        },
        {
          retentionDays,
          signal,
          onProgress,
          ...(since === undefined ? {} : { since: new Date(since) }),
          ...(evidence === undefined ? {} : { evidence: linesOfFile(evidence) }),
        },
      );
      // Who looks through the trail is in the trail, too (45 CFR 164.312(b)).
      const { sealed, unsealed } = report.events;
      const failed = Object.values(report.counts).reduce((sum, count) => sum + count, 0);
      const job = { step: 'completed', examined: sealed + unsealed, changed: 0, failed } as const;
      const outcome = failed === 0 ? '0' : '8';
      await platform.audit.append([{ type: 'audit-verify', outcome, origin: operatorOrigin(operator), job }]);
      return report;
    }),
  );
}

/** Needs neither service nor configuration. @returns 1 when anything is wrong */
export async function verifyExportFile(options: VerifyOptions, context: CommandContext): Promise<ExitCode> {
  const { export: file, publicKey, since, evidence, retentionDays } = options;
  if (file === undefined || since !== undefined || evidence !== undefined || retentionDays !== undefined) {
    throw new CouldNotRun('with --export there is only --public-key and --json');
  }
  const keys = publicKey === undefined ? {} : { publicKeys: publicKeysOf(publicKey) };
  return told(options, context, (signal, onProgress) =>
    verifyExport(linesOfFile(file), { signal, onProgress, ...keys }),
  );
}

/** @returns every key of a PEM file: whoever has changed his key verifies with both */
function publicKeysOf(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CouldNotRun(`${path} cannot be read`);
  }
  const keys = text.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g);
  if (keys === null) throw new CouldNotRun(`${path} holds no public key (PEM)`);
  return keys;
}

async function told(
  { json }: Pick<VerifyOptions, 'json'>,
  context: CommandContext,
  work: (signal: AbortSignal, onProgress: AuditProgress['show']) => Promise<VerificationReport>,
): Promise<ExitCode> {
  const progress = new AuditProgress(context.stderr);
  const report = await untilInterrupted(async (signal) => {
    try {
      return await work(signal, (shown) => progress.show(shown));
    } catch (error) {
      throw signal.aborted ? new CouldNotRun('interrupted; nothing was changed') : reasonOf(error);
    }
  }).finally(() => progress.stop());
  context.stdout.write(json === true ? `${JSON.stringify(report)}\n` : verificationText(report));
  if (json === true || context.stderr.isTTY !== true)
    context.stderr.write(`phi: audit verify: ${verdictText(report)}\n`);
  return report.outcome === 'intact' ? exitCodes.done : exitCodes.foundSomethingWrong;
}

function reasonOf(error: unknown): unknown {
  if (error instanceof NoExport) return new CouldNotRun(error.message);
  return error;
}
