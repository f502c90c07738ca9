import { type PhiItem, type PhiTable } from '@app/phi-table';
import { auditKeys, padded } from '../audit-item.js';
import type { Checkpoint } from '../checkpoint.js';
import { ChainReader } from './chain-reader.js';
import { readCheckpoint, seals } from './checkpoint-text.js';
import { firstCheckpointSince, registerHead, startAt, wholeRegister } from './register-rows.js';
import type { VerificationProgress } from './verification-report.js';

export const exportFormat = 'phi-audit-export/1';

export interface ExportOptions {
  /** Begin with the first checkpoint of this moment. */
  since?: Date;
  /** Begin with this checkpoint: where the export before ended. */
  fromCheckpoint?: number;
  /** SPKI, PEM: what the reader needs to check the signatures, and what he should have from elsewhere. */
  publicKeys: readonly string[];
  signal?: AbortSignal;
  onProgress?: (progress: VerificationProgress) => void;
}

export interface ExportReport {
  checkpoints: number;
  events: number;
  /** Number of the newest checkpoint in the file; 0 for none. */
  lastCheckpoint: number;
}

const checkpointsAtOnce = 100;

/**
 * Writes the sealed trail as lines of JSON, in the order of its register: a header, each checkpoint followed by the events that it seals, and a
 * line that says that this was all. What is stored is written as it is, right or wrong: `verifyExport` judges.
 * @param write takes one line without its line break, and resolves when it may be given the next
 * @throws Problem `storage-unavailable`
 */
export async function exportTrail(
  table: PhiTable,
  options: ExportOptions,
  write: (line: string) => Promise<void>,
): Promise<ExportReport> {
  const { since, fromCheckpoint, publicKeys } = options;
  const start =
    fromCheckpoint !== undefined
      ? await startAt(table, fromCheckpoint)
      : since !== undefined
        ? await firstCheckpointSince(table, since)
        : wholeRegister;
  const last = (await registerHead(table))?.number ?? 0;
  const report: ExportReport = { checkpoints: 0, events: 0, lastCheckpoint: 0 };
  const { from, previous } = start;
  await write(
    JSON.stringify({
      format: exportFormat,
      exportedAt: new Date().toISOString(),
      from,
      previous,
      publicKeys,
    }),
  );

  const readers = new Map<string, ChainReader>();
  for await (const item of checkpointRows(table, from)) {
    options.signal?.throwIfAborted();
    const number = Number(item.sort);
    // What was sealed since is for the next export; a row that is no checkpoint is for `verifyTrail`.
    if (number > last) break;
    if (!Number.isSafeInteger(number)) continue;
    const { checkpoint: text, signature, leaves } = item.attributes;
    const listed = leaves instanceof Uint8Array ? { leaves: Buffer.from(leaves).toString('base64') } : {};
    await write(
      JSON.stringify({ number, checkpoint: text ?? null, signature: signature ?? null, ...listed }),
    );
    report.checkpoints += 1;
    report.lastCheckpoint = number;
    const checkpoint = readCheckpoint(text);
    if (checkpoint !== undefined) report.events += await writeEvents(table, readers, checkpoint, write);
    options.onProgress?.({
      step: 'checkpoints and their events',
      done: number - from + 1,
      total: last - from + 1,
    });
  }
  const { checkpoints, events } = report;
  await write(JSON.stringify({ end: { checkpoints, events } }));
  return report;
}

async function* checkpointRows(table: PhiTable, from: number): AsyncGenerator<PhiItem> {
  const query = {
    table: 'audit',
    partition: auditKeys.checkpoints,
    from: padded(from),
    limit: checkpointsAtOnce,
  } as const;
  let after: string | undefined;
  do {
    const page = await table.query(after === undefined ? query : { ...query, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/** @returns how many there were */
async function writeEvents(
  table: PhiTable,
  readers: Map<string, ChainReader>,
  checkpoint: Checkpoint,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const { chain, first, last, kind } = checkpoint;
  let count = 0;
  if (seals(checkpoint)) {
    const reader = readers.get(chain) ?? new ChainReader(table, chain, first);
    readers.set(chain, reader);
    for (const { sequence, text } of await reader.take(first, last)) {
      await write(JSON.stringify({ chain, sequence, event: text ?? null }));
      count += 1;
    }
  }
  if (kind === 'closed') readers.delete(chain);
  return count;
}
