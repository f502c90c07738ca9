import { type KeyObject } from 'node:crypto';
import { type PhiTable, TableUnavailable } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';
import { readCheckpoint } from './checkpoint-text.js';
import { EmergencyCheck } from './emergency-check.js';
import { EventIndexCheck, type MetEvent } from './event-index-check.js';
import { Findings } from './findings.js';
import { compareLeases, type FoundLeases, foundLeases } from './lease-check.js';
import { compareWithEvidence } from './outside-evidence.js';
import { RecordCheck, type RecordCensus } from './record-check.js';
import { RegisterCheck } from './register-check.js';
import {
  checkpointText,
  firstCheckpointSince,
  lastCheckpoint,
  nextCheckpointAfter,
  type RegisterHead,
  registerHead,
  wholeRegister,
} from './register-rows.js';
import { TrailWalk } from './trail-walk.js';
import {
  type VerificationProgress,
  verificationReport,
  type VerificationReport,
} from './verification-report.js';

/** What a verification reads: nothing of it is written to. */
export interface TrailPorts {
  table: PhiTable;
  /** Keys that may have signed checkpoints, by their names. */
  publicKeys: ReadonlyMap<string, KeyObject>;
  /** Without it the records are not compared. */
  records?: RecordCensus;
}

export interface VerificationOptions {
  /** Begin with the first checkpoint of this moment; what comes before is taken as it is. */
  since?: Date;
  /** Events that expired sooner are named. */
  retentionDays: number;
  /** How long an event may take to show up in its indexes (DynamoDB's lag). 2 unless given. */
  indexLagSeconds?: number;
  /** Lines of a log or of an earlier export: every checkpoint among them must be in the trail. */
  evidence?: AsyncIterable<string>;
  signal?: AbortSignal;
  onProgress?: (progress: VerificationProgress) => void;
  /** Milliseconds since the epoch. */
  clock?: () => number;
}

const dayMilliseconds = 86_400_000;
/** The service writes on: the walk follows it so many times. */
const roundsAtMost = 20;

/**
 * Walks a stored trail: every checkpoint, every event of every chain, the indexes, and with `records` the documents that the
 * events speak of. It runs beside a service: what is written meanwhile is no fault.
 * @throws Problem `storage-unavailable`
 * @throws the signal's reason when it is aborted
 */
export async function verifyTrail(
  ports: TrailPorts,
  options: VerificationOptions,
): Promise<VerificationReport> {
  const startedAt = (options.clock ?? Date.now)();
  return new TrailVerification(ports, options, startedAt).perform();
}

class TrailVerification {
  readonly #findings = new Findings();
  readonly #notices: string[] = [];
  readonly #created: string[] = [];
  readonly #indexes: EventIndexCheck;
  readonly #emergencies: EmergencyCheck | undefined;

  constructor(
    private readonly ports: TrailPorts,
    private readonly options: VerificationOptions,
    private readonly startedAt: number,
  ) {
    this.#indexes = new EventIndexCheck(this.#findings, startedAt);
    const { table, records } = ports;
    this.#emergencies = records && new EmergencyCheck(table, records, this.#findings);
  }

