import { eventLeaf } from '../audit-item.js';
import type { Checkpoint } from '../checkpoint.js';
import { merkleRoot } from '../merkle-tree.js';
import { eventsFrom, type Findings, type FindingKind, wereFrom } from './findings.js';

/** An event of a chain as it was found, in a row or in a file. */
export interface FoundEvent {
  sequence: number;
  text: string | undefined;
}

/** Whose place a text was taken from is looked for by hashing it under other numbers; so many times a batch. */
const hashesAtMost = 50_000;

/** What became of a sealed batch. */
export interface BatchResult {
  /** Numbers of the events that are what was sealed. */
  intact: Set<number> | 'all';
  /** Numbers that no row has; whether they may be missing is for the caller to say. */
  missing: number[];
}

/**
 * Compares events with the checkpoint that sealed them and names each that was altered, that took another's place, or that
 * nobody sealed.
 * @param leaves the leaf hashes that the checkpoint signs; without them only the batch as a whole can be judged
 * @param found events `first` to `last` of the checkpoint that are there, in order
 */
export function compareBatch(
  checkpoint: Checkpoint,
  leaves: readonly Buffer[] | undefined,
  found: readonly FoundEvent[],
  findings: Findings,
): BatchResult {
  if (leaves === undefined) return compareWhole(checkpoint, found, findings);
  const { chain, first, last } = checkpoint;
  const texts = new Map<number, string | undefined>();
  const changed: number[] = [];
  const missing: number[] = [];
  for (const { sequence, text } of found) texts.set(sequence, text);
  for (let sequence = first; sequence <= last; sequence++) {
    const text = texts.get(sequence);
    if (!texts.has(sequence)) missing.push(sequence);
    else if (text === undefined || !eventLeaf(chain, sequence, text).equals(leaves[sequence - first]!)) {
      changed.push(sequence);
    }
  }
  if (changed.length === 0 && missing.length === 0) return { intact: 'all', missing };
  const explained = explain({ checkpoint, leaves, texts, changed, missing }, findings);
  const notIntact = new Set([...changed, ...missing]);
  return {
    intact: new Set([...texts.keys()].filter((sequence) => !notIntact.has(sequence))),
    missing: explained,
  };
}

function compareWhole(checkpoint: Checkpoint, found: readonly FoundEvent[], findings: Findings): BatchResult {
  const { chain, first, last, root, number, at } = checkpoint;
  const there = new Set(found.map(({ sequence }) => sequence));
  const missing: number[] = [];
  for (let sequence = first; sequence <= last; sequence++) if (!there.has(sequence)) missing.push(sequence);
  const leaves = found.map(({ sequence, text }) => eventLeaf(chain, sequence, text ?? ''));
  if (missing.length === 0 && merkleRoot(leaves).toString('base64') === root)
    return { intact: 'all', missing };
  if (missing.length < last - first + 1) {
    findings.add({
      kind: 'event-altered',
      message: `${eventsFrom(first, last)} of chain ${chain} are not what checkpoint ${number} of ${at} sealed; which of them was changed cannot be told, because the list of their hashes was changed as well`,
      chain,
      sequence: first,
      checkpoint: number,
    });
  }
  return { intact: new Set(), missing };
}

interface Changes {
  checkpoint: Checkpoint;
  leaves: readonly Buffer[];
  texts: ReadonlyMap<number, string | undefined>;
  /** Numbers whose text is not the one that was sealed under them. */
  changed: readonly number[];
  missing: readonly number[];
}

/** @returns numbers whose event is nowhere and whose row is not there either */
function explain(changes: Changes, findings: Findings): number[] {
  const { checkpoint, changed, missing } = changes;
  const sealedAs = movedEvents(changes);
  const standsAt = new Map([...sealedAs].map(([now, sealed]) => [sealed, now]));
  const { chain, number, at } = checkpoint;
  const say = (kind: FindingKind, sequence: number, message: string) =>
    findings.add({ kind, message, chain, sequence, checkpoint: number });

  for (const run of movedRuns(sealedAs)) {
    const { first, last, offset } = run;
    const other = first + offset;
    const swapped = first === last && sealedAs.get(other) === first;
    if (swapped && other < first) continue;
    const message = swapped
      ? `events ${first} and ${other} of chain ${chain} changed places: checkpoint ${number} of ${at} sealed each under the other's number`
      : `${eventsFrom(first, last)} of chain ${chain} ${wereFrom(first, last)} moved: checkpoint ${number} of ${at} sealed ${first === last ? 'it' : 'them'} as ${eventsFrom(other, last + offset)}`;
    say('event-reordered', first, message);
  }
  for (const sequence of changed) {
    if (sealedAs.has(sequence)) {
      // Another event stands here; this number's own is lost unless it stands elsewhere.
      if (standsAt.has(sequence)) continue;
      say(
        'event-removed',
        sequence,
        `event ${sequence} of chain ${chain} was removed: checkpoint ${number} of ${at} sealed it, and another one stands in its place`,
      );
    } else if (standsAt.has(sequence)) {
      say(
        'event-inserted',
        sequence,
        `event ${sequence} of chain ${chain} was inserted: checkpoint ${number} of ${at} sealed no such event`,
      );
    } else {
      say(
        'event-altered',
        sequence,
        `event ${sequence} of chain ${chain} was altered: its text no longer matches checkpoint ${number} of ${at}`,
      );
    }
  }
  return missing.filter((sequence) => !standsAt.has(sequence));
}

/** @returns for each number whose text was sealed under another one of the batch, that one */
function movedEvents({ checkpoint, leaves, texts, changed, missing }: Changes): Map<number, number> {
  const { chain, first } = checkpoint;
  const free = new Set([...changed, ...missing]);
  const sealedAs = new Map<number, number>();
  let hashes = 0;
  let offset = 0;
  const isSealedAs = (text: string, sequence: number): boolean => {
    if (!free.has(sequence)) return false;
    hashes += 1;
    return eventLeaf(chain, sequence, text).equals(leaves[sequence - first]!);
  };
  for (const sequence of changed) {
    const text = texts.get(sequence);
    if (text === undefined) continue;
    // Whoever moves one moves the rest as far, or back.
    const likely = [sequence + offset, sequence - offset, sequence + 1, sequence - 1];
    const candidates = hashes < hashesAtMost ? [...likely, ...free] : likely;
    const sealed = candidates.find((candidate) => candidate !== sequence && isSealedAs(text, candidate));
    if (sealed === undefined) continue;
    offset = sealed - sequence;
    free.delete(sealed);
    sealedAs.set(sequence, sealed);
  }
  return sealedAs;
}

/** Neighbours that moved equally far, together. */
function movedRuns(sealedAs: ReadonlyMap<number, number>): { first: number; last: number; offset: number }[] {
  const runs: { first: number; last: number; offset: number }[] = [];
  for (const [now, sealed] of [...sealedAs].sort(([a], [b]) => a - b)) {
    const run = runs.at(-1);
    const offset = sealed - now;
    if (run !== undefined && run.last === now - 1 && run.offset === offset) run.last = now;
    else runs.push({ first: now, last: now, offset });
  }
  return runs;
}
