import { ConditionFailed, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller } from '../caller.js';
import { ErasureCompletion, type ErasureParts } from './erasure-completion.js';
import { indexRowsOf, markErased } from './erasure-mark.js';
import { type ErasureReason, type ErasureReceipt, type ErasureTerms } from './erasure-receipt.js';
import { event } from '../events.js';
import { keys } from '../keys.js';
import { isErased } from '../patient-gate.js';

/** Somebody else may change the patient at the same moment, again and again. */
const attemptsAtMost = 50;

/** What was done without a request. */
export interface ErasureWork {
  /** For how many patients. */
  patients: number;
  /** What kept it from being done for others. */
  failures: unknown[];
}

/**
 * Cryptographic erase (NIST SP 800-88) of one patient: his branch keys are destroyed, and with them every message that
 * was ever written under them, wherever a copy of it lies (45 CFR 164.310(d)(2)(i), disposal).
 *
 * It survives a stop at any moment: one transaction makes the patient unreadable for every caller, takes him out of
 * every index and notes that his erasure is pending; what follows is completed by whoever comes next.
 */
export class Erasure {
  readonly #completion: ErasureCompletion;

  constructor(
    private readonly parts: ErasureParts,
    terms: ErasureTerms,
  ) {
    this.#completion = new ErasureCompletion(parts, terms);
  }

  /**
   * Erases a patient for ever, or answers the receipt of the erasure that was.
   * @throws Problem `insufficient-scope`, `not-found`
   * @throws Problem `concurrent-write`: nothing was changed
   * @throws Problem `key-service-unavailable`, `storage-unavailable`, also when the erasure has begun: then it is completed
   *   when the request is repeated, or by `completePending`
   */
  async erase(caller: Caller, patientId: string, reason: ErasureReason): Promise<ErasureReceipt> {
    if (!(await this.#begin(caller, patientId, reason))) {
      const repeated = { patientId, erasure: { reason, step: 'repeated' } } as const;
      await this.parts.audit.append([event(caller, 'patient-erase', repeated)]);
    }
    return this.#completion.complete(patientId, caller.origin);
  }

  /** Completes what a stop of the process or of a port interrupted; at each start, and from time to time. */
  async completePending(): Promise<ErasureWork> {
    return this.#forEach(keys.pendingErasurePrefix, async (patientId) => {
      await this.#completion.complete(patientId, undefined);
      return true;
    });
  }

  /**
   * Destroys keys of erased patients that came back: with a backup of the key store, or by a process that was killed while
   * it refused to create a patient under such an id. At each start.
   */
  async destroyRestoredKeys(): Promise<ErasureWork> {
    return this.#forEach(keys.erasedPrefix, (patientId) => this.#completion.destroyAgain(patientId));
  }

  async #forEach(prefix: string, work: (patientId: string) => Promise<boolean>): Promise<ErasureWork> {
    const done: ErasureWork = { patients: 0, failures: [] };
    let after: string | undefined;
    do {
      const place = { table: 'records', partition: keys.erasures, prefix, limit: 1000 } as const;
      const page = await this.parts.table.query(after === undefined ? place : { ...place, after });
      for (const { sort } of page.items) {
        try {
          if (await work(sort.slice(prefix.length))) done.patients += 1;
        } catch (error) {
          done.failures.push(error);
        }
      }
      after = page.next;
    } while (after !== undefined);
    return done;
  }

  /** @returns whether it is begun by this request, and not by one before */
  async #begin(caller: Caller, patientId: string, reason: ErasureReason): Promise<boolean> {
    const { gate, vault, audit } = this.parts;
    for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
      const head = await gate.enterForErasure(caller, patientId);
      if (isErased(head)) return false;
      const { createdAt, version } = vault.read(head);
      const state = {
        reason,
        erasedAt: new Date().toISOString(),
        requestId: caller.origin.requestId,
        indexTokens: indexRowsOf(head).length,
      };
      const writes: TableWrite[] = [
        ...markErased(vault, head, state, version + 1),
        { type: 'delete', key: keys.listed(patientId, createdAt) },
        { type: 'delete', key: keys.rescreen(patientId) },
        { type: 'put', item: { ...keys.pendingErasure(patientId), attributes: { patientId } } },
      ];
      const entities = [{ type: 'Patient', id: patientId, version: version + 1 }];
      const begun = { patientId, entities, erasure: { reason, step: 'begun' } } as const;
      try {
        await audit.transactWrite(writes, [event(caller, 'patient-erase', begun)]);
        return true;
      } catch (error) {
        // Somebody changed the patient since he was read: what was written goes with the rest.
        if (!(error instanceof ConditionFailed)) throw error;
      }
    }
    throw new Problem(problemTypes.concurrentWrite);
  }
}
