/** What the ledger knows of a subject. Times are milliseconds since 1970. */
export interface Subject {
  state: 'open' | 'resolved';
  /** When the violation was found that is open, or was the last. */
  openedAt: number;
  /** Of the newest event that is known. */
  changedAt: number;
  /** Of the newest event that was to be told; 0: none. */
  toldAt: number;
  /** The event that decided the state, and whether it was to be told. */
  eventId: string;
  isToTell: boolean;
  revision: number;
}

/** Something that happened to a subject. */
export interface Happening {
  eventId: string;
  subject: string;
  /** `once`: an event in itself, such as a threat; it opens nothing that could be resolved. */
  change: 'opened' | 'resolved' | 'once';
  at: number;
  /** Within this time the same is told once. */
  repeatAfterMs: number;
}

type NextSubject = Omit<Subject, 'revision'>;

export type Decision =
  /**
   * `tell`: say it. `untold`: remember it and say nothing, because nobody heard of the violation, or everybody a short time ago.
   * `openedAt`: when what is open, or is resolved, began.
   */
  | { outcome: 'tell' | 'untold'; openedAt: number; next: NextSubject }
  /** The same was told a short time ago; it is older than what is known; it is the same event. */
  | { outcome: 'repeated' | 'outdated' | 'duplicate'; next?: undefined };

/**
 * Decides what to do about an event. EventBridge delivers at least once and in no order. An event that comes again takes the decision that it
 * took before; whether it was told already the ledger knows by its row.
 * @param wasHeardOf whether the event that decided the subject's state reached the topic
 */
export function decide(before: Subject | undefined, happening: Happening, wasHeardOf: boolean): Decision {
  if (before?.eventId === happening.eventId) {
    const { revision: _, ...next } = before;
    return { outcome: before.isToTell ? 'tell' : 'untold', openedAt: before.openedAt, next };
  }
  if (happening.change === 'once') return once(before, happening);
  if (before !== undefined && happening.at < before.changedAt) return { outcome: 'outdated' };
  const isOpen = before?.state === 'open';
  return happening.change === 'opened'
    ? opened(isOpen ? before : undefined, happening, wasHeardOf)
    : resolved(before, happening, isOpen && wasHeardOf);
}

/** Of the same, done again and again, the first is told; one that comes late counts by its own time. */
function once(before: Subject | undefined, { eventId, at, repeatAfterMs }: Happening): Decision {
  if (before !== undefined && Math.abs(at - before.toldAt) < repeatAfterMs) return { outcome: 'repeated' };
  const newest = Math.max(at, before?.changedAt ?? 0);
  const next = { state: 'resolved', openedAt: at, changedAt: newest, toldAt: newest, eventId } as const;
  return { outcome: 'tell', openedAt: at, next: { ...next, isToTell: true } };
}

/** @param open the violation, if it is known already */
function opened(
  open: Subject | undefined,
  { eventId, at, repeatAfterMs }: Happening,
  wasHeardOf: boolean,
): Decision {
  const isToTell = open === undefined || !wasHeardOf || at - open.toldAt >= repeatAfterMs;
  const openedAt = open?.openedAt ?? at;
  const toldAt = isToTell ? at : (open?.toldAt ?? 0);
  const next = { state: 'open', openedAt, changedAt: at, toldAt, eventId, isToTell } as const;
  return { outcome: isToTell ? 'tell' : 'untold', openedAt, next };
}

function resolved(before: Subject | undefined, { eventId, at }: Happening, isToTell: boolean): Decision {
  const openedAt = before?.openedAt ?? at;
  const toldAt = isToTell ? at : (before?.toldAt ?? 0);
  const next = { state: 'resolved', openedAt, changedAt: at, toldAt, eventId, isToTell } as const;
  return { outcome: isToTell ? 'tell' : 'untold', openedAt, next };
}
