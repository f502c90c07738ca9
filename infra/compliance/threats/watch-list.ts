import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryFolder } from '../../lib/repository.js';
import { type Section, words } from './threat.js';

/** Calls that have to be watched. */
export interface ListedCalls {
  section: Section;
  service: string;
  operations: readonly string[];
  /** Data events, which the trail must select; or reads, which a rule must ask for. */
  kind?: 'data' | 'read';
}

/** Events that are no calls, and calls that CloudTrail does not record: what watches for them instead. */
export interface ListedOtherwise {
  section: Section | 'metrics' | 'plumbing' | 'CIS 4.0';
  what: string;
  /** Ids of threats and alarms, or where else. */
  by: readonly string[];
  note?: string;
}

/** As it is written down: by section. */
interface WatchList {
  calls: Record<Section, (Omit<ListedCalls, 'section' | 'operations'> & { operations: string })[]>;
  otherwise: Record<ListedOtherwise['section'], Omit<ListedOtherwise, 'section'>[]>;
}

const file = join(repositoryFolder, 'infra', 'compliance', 'threats', 'watch-list.yaml');
const { calls, otherwise } = parse(readFileSync(file, 'utf8')) as WatchList;

/** What has to be watched, by name: written down apart from the rules, and held against them. `docs/threat-detection.md` has the comparison. */
export const listedCalls: readonly ListedCalls[] = entriesOf(calls).flatMap(([section, all]) =>
  all.map(({ operations, ...one }) => ({ section, ...one, operations: words(operations) })),
);

export const listedOtherwise: readonly ListedOtherwise[] = entriesOf(otherwise).flatMap(([section, all]) =>
  all.map((one) => ({ section, ...one })),
);

function entriesOf<Key extends string, Value>(record: Record<Key, Value>): [Key, Value][] {
  return Object.entries(record) as [Key, Value][];
}
