import { type KeyObject, randomUUID } from 'node:crypto';
import {
  type Attribute,
  type Condition,
  ConditionFailed,
  type PhiKey,
  type PhiTable,
  type TableWrite,
} from '@app/phi-table';
import type { AuditOrigin } from '../audit-event.js';
import { auditKeys } from '../audit-item.js';
import { type AuditTrail } from '../audit-trail.js';
import { type CheckpointLog, CorruptCheckpoint } from '../checkpoint-log.js';
import { type Checkpoint, type CheckpointDraft, emptyRange, verifyCheckpoint } from '../checkpoint.js';
import { seals } from './checkpoint-text.js';

interface ExpiryPorts {
  table: PhiTable;
  audit: AuditTrail;
  checkpoints: CheckpointLog;
  /** What is removed must be older than a checkpoint says that one of these keys has signed. */
  publicKeys: ReadonlyMap<string, KeyObject>;
}

export interface ExpiryOptions {
  retentionDays: number;
  /** On whose behalf, for the trail. */
  origin: AuditOrigin;
  /** Count what would go, and change nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
  /** @param events removed so far */
  onProgress?: (events: number) => void;
  /** Milliseconds since the epoch. */
  clock?: () => number;
}

export interface ExpiryReport {
  /** `blocked`: a checkpoint is not genuine, and nothing behind it was removed; verify the trail. `stopped`: interrupted, or another run is under way. */
  outcome: 'done' | 'stopped' | 'blocked';
  reason?: string;
  /** ISO 8601: events until then were to go. */
  before: string;
  /** Sealed ranges that went, in how many chains; `expired` checkpoints say so. */
  ranges: number;
  events: number;
}

/** Ranges of one chain that go together. */
interface Expiring {
  chain: string;
  first: number;
  last: number;
  earliest: string;
  latest: string;
  ranges: number;
}

/** Where the last run was: what comes before it in the register has nothing left to expire. */
interface Position {
  through: number;
  /** Changes with each write; `undefined` before the first one. */
  token: Attribute | undefined;
}

const dayMilliseconds = 86_400_000;
const positionKey: PhiKey = { table: 'records', partition: 'AUDIT#EXPIRY', sort: '-' };
/** So much of the register is looked at, then removed. */
const checkpointsAtOnce = 20_000;
const chainsAtOnce = 1000;
/** A transaction of DynamoDB. */
const rowsAtOnce = 100;

/**
 * Removes sealed ranges whose retention is over (45 CFR 164.316(b)(2)(i), six years). The register keeps their checkpoints, and an
 * `expired` checkpoint says first what goes: a trail from which something is missing without one was tampered with.
 * It may be stopped at any moment and run again, also by several instances.
 * @throws Problem `storage-unavailable`, `audit-unavailable`; Error of a signer that is out of reach
 */
export async function expireEvents(ports: ExpiryPorts, options: ExpiryOptions): Promise<ExpiryReport> {
  return new Expiry(ports, options).perform();
}

/** Another run is faster, or the trail is not what it should be. */
class ExpiryStopped extends Error {
  constructor(
    readonly outcome: 'stopped' | 'blocked',
    reason: string,
  ) {
    super(reason);
  }
}

class Expiry {
  readonly #before: string;
  #ranges = 0;
  #events = 0;
  #position: Position = { through: 0, token: undefined };

  constructor(
    private readonly ports: ExpiryPorts,
    private readonly options: ExpiryOptions,
  ) {
    const now = (options.clock ?? Date.now)();
    this.#before = new Date(now - options.retentionDays * dayMilliseconds).toISOString();
  }

