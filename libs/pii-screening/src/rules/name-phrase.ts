import type { TextWords } from '../text-words.js';
import { wordClass } from '../words/lexicon.js';
import * as lexicon from '../words/person-words.js';

const mostNames = 4;
const { firstName, familyName, everyday, eponym } = wordClass;
const anyName = firstName | familyName;

/** A run of words that can be one person's name. */
export interface NamePhrase {
  first: number;
  last: number;
  /** Words of it, without titles and suffixes. */
  count: number;
  end: number;
}

/**
 * Reads on from a word over names, initials, particles ("van der") and suffixes ("Jr.").
 * @returns undefined if the word can not begin a name
 */
export function readName(
  text: string,
  words: TextWords,
  first: number,
  isTitled = false,
): NamePhrase | undefined {
  if (!canBeName(words, first, true) && !(isTitled && words.isInitial(first))) return undefined;
  let last = first;
  let count = 1;
  while (count < mostNames) {
    const next = nextName(text, words, last);
    if (next === undefined) break;
    last = next;
    count++;
  }
  let end = words.end(last);
  if (words.isInitial(last) && text[end] === '.') end++;
  const suffix = /^,?\s(?:Jr|Sr|II|III|IV|Esq)\b\.?/.exec(text.slice(end, end + 6));
  // "Clark II" is a level.
  if (suffix !== null && (count > 1 || isTitled)) end += suffix[0].length;
  return { first, last, count, end };
}

/** "K. Yamamoto", "J. R. Smith": an initial and a family name that is no other word. */
export function initialFirst(text: string, words: TextWords, word: number): NamePhrase | undefined {
  if (
    !words.isInitial(word) ||
    words.gapAfter(word) === '' ||
    !/^\.\s?$/.test(words.gapAfter(word)) ||
    words.isInitial(word - 1)
  )
    return undefined;
  const phrase = readName(text, words, word, true);
  const found = phrase === undefined ? 0 : words.classOf(phrase.last);
  return (found & (familyName | everyday | eponym)) === familyName ? phrase : undefined;
}

function nextName(text: string, words: TextWords, last: number): number | undefined {
  if (words.isPossessive(last)) return undefined;
  let next = last + 1;
  const joint = words.gapAfter(last);
  const isJoined =
    words.isJoined(last) ||
    ((words.isInitial(last) || words.lower(last) === 'st') && /^\.\s?$/.test(joint)) ||
    /^ ["'(]$/.test(joint) ||
    (/^["')] $/.test(joint) && /["'(]/.test(text[words.start(last) - 1] ?? ''));
  if (!isJoined) return undefined;
  for (
    let particles = 0;
    particles < 3 && lexicon.particles.has(words.lower(next)) && words.isJoined(next);
    particles++
  ) {
    if (words.isCapitalized(next) && !words.isCapitalized(next + 1)) break;
    next++;
  }
  return canBeName(words, next, false) ? next : undefined;
}

/** A capitalised word of letters that is no word of the clinic, or an initial. */
function canBeName(words: TextWords, word: number, isFirst: boolean): boolean {
  const lower = words.lower(word);
  // "al-Rashid" begins with its article.
  if (
    !words.isCapitalized(word) &&
    (isFirst ||
      !/^(?:al|el|ar|as|an|ash|abu|bin|ibn|d|l)['-]./.test(lower) ||
      !isUpperAfterJoint(words, word))
  )
    return false;
  if (lower === '' || /\d/.test(lower)) return false;
  if (words.isInitial(word)) return !isFirst && isBareInitial(words, word);
  const found = words.classOf(word);
  if (lower.length < 2 || lexicon.degrees.has(lower)) return false;
  if (isFirst) return true;
  if (words.isShouted(word) && !words.isShouted(word - 1))
    return (found & anyName) !== 0 && (found & everyday) === 0 && lower.length > 3;
  return (found & everyday) === 0 || (found & familyName) !== 0;
}

function isUpperAfterJoint(words: TextWords, word: number): boolean {
  return /^[a-z]+['-][A-Z]/.test(
    words.text.slice(words.start(word), Math.min(words.end(word), words.start(word) + 6)),
  );
}

/** "John Q. Smith" and "Anna S."; the "I" of "Stage I" and the "A" of a heading have no full stop. */
function isBareInitial(words: TextWords, word: number): boolean {
  const after = words.gapAfter(word);
  if (after.startsWith('.')) return true;
  if (words.isCapitalized(word + 1) && words.isJoined(word))
    return (words.classOf(word + 1) & (familyName | everyday)) !== everyday;
  const lower = words.lower(word);
  // "Mary L seen today", but not "Anna B positive".
  if (words.isJoined(word) && (words.classOf(word - 1) & (firstName | everyday)) === firstName)
    return (
      lower !== 'i' && lower !== 'a' && !/^(?:positive|negative|cells?|type)$/.test(words.lower(word + 1))
    );
  return (
    lower !== 'i' &&
    lower !== 'a' &&
    (after === '' || /^[,;:)?!\n'"]|^'s/.test(after) || words.isPossessive(word))
  );
}
