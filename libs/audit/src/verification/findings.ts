/** What can be wrong with a trail, or with the records that it speaks of. */
export type FindingKind =
  | 'event-altered'
  | 'event-removed'
  | 'event-inserted'
  | 'event-reordered'
  | 'index-altered'
  | 'checkpoint-altered'
  | 'checkpoint-removed'
  | 'checkpoint-inserted'
  | 'register-head'
  | 'chain-unregistered'
  | 'expired-early'
  | 'evidence-missing'
  | 'file-damaged'
  | 'record-altered'
  | 'record-rolled-back'
  | 'record-removed'
  | 'record-inserted';

/** One thing that is wrong, in a sentence for people and in parts for scripts. Opaque ids, numbers and times alone. */
export interface Finding {
  kind: FindingKind;
  message: string;
  chain?: string;
  /** Number of the first event that it is about. */
  sequence?: number;
  /** Number of the checkpoint that shows it. */
  checkpoint?: number;
  patientId?: string;
  documentId?: string;
  version?: number;
}

/** Whoever rewrites a million events leaves a million findings: the first ones of each chain and kind say it. */
const listedOfOneKind = 20;
const listedAtMost = 1000;

/** What was found: all of it counted, the first of each chain and kind listed in the order in which it was met. */
export class Findings {
  readonly listed: Finding[] = [];
  readonly #counts = new Map<string, number>();
  readonly #kinds = new Map<FindingKind, number>();
  #total = 0;

  add(finding: Finding): void {
    this.#total += 1;
    this.#kinds.set(finding.kind, (this.#kinds.get(finding.kind) ?? 0) + 1);
    const place = `${finding.kind} ${finding.chain ?? ''}`;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    // The first of its chain is listed whatever was found in others.
    if (count === 1 || (count <= listedOfOneKind && this.listed.length < listedAtMost))
      this.listed.push({ ...finding, message: printable(finding.message) });
  }

  get total(): number {
    return this.#total;
  }

  counts(): Partial<Record<FindingKind, number>> {
    return Object.fromEntries(this.#kinds);
  }
}

/** Names of chains and documents come from rows that anybody may have written: none shall move the cursor of a terminal. */
const printable = (message: string): string => message.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 2000);

/** @returns `event 5` or `events 5 to 9` */
export const eventsFrom = (first: number, last: number): string =>
  first === last ? `event ${first}` : `events ${first} to ${last}`;

/** @returns `was` or `were` */
export const wereFrom = (first: number, last: number): string => (first === last ? 'was' : 'were');
