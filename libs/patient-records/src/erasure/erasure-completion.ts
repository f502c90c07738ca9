import { type AuditEvent, type AuditOrigin, type AuditTrail } from '@app/audit';
import { type KeyStoreCompaction, type PatientKeyStore, type RecordCipher } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { type DocumentVault } from '../document-vault.js';
import { type ErasureState, erasureStateOf, indexRowsOf, markErased } from './erasure-mark.js';
import {
  type Destroyed,
  type ErasureReceipt,
  type ErasureTerms,
  finalTimes,
  remainingAfter,
} from './erasure-receipt.js';
import { partitionsAfter } from '../index-rows.js';
import { IntegrityBreach } from '../integrity-breach.js';
import { keys, profile } from '../keys.js';
import { isErased, type PatientGate } from '../patient-gate.js';

export interface ErasureParts {
  table: PhiTable;
  audit: AuditTrail;
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
  vault: DocumentVault;
  gate: PatientGate;
  /** Of a key store that is a file. */
  keyStoreCompaction?: KeyStoreCompaction;
}

/** An erasure from the step on that its head names. */
interface Run {
  patientId: string;
  head: PhiItem;
  state: ErasureState;
  origin: AuditOrigin;
}

/** A transaction holds 100 items; one is the event. */
const rowsAtOnce = 99;
/** Steps of one run, those included that another instance took first. */
const stepsAtMost = 50;
const compactedWithinMilliseconds = 24 * 60 * 60 * 1000;

/**
 * What follows the transaction that made a patient unreadable: his branch keys are destroyed, then every row but the head
 * is removed. Each step can be repeated, and what was done stands in the head, sealed.
 */
export class ErasureCompletion {
  /** Runs of this process: a second request for the same patient waits for the first. */
  readonly #underWay = new Map<string, Promise<ErasureReceipt>>();

  constructor(
    private readonly parts: ErasureParts,
    private readonly terms: ErasureTerms,
  ) {}

  /**
   * @param asked whose request it is; `undefined` where the service goes on by itself
   * @throws Problem `integrity-failure` for a patient whom nobody erased: a pending row alone destroys nothing
   */
  complete(patientId: string, asked: AuditOrigin | undefined): Promise<ErasureReceipt> {
    const known = this.#underWay.get(patientId);
    if (known !== undefined) return known;
    const run = this.#run(patientId, asked).finally(() => this.#underWay.delete(patientId));
    this.#underWay.set(patientId, run);
    return run;
  }

  /**
   * Destroys a key that came back after the erasure was complete.
   * @returns whether there was one
   */
  async destroyAgain(patientId: string, asked?: AuditOrigin): Promise<boolean> {
    const { requestId } = erasureStateOf(await this.#erasedHead(patientId));
    const count = await this.parts.keyStore.destroy(patientId);
    this.parts.cipher.evict(patientId);
    if (count === 0) return false;
    const origin = asked ?? { networkAddress: '', requestId };
    await this.parts.audit.append([{ type: 'key-destroy', outcome: '0', origin, patientId, count }]);
    return true;
  }

  async #run(patientId: string, asked: AuditOrigin | undefined): Promise<ErasureReceipt> {
    try {
      for (let step = 0; step < stepsAtMost; step++) {
        const head = await this.#erasedHead(patientId);
        const state = erasureStateOf(head);
        if (state.receipt !== undefined) {
          await this.destroyAgain(patientId, asked);
          return state.receipt;
        }
        // The service itself has no agent; the id of the request leads to who asked.
        const origin = asked ?? { networkAddress: '', requestId: state.requestId };
        await this.#step({ patientId, head, state, origin });
      }
      throw new Problem(problemTypes.overloaded);
    } catch (error) {
      throw unfinished(error);
    }
  }

