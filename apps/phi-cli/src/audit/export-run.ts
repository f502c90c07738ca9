import { open, type FileHandle, unlink } from 'node:fs/promises';
import { type ExportReport, exportTrail } from '@app/audit';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { operatorOrigin, untilInterrupted } from '../maintenance/job-options.js';
import { withTrail } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import { AuditProgress } from './audit-progress.js';
import type { ExportOptions } from './export.command.js';

const bytesAtOnce = 1024 * 1024;

export async function exportToFile(options: ExportOptions, context: CommandContext): Promise<ExitCode> {
  const { out, since, fromCheckpoint, operator, json } = options;
  if (since !== undefined && fromCheckpoint !== undefined) {
    throw new CouldNotRun('--since and --from-checkpoint both say where to begin: give one');
  }
  const config = await readConfiguration();
  const progress = new AuditProgress(context.stderr);
  const report = await untilInterrupted((signal) =>
    withTrail(config, async ({ table, audit, checkpointSigner }) => {
      const file = await newFile(out);
      try {
        // Before anything of the trail leaves it (45 CFR 164.312(b)).
        await audit.append([{ type: 'audit-export', outcome: '0', origin: operatorOrigin(operator) }]);
        return await writeLines(file, (write) =>
          exportTrail(
            table,
            {
              publicKeys: [checkpointSigner.publicKey],
              signal,
              onProgress: (shown) => progress.show(shown),
              ...(since === undefined ? {} : { since: new Date(since) }),
              ...(fromCheckpoint === undefined ? {} : { fromCheckpoint }),
            },
            write,
          ),
        );
      } catch (error) {
        await file.close();
        await unlink(out);
        throw signal.aborted ? new CouldNotRun('interrupted; the file was removed') : reasonOf(error);
      }
    }),
  ).finally(() => progress.stop());
  const { checkpoints, events, lastCheckpoint } = report;
  const text = `${events} events under ${checkpoints} checkpoints; the next export begins with --from-checkpoint ${lastCheckpoint + 1}\n`;
  context.stdout.write(json === true ? `${JSON.stringify({ outcome: 'done', ...report })}\n` : text);
  return exitCodes.done;
}

export async function printPublicKey(context: CommandContext): Promise<ExitCode> {
  const config = await readConfiguration();
  await withTrail(config, async ({ checkpointSigner }) => {
    context.stdout.write(checkpointSigner.publicKey);
  });
  return exitCodes.done;
}

async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CouldNotRun(there ? `${path} is there already; nothing was written` : `${path} cannot be made`);
  }
}

/** Writes lines in large pieces, and closes the file once all of it is on disk. */
async function writeLines(
  file: FileHandle,
  produce: (write: (line: string) => Promise<void>) => Promise<ExportReport>,
): Promise<ExportReport> {
  let pending: string[] = [];
  let length = 0;
  const flush = async () => {
    if (pending.length > 0) await file.write(`${pending.join('\n')}\n`);
    pending = [];
    length = 0;
  };
  const report = await produce(async (line) => {
    pending.push(line);
    length += line.length;
    if (length >= bytesAtOnce) await flush();
  });
  await flush();
  await file.sync();
  await file.close();
  return report;
}

function reasonOf(error: unknown): unknown {
  if (error instanceof Error && 'syscall' in error)
    return new CouldNotRun('the file cannot be written; it was removed');
  return error;
}
