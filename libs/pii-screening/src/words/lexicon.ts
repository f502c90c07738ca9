import { eponyms } from './clinical-nouns.js';
import { everydayWords, months } from './everyday-words.js';
import { familyNames } from './family-names.js';
import { firstNames } from './first-names.js';

/** What a word can be; one word can be several things ("May", "Jackson"). Bits of a set. */
export const wordClass = {
  firstName: 1,
  familyName: 2,
  /** An English or clinical word that is seen with a capital. */
  everyday: 4,
  /** Stands for a disease, a sign, a score or a device. */
  eponym: 8,
  month: 16,
} as const;

/** Function words that the name lists hold as well, and that no sentence uses as a name. */
const neverFirstNames = ['any', 'had', 'has', 'even', 'said', 'king', 'major', 'baron', 'earl', 'prince'];

/** One look-up for each word of a text: 13,000 entries. */
type Lexicon = Map<string, number>;

function build(): Lexicon {
  const lexicon: Lexicon = new Map();
  const add = (words: Iterable<string>, bit: number) => {
    for (const word of words) lexicon.set(word, (lexicon.get(word) ?? 0) | bit);
  };
  add(firstNames(), wordClass.firstName);
  for (const word of neverFirstNames) lexicon.delete(word);
  add(familyNames(), wordClass.familyName);
  add(everydayWords(), wordClass.everyday);
  add(eponyms(), wordClass.eponym);
  add(months.keys(), wordClass.month | wordClass.everyday);
  return lexicon;
}

/** Built when a text first asks for it: it takes 15 ms and 2 MB, which a start of the service need not wait for. */
let built: Lexicon | undefined;

/** @param lower a word in lower case without accents; a possessive `'s` is taken off */
export function classOf(lower: string): number {
  built ??= build();
  const known = built.get(lower);
  if (known !== undefined) return known;
  return lower.endsWith("'s") ? classOf(lower.slice(0, -2)) : compoundClass(built, lower);
}

/** "Anne-Marie", "Smith-Jones": what both halves are. */
function compoundClass(lexicon: Lexicon, lower: string): number {
  const dash = lower.indexOf('-');
  if (dash <= 0) return 0;
  const first = lexicon.get(lower.slice(0, dash)) ?? 0;
  const second = lexicon.get(lower.slice(dash + 1)) ?? 0;
  const both = first & second & (wordClass.firstName | wordClass.familyName | wordClass.everyday);
  return both | ((first | second) & wordClass.eponym);
}
