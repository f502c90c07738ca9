/** What a client did to one versioned document, and when: milliseconds of one clock. */
export interface VersionedOperation {
  /** `refused`: a write that named a version which was no longer the current one. */
  kind: 'read' | 'write' | 'refused';
  /** Of a read and a write the version that was answered, of a refused write the one that it named. */
  version: number;
  /** Of a read what it found, of a write what it wrote: no two writes have the same. */
  mark: string;
  started: number;
  ended: number;
}

/**
 * Whether a history of one document is linearizable. Versions order it: a write makes the next version of the one that it names, so the
 * only order there can be is that of the versions, and it holds if it agrees with the clock.
 * @param first the mark of version 1, which was there before
 * @returns what cannot have happened one after the other
 */
export function historyFaults(operations: readonly VersionedOperation[], first: string): string[] {
  const faults: string[] = [];
  const written = new Map<number, string>([[1, first]]);
  for (const { kind, version, mark } of operations) {
    if (kind !== 'write') continue;
    if (written.has(version)) faults.push(`version ${version} was written twice: an update was lost`);
    written.set(version, mark);
  }
  for (let version = 1; version <= written.size; version++) {
    if (!written.has(version)) faults.push(`version ${version} was never written, although later ones were`);
  }
  for (const { kind, version, mark } of operations) {
    if (kind !== 'read') continue;
    if (written.get(version) !== mark)
      faults.push(`version ${version} was read with what nobody had written there`);
  }
  return [...faults, ...clockFaults(operations)];
}

/** What had ended before something began came before it: nobody goes back to an older version. */
function clockFaults(operations: readonly VersionedOperation[]): string[] {
  const faults: string[] = [];
  const byEnd = operations.filter(({ kind }) => kind !== 'refused').sort((a, b) => a.ended - b.ended);
  const byStart = [...operations].sort((a, b) => a.started - b.started);
  let seen = 1;
  let next = 0;
  for (const { kind, version, started } of byStart) {
    for (let past = byEnd[next]; past !== undefined && past.ended < started; past = byEnd[++next]) {
      seen = Math.max(seen, past.version);
    }
    // A write makes a version newer than all that had been seen; a read shows one at least as new.
    if (kind === 'write' && version <= seen)
      faults.push(`version ${version} was written after version ${seen} had been seen`);
    if (kind === 'read' && version < seen)
      faults.push(`version ${version} was read after version ${seen} had been seen`);
  }
  return faults;
}
