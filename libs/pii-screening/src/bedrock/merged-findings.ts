import { piiTypes, type PiiFinding } from '../pii-types.js';

/**
 * @param isAskedFor findings that will be answered; one of them names a span before any other does, or the span would
 *   vanish with the type that nobody asked for
 * @returns findings in order, not overlapping: those that overlap become one over all of them, named by the type that
 *   stands first in `piiTypes`, so that no half of either is left behind
 */
export function mergeFindings(
  findings: readonly PiiFinding[],
  isAskedFor: (finding: PiiFinding) => boolean = () => true,
): PiiFinding[] {
  const rankOf = (finding: PiiFinding) =>
    (isAskedFor(finding) ? 0 : piiTypes.length) + piiTypes.indexOf(finding.type);
  const merged: PiiFinding[] = [];
  for (const next of findings.toSorted((a, b) => a.start - b.start || rankOf(a) - rankOf(b))) {
    const last = merged.at(-1);
    if (last === undefined || next.start >= last.end) {
      merged.push(next);
      continue;
    }
    const named = rankOf(next) < rankOf(last) ? next : last;
    merged[merged.length - 1] = { ...named, start: last.start, end: Math.max(last.end, next.end) };
  }
  return merged;
}
