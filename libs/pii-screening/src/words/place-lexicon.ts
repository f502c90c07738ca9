import { cities, doubtfulCities, knownFacilities } from './place-names.js';

/** Entries by their first word; each is the list of the words after it. The longest comes first. */
export type PhraseIndex = ReadonlyMap<string, readonly (readonly string[])[]>;

function index(phrases: readonly string[]): PhraseIndex {
  const byFirst = new Map<string, string[][]>();
  for (const phrase of phrases) {
    const [first = '', ...rest] = phrase.split(' ');
    const entries = byFirst.get(first) ?? [];
    entries.push(rest);
    byFirst.set(first, entries);
  }
  for (const entries of byFirst.values()) entries.sort((a, b) => b.length - a.length);
  return byFirst;
}

/** Made when a text first asks for it, as the lexicon is. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export const cityIndex = lazily(() => index(cities().concat([...doubtfulCities])));
export const facilityIndex = lazily(() =>
  index(knownFacilities().map((name) => name.replaceAll('&', 'and'))),
);
const cityNames = lazily(() => new Set(cities().concat([...doubtfulCities])));

/** @param name as it is written, words parted by one blank */
export function isCity(name: string): boolean {
  return cityNames().has(name.toLowerCase().replaceAll('.', ''));
}