  async perform(): Promise<VerificationReport> {
    const { table, publicKeys } = this.ports;
    const { since, retentionDays } = this.options;
    const leases = await foundLeases(table);
    const start = since === undefined ? wholeRegister : await firstCheckpointSince(table, since);
    const register = new RegisterCheck(publicKeys, this.#findings, start);
    const walk = new TrailWalk({
      table,
      register,
      indexes: this.#indexes,
      findings: this.#findings,
      retentionMilliseconds: retentionDays * dayMilliseconds,
      onTelling: (event) => this.#told(event),
    });
    await this.#walkToHead(walk, register);
    compareLeases(leases, register, this.startedAt, this.#findings, this.#notices);
    await this.#checkOpenChains(leases, register, walk);
    await walk.readTails();
    const expired = walk.settleMissing();
    await this.#lookForCreated(1);
    await this.#tellExpiry(walk, expired);
    await this.#walkDays(walk, register);
    if (this.options.evidence !== undefined) {
      await compareWithEvidence(table, publicKeys, this.options.evidence, this.#findings, this.#notices);
    }
    const records = await this.#records(walk);
    return verificationReport({
      startedAt: this.startedAt,
      endedAt: (this.options.clock ?? Date.now)(),
      register,
      findings: this.#findings,
      notices: this.#notices,
      events: { sealed: walk.sealed, unsealed: walk.unsealed, expired },
      ...(records === undefined ? {} : { records }),
    });
  }

  async #walkToHead(walk: TrailWalk, register: RegisterCheck): Promise<void> {
    for (let round = 1; round <= roundsAtMost; round++) {
      const head = await registerHead(this.ports.table);
      const behind = await nextCheckpointAfter(
        this.ports.table,
        Math.max(head?.number ?? 0, register.next - 1),
      );
      // The head may have moved between the two looks.
      const moved = behind !== undefined && behind <= ((await registerHead(this.ports.table))?.number ?? 0);
      if (moved && round < roundsAtMost) continue;
      if (head !== undefined && head.number >= register.next) await this.#walkOn(walk, register, head.number);
      this.#compareHead(head, register);
      if (behind === undefined) {
        // Whatever was sealed while the last stretch was walked is unsealed to this report.
        if (round === roundsAtMost || (await registerHead(this.ports.table))?.number === head?.number) return;
        continue;
      }
      this.#findings.add({
        kind: 'register-head',
        message: `the head of the register was rolled back${head === undefined ? ' or removed' : ` to checkpoint ${head.number}`}: checkpoints follow it`,
        checkpoint: behind,
      });
      await this.#walkOn(walk, register, await lastCheckpoint(this.ports.table));
      return;
    }
  }

