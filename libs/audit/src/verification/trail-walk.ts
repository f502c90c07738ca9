import { type PhiItem, type PhiTable } from '@app/phi-table';
import type { AuditEventType } from '../audit-event.js';
import { auditKeys, padded } from '../audit-item.js';
import { signedLeaves } from '../checkpoint-leaves.js';
import { type Checkpoint } from '../checkpoint.js';
import { ChainReader, type ChainRow } from './chain-reader.js';
import { readCheckpoint, seals } from './checkpoint-text.js';
import { type EventIndexCheck, type MetEvent } from './event-index-check.js';
import { eventsFrom, type Findings } from './findings.js';
import { MissingEvents } from './missing-events.js';
import { type AcceptedCheckpoint, type ChainState, type RegisterCheck } from './register-check.js';
import { compareBatch } from './sealed-batch.js';

interface TrailWalkParts {
  table: PhiTable;
  register: RegisterCheck;
  indexes: EventIndexCheck;
  findings: Findings;
  /** Events of a retention shorter than this have expired too early. Milliseconds. */
  retentionMilliseconds: number;
  /** Called for each event that says what the records must hold beside documents. */
  onTelling: (event: MetEvent) => Promise<void>;
}

const checkpointsAtOnce = 100;
const seenAtOnce = 100;
const number = /^\d{12}$/;

/** Whoever was created has a head, whoever broke the glass stands in the review queue. */
const tellingTypes: ReadonlySet<string> = new Set<AuditEventType>([
  'patient-create',
  'emergency-access',
  'emergency-access-review',
]);

/** Walks the register of a stored trail and, with it, the events of every chain. */
export class TrailWalk {
  sealed = 0;
  unsealed = 0;
  /** The earliest event that was sealed, ISO 8601. */
  earliest: string | undefined;
  /** `expired` checkpoints, and the latest moment that one of them reaches to, ISO 8601. */
  readonly expired = { ranges: 0, through: '', last: undefined as Checkpoint | undefined };
  readonly #missing = new MissingEvents();
  readonly #readers = new Map<string, ChainReader>();
  /** Entries that lead from events to their checkpoint, to be looked at together. */
  #seals: { chain: string; last: number; number: number }[] = [];

  constructor(private readonly parts: TrailWalkParts) {}

  /** Goes on from where the register is to checkpoint `through`. */
  async walk(through: number, onCheckpoint: (number: number) => void): Promise<void> {
    const { register, findings } = this.parts;
    for await (const item of this.#rows(register.next)) {
      if (!number.test(item.sort)) {
        findings.add({
          kind: 'checkpoint-inserted',
          message: 'a row that is no checkpoint was inserted into the register',
        });
        continue;
      }
      const position = Number(item.sort);
      if (position > through) break;
      const { checkpoint: text, signature, leaves } = item.attributes;
      const accepted = register.accept(position, { text, signature });
      if (accepted !== undefined) await this.#follow(accepted, leaves);
      onCheckpoint(position);
    }
    if (register.next <= through) register.missing(through + 1);
    await this.#lookAtSeals();
  }

  async *#rows(from: number): AsyncGenerator<PhiItem> {
    const query = {
      table: 'audit',
      partition: auditKeys.checkpoints,
      from: padded(from),
      limit: checkpointsAtOnce,
    } as const;
    let after: string | undefined;
    do {
      const page = await this.parts.table.query(after === undefined ? query : { ...query, after });
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  async #follow({ checkpoint, chain, trusted, gapFrom }: AcceptedCheckpoint, leaves: unknown): Promise<void> {
    if (checkpoint.kind === 'expired') return trusted ? this.#expire(checkpoint) : undefined;
    const { first, last, number: position, at } = checkpoint;
    const { findings } = this.parts;
    if (!trusted || gapFrom !== undefined) {
      await this.#reader(chain, first).skip(trusted ? first - 1 : chain.sealedThrough);
    }
    if (!trusted || !seals(checkpoint)) return;
    const rows = await this.#reader(chain, first).take(first, last);
    this.#seals.push({ chain: chain.chain, last, number: position });
    if (this.#seals.length >= seenAtOnce) await this.#lookAtSeals();
    if (
      checkpoint.earliest !== undefined &&
      !(this.earliest !== undefined && this.earliest < checkpoint.earliest)
    ) {
      this.earliest = checkpoint.earliest;
    }
    const vouched = signedLeaves(checkpoint, leaves);
    if (vouched === undefined) {
      const message = `the list of event hashes beside checkpoint ${position} of ${at} was changed or removed`;
      findings.add({ kind: 'checkpoint-altered', message, checkpoint: position, chain: chain.chain });
    }
    const { intact, missing } = compareBatch(checkpoint, vouched, rows, findings);
    this.#missing.add(chain.chain, missing, checkpoint);
    this.sealed += intact === 'all' ? rows.length : intact.size;
    for (const row of rows) await this.#met(chain.chain, row, intact === 'all' || intact.has(row.sequence));
  }

  #reader({ chain, sealedThrough }: ChainState, first: number): ChainReader {
    const known = this.#readers.get(chain);
    if (known !== undefined) return known;
    const reader = new ChainReader(
      this.parts.table,
      chain,
      this.parts.register.whole ? 1 : Math.min(first, sealedThrough + 1),
    );
    this.#readers.set(chain, reader);
    return reader;
  }

