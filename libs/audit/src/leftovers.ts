import { ConditionFailed, type PhiItem } from '@app/phi-table';
import { auditItem, auditKeys, eventLeaf, padded } from './audit-item.js';
import { ChainLease, LeaseLost, leaseItems, leaseRow, type LeaseRow, type Sealing } from './chain-lease.js';
import { eventsAtMost, type SignedCheckpoint } from './checkpoint.js';
import { ownEvent } from './own-events.js';
import { UnsealedEvents } from './unsealed-events.js';

/**
 * A commit of a suspended process can come after its chain was ended: the row of an ended chain is kept for so long, so that such
 * events are found and sealed, too.
 */
const keepEndedMilliseconds = 24 * 60 * 60 * 1000;
/** More numbers than any instance has under way at once. What stands behind a wider gap, nobody wrote for us: verification names it. */
const gapAtMost = 10_000;
const pageSize = 500;
const placeOfEvent = /^\d{12}$/;

/** A row of a chain, whatever it holds. */
interface FoundRow {
  sequence: number;
  text: string;
  recordedAt: string;
}

/**
 * Ends the chains whose instance is gone and seals what they hold.
 * @param except the chain that this process writes
 * @throws Error if some could not be looked at; the others have been all the same
 */
export async function sealLeftovers(
  sealing: Sealing,
  except: string | undefined,
): Promise<SignedCheckpoint[]> {
  const sealed: SignedCheckpoint[] = [];
  const failures: unknown[] = [];
  for await (const item of leaseItems(sealing.table)) {
    try {
      const row = leaseRow(item);
      if (row.chain === except) continue;
      if (isOver(sealing, row)) await forget(sealing, row);
      else if (await isLeft(sealing, row)) sealed.push(...(await takeOver(sealing, row)));
    } catch (error) {
      // Lost: another instance was faster, or the chain's own came back.
      if (!(error instanceof LeaseLost)) failures.push(error);
    }
  }
  if (failures.length > 1)
    throw new AggregateError(failures, 'chains could not be sealed', { cause: failures[0] });
  if (failures.length === 1) throw failures[0];
  return sealed;
}

const isOver = ({ clock }: Sealing, { endedAt }: LeaseRow) =>
  endedAt !== undefined && clock() >= endedAt + keepEndedMilliseconds;

async function isLeft(sealing: Sealing, row: LeaseRow): Promise<boolean> {
  // Clocks of machines differ: a third of the lease is waited for beyond its end.
  const margin = (sealing.leaseSeconds * 1000) / 3;
  if (sealing.clock() <= row.leaseUntil + margin) return false;
  return row.endedAt === undefined || (await lastOf(sealing, row)) > row.sealedThrough;
}

/** Removes the row of a chain that was ended long ago. */
async function forget({ table }: Sealing, { chain, leaseUntil }: LeaseRow): Promise<void> {
  const condition = { type: 'equals', attribute: 'leaseUntil', value: leaseUntil } as const;
  try {
    await table.transactWrite([{ type: 'delete', key: auditKeys.lease(chain), condition }]);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

async function takeOver(sealing: Sealing, row: LeaseRow): Promise<SignedCheckpoint[]> {
  const lease = await ChainLease.take(sealing, row);
  if (lease === undefined) return [];
  const last = row.endedAt === undefined ? await fence(sealing, row) : await lastOf(sealing, row);
  const unsealed = new UnsealedEvents(row.sealedThrough);
  const sealed: SignedCheckpoint[] = [];
  const sealNext = async () => {
    const range = unsealed.next()!;
    sealed.push(await lease.seal(range.last === last ? 'abandoned' : 'sealed', range));
    unsealed.sealed();
  };
  for await (const { sequence, recordedAt, text } of rowsWithoutGaps(sealing, row, last)) {
    const leaf = eventLeaf(row.chain, sequence, text);
    unsealed.add({ sequence, leaf, recordedAt }, sealing.monotonic());
    if (unsealed.count === eventsAtMost) await sealNext();
  }
  if (unsealed.count > 0) await sealNext();
  return sealed;
}

/**
 * Puts an end to the chain at its next free number. Should its writer still be there, his next event is refused, and he goes on in
 * a chain of his own.
 * @returns the number of the end
 */
async function fence(sealing: Sealing, row: LeaseRow): Promise<number> {
  for (;;) {
    const end = (await lastOf(sealing, row)) + 1;
    if (await putIfAbsent(sealing, endOf(row.chain, end, sealing))) return end;
  }
}

const endOf = (chain: string, sequence: number, { clock }: Sealing) =>
  auditItem(chain, sequence, ownEvent('chain-end', clock()));

/** @returns the last number of the chain, or the last that is sealed: that is numbered for good, also if it was removed */
async function lastOf(sealing: Sealing, { chain, sealedThrough }: LeaseRow): Promise<number> {
  let last = sealedThrough;
  for await (const { sequence } of rowsAfter(sealing, chain, last)) {
    if (sequence - last > gapAtMost) break;
    last = sequence;
  }
  return last;
}

/** @returns whether it was absent */
async function putIfAbsent({ table }: Sealing, item: PhiItem): Promise<boolean> {
  try {
    await table.transactWrite([{ type: 'put', item, condition: { type: 'absent' } }]);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

/** What is not sealed yet up to `last`; numbers whose commit was lost with the process are filled by voids. */
async function* rowsWithoutGaps(
  sealing: Sealing,
  { chain, sealedThrough }: LeaseRow,
  last: number,
): AsyncGenerator<FoundRow> {
  let next = sealedThrough + 1;
  for await (const row of rowsAfter(sealing, chain, sealedThrough)) {
    if (row.sequence > last) return;
    for (; next < row.sequence; next++) yield await filled(sealing, chain, next);
    yield row;
    next += 1;
  }
}

async function* rowsAfter(sealing: Sealing, chain: string, sequence: number): AsyncGenerator<FoundRow> {
  const from = padded(sequence + 1);
  const query = { table: 'audit', partition: chain, from, limit: pageSize } as const;
  let after: string | undefined;
  do {
    const page = await sealing.table.query(after === undefined ? query : { ...query, after });
    for (const item of page.items) if (placeOfEvent.test(item.sort)) yield foundRow(item, sealing);
    after = page.next;
  } while (after !== undefined);
}

/** What is not sealed yet is anybody's: whatever stands there is sealed as it is, and cannot be changed any more. */
function foundRow({ sort, attributes }: PhiItem, { clock }: Sealing): FoundRow {
  const text = typeof attributes['event'] === 'string' ? attributes['event'] : '';
  const recordedAt = recordedAtOf(text) ?? new Date(clock()).toISOString();
  return { sequence: Number(sort), text, recordedAt };
}

function recordedAtOf(text: string): string | undefined {
  try {
    const { recordedAt } = JSON.parse(text) as { recordedAt?: unknown };
    const isTime =
      typeof recordedAt === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(recordedAt);
    return isTime ? recordedAt : undefined;
  } catch {
    return undefined;
  }
}

async function filled(sealing: Sealing, chain: string, sequence: number): Promise<FoundRow> {
  const filler = auditItem(chain, sequence, ownEvent('void', sealing.clock()));
  if (await putIfAbsent(sealing, filler)) return foundRow(filler, sealing);
  // A commit that came late: its event stands.
  const standing = await sealing.table.get(auditKeys.event(chain, sequence));
  if (standing === undefined) throw new LeaseLost();
  return foundRow(standing, sealing);
}