  async #walkOn(walk: TrailWalk, { from }: RegisterCheck, last: number): Promise<void> {
    await walk.walk(last, (number) => {
      this.options.signal?.throwIfAborted();
      this.#progress('checkpoints and their events', number - from + 1, last - from + 1);
    });
  }

  #compareHead(head: RegisterHead | undefined, register: RegisterCheck): void {
    const { last } = register;
    if (head === undefined) {
      if (last === undefined) return;
      return this.#findings.add({ kind: 'register-head', message: 'the head of the register was removed' });
    }
    if (last === undefined || last.number !== head.number || last.digest === head.digest) return;
    this.#findings.add({
      kind: 'checkpoint-altered',
      message: `checkpoint ${head.number} was replaced: the head of the register holds the digest of another text`,
      checkpoint: head.number,
    });
  }

  /** A chain that is open has a lease. */
  async #checkOpenChains(leases: FoundLeases, register: RegisterCheck, walk: TrailWalk): Promise<void> {
    for (const { chain, ended } of register.chains.values()) {
      if (ended !== undefined || leases.has(chain) || !register.whole) continue;
      if ((await this.ports.table.get(auditKeys.lease(chain))) !== undefined) continue;
      // Closed since the register was walked: then it has a checkpoint more.
      await this.#walkToHead(walk, register);
      if (register.chains.get(chain)?.ended !== undefined) continue;
      const message = `chain ${chain} is open and has no lease: its last checkpoints or its lease were removed`;
      this.#findings.add({ kind: 'chain-unregistered', message, chain });
    }
  }

  async #told(event: MetEvent): Promise<void> {
    this.#emergencies?.met(event);
    const { type, patientId } = event;
    if (this.ports.records === undefined || type !== 'patient-create' || typeof patientId !== 'string')
      return;
    this.#created.push(patientId);
    await this.#lookForCreated(100);
  }

  /** Whoever was created is there for ever, if only as the mark of a deletion or an erasure. */
  async #lookForCreated(atLeast: number): Promise<void> {
    if (this.#created.length < atLeast || this.ports.records === undefined) return;
    const asked = [...new Set(this.#created.splice(0))];
    for (const patientId of await this.ports.records.withoutHead(asked)) {
      const message = `patient ${patientId} was removed: the trail says that he was created, and nothing of him is left`;
      this.#findings.add({ kind: 'record-removed', message, patientId });
    }
  }

  async #tellExpiry(walk: TrailWalk, expired: number): Promise<void> {
    const { ranges, last } = walk.expired;
    if (last !== undefined) {
      this.#notices.push(
        `${expired} events have expired in ${ranges} ${ranges === 1 ? 'removal' : 'removals'}, the last by checkpoint ${last.number} of ${last.at}`,
      );
    }
    for (const chain of await walk.leftToExpire()) {
      this.#notices.push(
        `events of chain ${chain} have expired and are still there; the next expiry removes them`,
      );
    }
  }

  /** The days lead to chains that nobody registered. */
  async #walkDays(walk: TrailWalk, register: RegisterCheck): Promise<void> {
    const { table } = this.ports;
    const whole = register.whole;
    const earliest = whole
      ? (walk.earliest ?? new Date(this.startedAt).toISOString())
      : this.options.since!.toISOString();
    const from = Date.parse(earliest.slice(0, 10)) - dayMilliseconds;
    const registered = new Map<string, boolean>();
    const isRegistered = async (chain: string): Promise<boolean> => {
      if (register.chains.has(chain)) return true;
      let known = registered.get(chain);
      if (known === undefined) registered.set(chain, (known = await this.#isRegistered(chain, register)));
      return known;
    };
    try {
      const compared = whole && this.#findings.total === 0;
      const differences = await this.#indexes.walkDays(table, from, isRegistered, compared, (done, total) => {
        this.options.signal?.throwIfAborted();
        this.#progress('indexes by day', done, total);
      });
      if (differences.length > 0 && (await this.#hasExpiredSince(register))) {
        this.#notices.push('events expired while the indexes were compared: run it again for the days');
      } else for (const difference of differences) this.#findings.add(difference);
    } catch (error) {
      if (!(error instanceof TableUnavailable)) throw error;
      // The store answers: it is the index that leads nowhere.
      await table.ping();
      this.#findings.add({
        kind: 'index-altered',
        message: 'an index by day leads to an event that is not there',
      });
    }
  }

  async #hasExpiredSince(register: RegisterCheck): Promise<boolean> {
    for (let number = register.next; ; number++) {
      const text = await checkpointText(this.ports.table, number);
      if (text === undefined) return false;
      if (readCheckpoint(text)?.kind === 'expired') return true;
    }
  }

  /** A chain that was opened since the walk, or, in a walk of the newest part, sealed before it. */
  async #isRegistered(chain: string, register: RegisterCheck): Promise<boolean> {
    const { table } = this.ports;
    if (!register.whole) {
      const partition = auditKeys.sealsPartition(chain);
      const { items } = await table.query({ table: 'audit', partition, limit: 1 });
      const number = items[0]?.attributes['number'];
      if (typeof number === 'number' && readCheckpoint(await checkpointText(table, number))?.chain === chain)
        return true;
    }
    for (let number = register.next; ; number++) {
      const text = await checkpointText(table, number);
      if (text === undefined) return false;
      if (readCheckpoint(text)?.chain === chain) return true;
    }
  }

  async #records(walk: TrailWalk): Promise<VerificationReport['records']> {
    const { records, table } = this.ports;
    if (records === undefined) return undefined;
    const { indexLagSeconds = 2 } = this.options;
    const check = new RecordCheck(table, records, this.#findings, indexLagSeconds, walk.expired.through);
    for await (const patientId of records.patients()) {
      this.options.signal?.throwIfAborted();
      await check.patient(patientId);
      this.#progress('records of patients', check.verified.patients, 0);
    }
    await check.settle();
    await this.#emergencies?.settle();
    return check.verified;
  }

  #progress(step: string, done: number, total: number): void {
    this.options.onProgress?.({ step, done, total });
  }
}
