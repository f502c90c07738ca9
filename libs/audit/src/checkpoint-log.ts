import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ConditionFailed,
  type PhiItem,
  type PhiTable,
  TableUnavailable,
  type TableWrite,
} from '@app/phi-table';
import { auditKeys, padded } from './audit-item.js';
import {
  type Checkpoint,
  checkpointDigest,
  type CheckpointDraft,
  type CheckpointSigner,
  parseCheckpoint,
  type SignedCheckpoint,
} from './checkpoint.js';

/** The newest checkpoint: its number, and the digest that the next one holds. */
export interface CheckpointHead {
  number: number;
  digest: string;
}

/** A row of the register that holds no checkpoint, or a head row that holds none. */
export class CorruptCheckpoint extends Error {
  override readonly name = 'CorruptCheckpoint';
  /** @param number of the row; absent for the head row */
  constructor(
    readonly number?: number,
    cause?: unknown,
  ) {
    super(`the ${number === undefined ? 'head of the register' : `checkpoint ${number}`} cannot be read`, {
      cause,
    });
  }
}

/** Others may be first as often as this, one after the other. */
const attemptsAtMost = 64;
const pauseAtMostMilliseconds = 20;
const pageSize = 100;
const placeOfCheckpoint = /^\d{12}$/;

/**
 * The register of the whole trail, over all instances: signed checkpoints, numbered without gaps, each holding the digest of the one
 * before (45 CFR 164.312(c)(2)). Any number of processes may append at once.
 */
export class CheckpointLog {
  /** What the head row said when it was last seen, and what the next checkpoint follows. */
  #seen: { rowDigest: string | undefined; newest: CheckpointHead } | undefined;
  /** The newest that this process ever met: nobody takes it back. */
  #newestEver: CheckpointHead = { number: 0, digest: '' };
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<(checkpoint: SignedCheckpoint) => void>();

  /** @param clock milliseconds since the epoch */
  constructor(
    private readonly table: PhiTable,
    private readonly signer: CheckpointSigner,
    private readonly clock: () => number = Date.now,
  ) {}

  /** @param listener is told of each checkpoint that this process appended, once it is on disk; it must not throw */
  onAppended(listener: (checkpoint: SignedCheckpoint) => void): void {
    this.#listeners.add(listener);
  }

  /** @returns the newest checkpoint according to the head row, which nobody can take back without being seen */
  async head(): Promise<CheckpointHead | undefined> {
    const row = await this.table.get(auditKeys.head);
    return row && headOf(row);
  }

  /**
   * @param writes go into the same transaction, under conditions of their own
   * @throws ConditionFailed if one of `writes` (positions are theirs) was refused, or the range is sealed already (no position)
   * @throws TableUnavailable whether it was written is not known unless `notWritten`
   * @throws Error when the key is out of reach; nothing is written then
   */
  append(draft: CheckpointDraft, writes: readonly TableWrite[] = []): Promise<SignedCheckpoint> {
    // One at a time in this process: only other processes are to be raced against.
    const appended = this.#turn.then(() => this.#append(draft, writes));
    this.#turn = appended.catch(() => undefined);
    return appended;
  }

  async #append(draft: CheckpointDraft, writes: readonly TableWrite[]): Promise<SignedCheckpoint> {
    for (let attempt = 1; attempt <= attemptsAtMost; attempt++) {
      const seen = (this.#seen ??= await this.#look());
      const signed = await this.#sign(draft, seen.newest);
      const { number } = signed.checkpoint;
      const own = [...registerWrites(signed, draft.leaves, seen.rowDigest)];
      try {
        await this.table.transactWrite([...own, ...writes]);
      } catch (error) {
        this.#seen = undefined;
        if (!(error instanceof ConditionFailed)) throw error;
        // The first two are the place in the register: somebody else was first. All others are the caller's business.
        const others = error.failed.filter((position) => position >= 2);
        if (others.length > 0) {
          throw new ConditionFailed(others.map((position) => position - own.length).filter((p) => p >= 0));
        }
        await pause(randomInt(pauseAtMostMilliseconds));
        continue;
      }
      const digest = checkpointDigest(signed.text);
      this.#newestEver = { number, digest };
      this.#seen = { rowDigest: digest, newest: this.#newestEver };
      for (const listener of this.#listeners) listener(signed);
      return signed;
    }
    throw new TableUnavailable('the register of checkpoints is too busy', { notWritten: true });
  }

  /**
   * A head row that is behind, because the two tables were restored to different moments, must not stop the trail: what
   * follows it in the register is followed. A register from which the end was cut off goes on where it was, with a gap for all to see.
   */
  async #look() {
    const head = await this.head();
    let newest = head ?? { number: 0, digest: '' };
    for await (const { sort, attributes } of this.#rows(newest.number + 1)) {
      // Whatever was put there, a damaged row must not keep the trail from going on: verification names it.
      if (placeOfCheckpoint.test(sort)) {
        newest = { number: Number(sort), digest: checkpointDigest(String(attributes['checkpoint'])) };
      }
    }
    if (newest.number < this.#newestEver.number) newest = this.#newestEver;
    this.#newestEver = newest;
    return { rowDigest: head?.digest, newest };
  }

  async #sign(draft: CheckpointDraft, newest: CheckpointHead): Promise<SignedCheckpoint> {
    const { kind, chain, first, last, root, earliest, latest } = draft;
    const checkpoint: Checkpoint = {
      format: 'phi-audit-checkpoint/1',
      number: newest.number + 1,
      previous: newest.digest,
      at: new Date(this.clock()).toISOString(),
      kind,
      chain,
      first,
      last,
      root,
      ...(earliest === undefined ? {} : { earliest }),
      ...(latest === undefined ? {} : { latest }),
      keyId: this.signer.keyId,
    };
    const text = JSON.stringify(checkpoint);
    const signature = Buffer.from(await this.signer.sign(text)).toString('base64');
    return { checkpoint, text, signature };
  }

