import type { TextWords } from '../text-words.js';
import type { PhraseIndex } from '../words/place-lexicon.js';
import * as lexicon from '../words/place-words.js';

/** A run of words that can be a place. */
export interface PlacePhrase {
  /** First and last word. */
  first: number;
  last: number;
  confidence: number;
  rule: string;
}

/** Words before a place in which the verb of a visit or of living there is looked for. */
const contextWords = 9;
const contextUnits = 120;

/** @returns the last word of the longest entry of a list of places that begins at `word` */
export function lastOfKnown(words: TextWords, word: number, index: PhraseIndex): number | undefined {
  const entries = index.get(words.lower(word));
  if (entries === undefined) return undefined;
  for (const rest of entries) {
    let last = word;
    for (const expected of rest) {
      const joint = words.gapAfter(last);
      const lower = words.lower(last + 1);
      const isAmpersand = expected === 'and' && joint.trim() === '&';
      if (isAmpersand) continue;
      if (
        (joint !== ' ' && joint !== '. ' && joint.trim() !== '&') ||
        (lower !== expected && lower !== `${expected}'s`)
      ) {
        last = -1;
        break;
      }
      last++;
    }
    if (last >= 0) return last;
  }
  return undefined;
}

/** Blanks, "St. " and " & " join the words of a place's name. */
export function isNameJoint(words: TextWords, word: number): boolean {
  if (words.isJoined(word)) return true;
  const joint = words.gapAfter(word);
  return (joint === '. ' && lexicon.abbreviated.has(words.lower(word))) || joint === ' & ';
}

/** @returns whether the sentence says before `word` that somebody lives or is seen there */
export function verbBefore(text: string, words: TextWords, word: number): 'lives' | 'seen' | undefined {
  for (
    let at = word;
    at >= Math.max(0, word - contextWords) && words.start(word) - words.start(at) < contextUnits;
    at--
  ) {
    // The verb stands in the same sentence.
    if (
      at < word &&
      /[.;!?]\s*[A-Z\n]|\n\n/.test(text.slice(words.fullEnd(at), words.start(at + 1) + 1)) &&
      !lexicon.titles.has(words.lower(at)) &&
      !words.isInitial(at)
    )
      return undefined;
    const lower = words.lower(at);
    if (lexicon.livingWords.has(lower)) return 'lives';
    if (lexicon.visitWords.has(lower)) return 'seen';
  }
  return undefined;
}

/** "John S., from Westchester" */
export function isFromHome(text: string, words: TextWords, word: number): boolean {
  const from = words.start(word - 1);
  return (
    words.lower(word - 1) === 'from' &&
    /[,.)]\s$|\b(?:patient|pt|male|female|man|woman)\s$/i.test(text.slice(Math.max(0, from - 9), from))
  );
}
