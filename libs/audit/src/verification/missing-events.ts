import { eventsFrom, type Findings, wereFrom } from './findings.js';
import type { ChainState } from './register-check.js';

interface MissingRun {
  first: number;
  last: number;
  /** The checkpoint that sealed the first of them. */
  checkpoint: { number: number; at: string };
}

/** An attacker who removes every second event shall not fill the memory. Runs of one chain. */
const runsAtMost = 10_000;

/** Events that were sealed and are not there. Whether they may be missing is known at the end of the walk: expiry is told later. */
export class MissingEvents {
  readonly #runs = new Map<string, MissingRun[]>();

  add(chain: string, sequences: readonly number[], checkpoint: { number: number; at: string }): void {
    const runs = this.#runs.get(chain) ?? [];
    this.#runs.set(chain, runs);
    const { number, at } = checkpoint;
    for (const sequence of sequences) {
      const run = runs.at(-1);
      if (run !== undefined && (run.last === sequence - 1 || runs.length === runsAtMost)) run.last = sequence;
      else runs.push({ first: sequence, last: sequence, checkpoint: { number, at } });
    }
  }

  /** @returns how many events have expired; whatever else is missing was removed */
  settle(chains: ReadonlyMap<string, ChainState>, findings: Findings): number {
    let expired = 0;
    for (const [chain, runs] of this.#runs) {
      const expiredThrough = chains.get(chain)?.expiredThrough ?? 0;
      for (const { first: start, last, checkpoint } of runs) {
        expired += Math.max(0, Math.min(last, expiredThrough) - start + 1);
        const first = Math.max(start, expiredThrough + 1);
        if (first > last) continue;
        const { number, at } = checkpoint;
        const sealed =
          first === start
            ? `checkpoint ${number} of ${at} sealed ${first === last ? 'it' : 'the first of them'}`
            : 'they had not expired';
        findings.add({
          kind: 'event-removed',
          message: `${eventsFrom(first, last)} of chain ${chain} ${wereFrom(first, last)} removed: ${sealed}`,
          chain,
          sequence: first,
          checkpoint: number,
        });
      }
    }
    return expired;
  }
}