  /** @returns the checkpoint of that number @throws CorruptCheckpoint */
  async get(number: number): Promise<SignedCheckpoint | undefined> {
    const row = await this.table.get(auditKeys.checkpoint(number));
    return row && signedCheckpointOf(row);
  }

  /** In order, from that number on. @throws CorruptCheckpoint */
  async *read(from = 1): AsyncGenerator<SignedCheckpoint> {
    for await (const row of this.#rows(from)) yield signedCheckpointOf(row);
  }

  async *#rows(from: number): AsyncGenerator<PhiItem> {
    const query = { table: 'audit', partition: auditKeys.checkpoints, from: padded(from) } as const;
    let after: string | undefined;
    do {
      const page = await this.table.query({
        ...query,
        limit: pageSize,
        ...(after === undefined ? {} : { after }),
      });
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  /** @returns the checkpoint that seals an event; `undefined` as long as there is none @throws CorruptCheckpoint */
  async covering(chain: string, sequence: number): Promise<SignedCheckpoint | undefined> {
    const { items } = await this.table.query({
      table: 'audit',
      partition: auditKeys.sealsPartition(chain),
      from: padded(sequence),
      limit: 1,
    });
    const number = items[0]?.attributes['number'];
    const found = typeof number === 'number' ? await this.get(number) : undefined;
    if (found === undefined) return undefined;
    const { chain: sealedChain, first, last } = found.checkpoint;
    return sealedChain === chain && first <= sequence && sequence <= last ? found : undefined;
  }
}

/** The checkpoint, the head row, and where it seals events, the way from these to it. */
function* registerWrites(
  { checkpoint, text, signature }: SignedCheckpoint,
  leaves: Uint8Array | undefined,
  headDigest: string | undefined,
): Generator<TableWrite> {
  const { number, kind, chain, first, last } = checkpoint;
  yield {
    type: 'put',
    item: {
      ...auditKeys.checkpoint(number),
      attributes: { checkpoint: text, signature, ...(leaves === undefined ? {} : { leaves }) },
    },
    condition: { type: 'absent' },
  };
  yield {
    type: 'put',
    item: { ...auditKeys.head, attributes: { number, digest: checkpointDigest(text) } },
    condition:
      headDigest === undefined
        ? { type: 'absent' }
        : { type: 'equals', attribute: 'digest', value: headDigest },
  };
  if (kind === 'expired' || last < first) return;
  yield {
    type: 'put',
    item: { ...auditKeys.seal(chain, last), attributes: { number } },
    condition: { type: 'absent' },
  };
}

function headOf({ attributes: { number, digest } }: PhiItem): CheckpointHead {
  if (typeof number !== 'number' || typeof digest !== 'string') throw new CorruptCheckpoint();
  return { number, digest };
}

/** @throws CorruptCheckpoint */
function signedCheckpointOf({ sort, attributes }: PhiItem): SignedCheckpoint {
  const { checkpoint: text, signature, leaves } = attributes;
  const number = Number(sort);
  if (typeof text !== 'string' || typeof signature !== 'string') throw new CorruptCheckpoint(number);
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(text);
  } catch (cause) {
    throw new CorruptCheckpoint(number, cause);
  }
  if (checkpoint.number !== number) throw new CorruptCheckpoint(number);
  return { checkpoint, text, signature, ...(leaves instanceof Uint8Array ? { leaves } : {}) };
}