  async #met(chain: string, row: ChainRow, judged: boolean): Promise<void> {
    const event = this.parts.indexes.met(chain, row, judged);
    if (judged && event !== undefined && tellingTypes.has(event.type)) await this.parts.onTelling(event);
  }

  /** What `expired` says of the past is held against the checkpoint that sealed the last of these events. */
  async #expire(checkpoint: Checkpoint): Promise<void> {
    const { table, findings, retentionMilliseconds } = this.parts;
    const { chain, first, last, number: position, at } = checkpoint;
    this.expired.ranges += 1;
    this.expired.last = checkpoint;
    const seal = await table.get(auditKeys.seal(chain, last));
    const sealNumber = seal?.attributes['number'];
    const row =
      typeof sealNumber === 'number' ? await table.get(auditKeys.checkpoint(sealNumber)) : undefined;
    const sealing = readCheckpoint(row?.attributes['checkpoint']);
    const latest = sealing?.chain === chain && sealing.last === last ? sealing.latest : undefined;
    const say = (what: string) =>
      findings.add({
        kind: 'expired-early',
        message: `checkpoint ${position} of ${at} let ${eventsFrom(first, last)} of chain ${chain} expire ${what}`,
        chain,
        sequence: first,
        checkpoint: position,
      });
    if (latest === undefined) return say('although no sealed range ends there');
    if (latest > this.expired.through) this.expired.through = latest;
    const age = Date.parse(at) - Date.parse(latest);
    if (age >= retentionMilliseconds) return;
    const days = Math.floor(age / 86_400_000);
    say(
      `${days} days after the last of them, before the retention of ${Math.round(retentionMilliseconds / 86_400_000)} days was over`,
    );
  }

  async #lookAtSeals(): Promise<void> {
    const looked = this.#seals.splice(0);
    if (looked.length === 0) return;
    const rows = await this.parts.table.batchGet(
      looked.map(({ chain, last }) => auditKeys.seal(chain, last)),
    );
    for (const [position, { chain, last, number: sealedBy }] of looked.entries()) {
      const found = rows[position]?.attributes['number'];
      if (found === sealedBy) continue;
      const what = found === undefined ? 'was removed' : 'was changed';
      this.parts.findings.add({
        kind: 'index-altered',
        message: `the entry that leads from event ${last} of chain ${chain} to checkpoint ${sealedBy} ${what}`,
        chain,
        sequence: last,
        checkpoint: sealedBy,
      });
    }
  }

  /** Reads what every chain holds behind its last sealed event. To be called once, when the register was walked to its end. */
  async readTails(): Promise<void> {
    for (const state of this.parts.register.chains.values()) {
      const reader = this.#reader(state, state.sealedThrough + 1);
      let open: boolean | undefined;
      for (;;) {
        const rows = await reader.takePage();
        if (rows.length === 0) break;
        open ??= await this.#mayGrow(state);
        for (const row of rows) await this.#tailRow(state, row, open);
      }
      for (const _ of reader.strays) {
        const message = `a row that is no event of the chain was inserted into chain ${state.chain}`;
        this.parts.findings.add({ kind: 'event-inserted', message, chain: state.chain });
      }
      this.#readers.delete(state.chain);
    }
  }

  /** What an abandoned chain's instance had under way may come late: its lease is kept until that is sealed, too. */
  async #mayGrow({ chain, ended }: ChainState): Promise<boolean> {
    if (ended === undefined) return true;
    return ended.kind === 'abandoned' && (await this.parts.table.get(auditKeys.lease(chain))) !== undefined;
  }

  async #tailRow({ chain, ended }: ChainState, row: ChainRow, open: boolean): Promise<void> {
    await this.#met(chain, row, open);
    if (open) {
      this.unsealed += 1;
      return;
    }
    const { sequence } = row;
    this.parts.findings.add({
      kind: 'event-inserted',
      message: `event ${sequence} of chain ${chain} was inserted: checkpoint ${ended?.number} had ended the chain`,
      chain,
      sequence,
      ...(ended === undefined ? {} : { checkpoint: ended.number }),
    });
  }

  /** @returns how many events have expired; the others that are missing are named */
  settleMissing(): number {
    return this.#missing.settle(this.parts.register.chains, this.parts.findings);
  }

  /** @returns chains of whose expired events some are still there */
  async leftToExpire(): Promise<string[]> {
    const left: string[] = [];
    for (const { chain, expiredThrough } of this.parts.register.chains.values()) {
      if (expiredThrough === 0) continue;
      const { items } = await this.parts.table.query({ table: 'audit', partition: chain, limit: 1 });
      if (Number(items[0]?.sort ?? Infinity) <= expiredThrough) left.push(chain);
    }
    return left;
  }
}
