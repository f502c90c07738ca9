import type { TimeWindow } from './cloudtrail-source.js';
import { type KmsCall, readKmsCall, UnreadableRecord } from './kms-call.js';

/** Calls for one patient's key. */
export interface PatientCalls {
  /** Within the window: these are judged. */
  inside: KmsCall[];
  /** From the minute before it. */
  before: KmsCall[];
}

/** Calls of the window, each once, by patient. */
export class CollectedCalls {
  readonly byPatient = new Map<string, PatientCalls>();
  readonly withoutPatient: KmsCall[] = [];
  readonly counts = { examined: 0, duplicates: 0, damaged: 0 };
  readonly #seen = new Set<string>();
  readonly #uses = new Map<string, number>();

  constructor(private readonly window: TimeWindow) {}

  add(record: object | UnreadableRecord): void {
    const call = this.#read(record);
    if (call === undefined || call.at >= this.window.to) return;
    // A trail may deliver an event twice, and several trails or accounts deliver it each for itself.
    if (this.#seen.has(call.eventId)) {
      this.counts.duplicates += 1;
      return;
    }
    this.#seen.add(call.eventId);
    const isInside = call.at >= this.window.from;
    if (isInside) {
      this.counts.examined += 1;
      this.#uses.set(call.principal, (this.#uses.get(call.principal) ?? 0) + 1);
    }
    if (call.patientId !== undefined)
      this.#ofPatient(call.patientId)[isInside ? 'inside' : 'before'].push(call);
    else if (isInside) this.withoutPatient.push(call);
  }

  /** @returns who made the calls, most calls first */
  principals(): { principal: string; calls: number }[] {
    const uses = [...this.#uses].map(([principal, calls]) => ({ principal, calls }));
    return uses.sort((a, b) => b.calls - a.calls);
  }

  #read(record: object | UnreadableRecord): KmsCall | undefined {
    try {
      if (record instanceof UnreadableRecord) throw record;
      return readKmsCall(record);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      this.counts.damaged += 1;
      return undefined;
    }
  }

  #ofPatient(patientId: string): PatientCalls {
    let calls = this.byPatient.get(patientId);
    if (calls === undefined) {
      calls = { inside: [], before: [] };
      this.byPatient.set(patientId, calls);
    }
    return calls;
  }
}
