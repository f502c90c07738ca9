/** The state of a resource with the rules that look at it, at a time: an item of the type `AWS::Config::ResourceCompliance`. */
export interface ComplianceState {
  time: Date;
  /** Rules that it broke then, as Config names them. */
  broken: ReadonlySet<string>;
}

/** From when to when a resource broke a rule. */
export interface Episode {
  ruleName: string;
  from: Date;
  /** Absent: it still does. */
  to?: Date;
}

/**
 * @param states of one resource, in any order
 * @returns every time that it broke a rule; of what began before the first state, from that on
 */
export function episodesOf(states: readonly ComplianceState[]): Episode[] {
  const open = new Map<string, Date>();
  const ended: Episode[] = [];
  for (const { time, broken } of states.toSorted((a, b) => a.time.getTime() - b.time.getTime())) {
    for (const [ruleName, from] of open) {
      if (broken.has(ruleName)) continue;
      ended.push({ ruleName, from, to: time });
      open.delete(ruleName);
    }
    for (const ruleName of broken) if (!open.has(ruleName)) open.set(ruleName, time);
  }
  return [...ended, ...[...open].map(([ruleName, from]) => ({ ruleName, from }))];
}

/**
 * @param since what was mended before does not count
 * @returns hours from breaking a rule to keeping it again, on average; undefined if nothing was mended
 */
export function meanTimeToRepairHours(episodes: readonly Episode[], since: Date): number | undefined {
  const hours = episodes.flatMap(({ from, to }) =>
    to === undefined || to < since ? [] : [(to.getTime() - from.getTime()) / 3_600_000],
  );
  return hours.length === 0 ? undefined : hours.reduce((sum, one) => sum + one, 0) / hours.length;
}