  async perform(): Promise<ExpiryReport> {
    try {
      this.#position = await this.#readPosition();
      while (await this.#window());
      return this.#report('done');
    } catch (error) {
      if (error instanceof ExpiryStopped) return this.#report(error.outcome, error.message);
      // Somebody else moved on from the same place.
      if (error instanceof ConditionFailed) return this.#report('stopped', 'another run is under way');
      throw error;
    }
  }

  #report(outcome: ExpiryReport['outcome'], reason?: string): ExpiryReport {
    const counts = { before: this.#before, ranges: this.#ranges, events: this.#events };
    return { outcome, ...(reason === undefined ? {} : { reason }), ...counts };
  }

  /** @returns whether there may be more to expire behind it */
  async #window(): Promise<boolean> {
    const chains = new Map<string, Expiring>();
    let through = this.#position.through;
    let more = false;
    for await (const signed of this.#read(through + 1)) {
      const { checkpoint } = signed;
      if (!this.#isGenuine(signed)) throw notGenuine(checkpoint.number);
      const { at, latest = at } = checkpoint;
      more = at <= this.#before && (!seals(checkpoint) || latest <= this.#before);
      if (!more) break;
      through = checkpoint.number;
      if (seals(checkpoint)) gather(chains, checkpoint);
      if (through - this.#position.through >= checkpointsAtOnce || chains.size >= chainsAtOnce) break;
      more = false;
    }
    for (const expiring of chains.values()) await this.#expire(expiring);
    if (this.options.dryRun === true) this.#position.through = through;
    else if (through > this.#position.through) await this.#move(through);
    return more;
  }

  async *#read(from: number): AsyncGenerator<Parameters<typeof verifyCheckpoint>[0]> {
    try {
      yield* this.ports.checkpoints.read(from);
    } catch (error) {
      if (error instanceof CorruptCheckpoint) throw notGenuine(error.number);
      throw error;
    }
  }

  #isGenuine(signed: Parameters<typeof verifyCheckpoint>[0]): boolean {
    const key = this.ports.publicKeys.get(signed.checkpoint.keyId);
    return key !== undefined && verifyCheckpoint(signed, key);
  }

  async #expire(expiring: Expiring): Promise<void> {
    const { chain, first, last, earliest, latest, ranges } = expiring;
    const { checkpoints, audit, table } = this.ports;
    const ends = await table.batchGet(
      [...new Set([first, last])].map((sequence) => auditKeys.event(chain, sequence)),
    );
    // A run before this one was killed after it had removed them; one that was killed before that tells it again.
    if (ends.every((row) => row === undefined)) return;
    this.#ranges += ranges;
    if (this.options.dryRun === true) {
      this.#events += last - first + 1;
      return;
    }
    this.#needTime();
    const draft: CheckpointDraft = {
      ...emptyRange(last),
      kind: 'expired',
      chain,
      first,
      last,
      earliest,
      latest,
    };
    const { write, position } = this.#moved(this.#position.through);
    await checkpoints.append(draft, [write]);
    this.#position = position;
    const { origin } = this.options;
    const count = last - first + 1;
    await audit.append([{ type: 'audit-expire', outcome: '0', origin, count }]);
    await this.#remove(chain, last);
  }

  /** Removes a chain's events up to `last`, the oldest first. */
  async #remove(chain: string, last: number): Promise<void> {
    const { table } = this.ports;
    for (;;) {
      this.#needTime();
      const { items } = await table.query({ table: 'audit', partition: chain, limit: rowsAtOnce });
      const keys = items.filter(({ sort }) => sort <= auditKeys.event(chain, last).sort);
      if (keys.length === 0) return;
      await table.transactWrite(
        keys.map(({ partition, sort }): TableWrite => ({
          type: 'delete',
          key: { table: 'audit', partition, sort },
        })),
      );
      this.#events += keys.length;
      this.options.onProgress?.(this.#events);
    }
  }

  /** @throws ExpiryStopped */
  #needTime(): void {
    if (this.options.signal?.aborted === true) throw new ExpiryStopped('stopped', 'interrupted');
  }

  async #move(through: number): Promise<void> {
    const { write, position } = this.#moved(through);
    await this.ports.table.transactWrite([write]);
    this.#position = position;
  }

  /** Of two runs at the same place one is refused. */
  #moved(through: number): { write: TableWrite; position: Position } {
    const token = randomUUID();
    const before = this.#position.token;
    const condition: Condition =
      before === undefined
        ? { type: 'absent' }
        : typeof before === 'string'
          ? { type: 'equals', attribute: 'token', value: before }
          : { type: 'present' };
    return {
      write: { type: 'put', item: { ...positionKey, attributes: { through, token } }, condition },
      position: { through, token },
    };
  }

  async #readPosition(): Promise<Position> {
    const row = await this.ports.table.get(positionKey);
    const { through, token } = row?.attributes ?? {};
    return {
      through: typeof through === 'number' ? through : 0,
      token: row === undefined ? undefined : (token ?? false),
    };
  }
}

const notGenuine = (number: number | undefined): ExpiryStopped =>
  new ExpiryStopped('blocked', `checkpoint ${number ?? ''} is not genuine; run \`phi audit verify\``);

/** Ranges of a chain follow each other without gaps. */
function gather(chains: Map<string, Expiring>, { chain, first, last, earliest, latest }: Checkpoint): void {
  if (earliest === undefined || latest === undefined) return;
  const known = chains.get(chain);
  if (known === undefined) {
    chains.set(chain, { chain, first, last, earliest, latest, ranges: 1 });
    return;
  }
  known.last = last;
  known.ranges += 1;
  if (earliest < known.earliest) known.earliest = earliest;
  if (latest > known.latest) known.latest = latest;
}