  async #erasedHead(patientId: string): Promise<PhiItem> {
    const head = await this.parts.gate.head(patientId);
    if (head !== undefined && isErased(head)) return head;
    throw new Problem(problemTypes.integrityFailure, { cause: new IntegrityBreach(patientId) });
  }

  async #step(run: Run): Promise<void> {
    const { keyless } = run.state;
    if (keyless === undefined) return this.#destroyKeys(run);
    if (indexRowsOf(run.head).length > 0) return this.#removeIndexRows(run);
    await this.#removeRows(run);
    return this.#close(run, keyless);
  }

  async #destroyKeys(run: Run): Promise<void> {
    const { patientId, state, origin } = run;
    const { keyStore, cipher } = this.parts;
    const rows = await this.#countRows(patientId);
    const branchKeyRows = await keyStore.destroy(patientId);
    cipher.evict(patientId);
    // NIST SP 800-88, verification: what is reported as destroyed is looked for again.
    if ((await keyStore.activeVersion(patientId)) !== undefined) {
      throw new Problem(problemTypes.keyServiceUnavailable);
    }
    const count = { branchKeyRows, ...rows, indexTokens: state.indexTokens };
    const keyless = { at: new Date().toISOString(), count };
    const destroyed = { type: 'key-destroy', outcome: '0', origin, patientId, count: branchKeyRows } as const;
    await this.#tryWrite(this.#mark(run, { ...state, keyless }), destroyed);
  }

  async #countRows(patientId: string): Promise<Omit<Destroyed, 'branchKeyRows' | 'indexTokens'>> {
    const count = { records: 0, versions: 0, careTeamMembers: 0, emergencyAccessTexts: 0 };
    const partition = keys.patientPartition(patientId);
    let after: string | undefined;
    do {
      const place = { table: 'records', partition, limit: 1000 } as const;
      const page = await this.parts.table.query(after === undefined ? place : { ...place, after });
      for (const { sort } of page.items) {
        if (sort.startsWith('RECORD#')) count.records += 1;
        else if (sort.startsWith('VERSION#')) count.versions += 1;
        else if (sort.startsWith('TEAM#')) count.careTeamMembers += 1;
        else if (sort.startsWith('EMERGENCY#')) count.emergencyAccessTexts += 1;
      }
      after = page.next;
    } while (after !== undefined);
    return count;
  }

  /** Those that did not fit into the first transaction; it happens only while rows stand under two roots. */
  async #removeIndexRows(run: Run): Promise<void> {
    const removed = indexRowsOf(run.head).length - partitionsAfter(run.head, []).length;
    await this.#tryWrite(this.#mark(run, run.state), erasureEvent(run, 'rows-removed', removed));
  }

  /**
   * Always from the front, until a look finds nothing: a write that was under way when the erasure began needs a row of
   * the partition as it was, and fails from the moment that this row is gone.
   */
  async #removeRows(run: Run): Promise<void> {
    for (;;) {
      const rows = await this.#rowsOf(run.patientId);
      if (rows.length === 0) return;
      const deletes = rows.map(({ table, partition, sort }): TableWrite => ({
        type: 'delete',
        key: { table, partition, sort },
      }));
      await this.parts.audit.transactWrite(deletes, [erasureEvent(run, 'rows-removed', rows.length)]);
    }
  }

  /** @returns rows beside the head, as many as fit in one transaction: a page holds 1 MB, a transaction 4 */
  async #rowsOf(patientId: string): Promise<PhiItem[]> {
    const partition = keys.patientPartition(patientId);
    const page = await this.parts.table.query({ table: 'records', partition, limit: rowsAtOnce + 1 });
    return page.items.filter(({ sort }) => sort !== profile).slice(0, rowsAtOnce);
  }

  async #close(run: Run, keyless: NonNullable<ErasureState['keyless']>): Promise<void> {
    const { patientId, state } = run;
    // It may have been another process that destroyed the keys.
    this.parts.cipher.evict(patientId);
    const { reason, erasedAt, requestId } = state;
    const compaction = this.parts.keyStoreCompaction;
    const keyStoreFile = compaction && (await compactedBy(compaction));
    const receipt: ErasureReceipt = {
      patientId,
      reason,
      erasedAt,
      completedAt: new Date().toISOString(),
      requestId,
      destroyed: keyless.count,
      final: finalTimes(Date.parse(keyless.at), this.terms, keyStoreFile),
      remaining: remainingAfter(this.terms, compaction !== undefined),
    };
    await this.#tryWrite(
      [
        ...this.#mark(run, { ...state, receipt }),
        { type: 'delete', key: keys.pendingErasure(patientId) },
        { type: 'put', item: { ...keys.erased(patientId), attributes: { patientId } } },
      ],
      erasureEvent(run, 'completed'),
    );
  }

  #mark({ head }: Run, next: ErasureState): TableWrite[] {
    return markErased(this.parts.vault, head, next);
  }

  /** If somebody else was faster, the next look at the head finds how far the erasure is now. */
  async #tryWrite(writes: TableWrite[], written: AuditEvent): Promise<void> {
    try {
      await this.parts.audit.transactWrite(writes, [written]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
}

function erasureEvent(
  { patientId, state, origin }: Run,
  step: 'rows-removed' | 'completed',
  count?: number,
): AuditEvent {
  const erasure = { reason: state.reason, step };
  const counted = count === undefined ? {} : { count };
  return { type: 'patient-erase', outcome: '0', origin, patientId, erasure, ...counted };
}

/** @returns by when a running service compacts the key store's file */
async function compactedBy(compaction: KeyStoreCompaction): Promise<Date> {
  const pending = await compaction.pending();
  // Nothing pending: it was compacted since the key was destroyed.
  return pending === undefined ? new Date() : new Date(pending.since.getTime() + compactedWithinMilliseconds);
}

/** A dependency failed halfway: "nothing was changed" would be wrong. */
function unfinished(error: unknown): unknown {
  if (!(error instanceof Problem) || error.type.status !== 503) return error;
  const detail =
    'The erasure has begun and the patient can no longer be read. Repeat the request; otherwise the service completes it on its own.';
  return new Problem(error.type, { cause: error, headers: error.headers, detail });
}
