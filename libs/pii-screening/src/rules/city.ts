import type { TextWords } from '../text-words.js';
import { eponymNouns } from '../words/clinical-nouns.js';
import { wordClass } from '../words/lexicon.js';
import { cityIndex } from '../words/place-lexicon.js';
import { doubtfulCities } from '../words/place-names.js';
import * as lexicon from '../words/place-words.js';
import { statePattern } from './address-words.js';
import { withLowerCaseKind } from './facility.js';
import { matchEnd } from './match-end.js';
import { isFromHome, lastOfKnown, type PlacePhrase, verbBefore } from './place-phrase.js';

const codeAfter = new RegExp(String.raw`,\s{0,2}(?:${statePattern})\b(?![a-z'-])\.?`, 'y');

/** A city of the lists where the sentence lets it be one, or a town before its state. */
export function city(text: string, words: TextWords, word: number): PlacePhrase | undefined {
  const last = lastOfKnown(words, word, cityIndex());
  if (last === undefined) return cityBeforeState(text, words, word);
  const before = words.lower(word - 1);
  const isJoinedBefore = words.isJoined(word - 1);
  // "Whitney Houston", "Dr. Austin", "Boston criteria"
  if (
    isJoinedBefore &&
    words.isCapitalized(word - 1) &&
    (words.classOf(word - 1) & wordClass.firstName) !== 0 &&
    !lexicon.placePrepositions.has(before)
  )
    return undefined;
  if (lexicon.titles.has(before) && /^\.?\s/.test(words.gapAfter(word - 1))) return undefined;
  if (isInTitle(words, last) || (words.isPossessive(last) && words.isJoined(last))) return undefined;
  const isDoubtful = last === word && doubtfulCities.has(words.lower(word));
  const hasState = matchEnd(codeAfter, text, words.fullEnd(last)) !== undefined;
  const isPlace = isJoinedBefore && lexicon.placePrepositions.has(before);
  if (isDoubtful && !hasState && !speaksOfPlace(text, words, word, last)) return undefined;
  // Without a preposition the city ends its phrase ("Boston, 2 PM"), or it is a scale's ("Edinburgh 12").
  if (
    !isPlace &&
    !hasState &&
    !lexicon.beforeCities.has(before) &&
    !/^(?:[,.;:)?!\n-]|$)/.test(words.gapAfter(last))
  )
    return undefined;
  if (words.isShouted(word) && words.end(word) - words.start(word) < 3 && !isPlace) return undefined;
  if (
    words.isJoined(last) &&
    words.isCapitalized(last + 1) &&
    lexicon.cityFollowers.has(words.lower(last + 1))
  )
    return { first: word, last: last + 1, confidence: 0.8, rule: 'place-city' };
  return {
    first: word,
    last: withLowerCaseKind(words, last),
    confidence: isDoubtful ? 0.7 : 0.85,
    rule: 'place-city',
  };
}

/** "Boston Naming Test", "Seattle biopsy protocol": the city names what follows it. */
function isInTitle(words: TextWords, last: number): boolean {
  for (let at = last; at < last + 4 && words.isJoined(at); at++) {
    const next = words.lower(at + 1);
    if (eponymNouns.has(next)) return true;
    if (lexicon.functionWords.has(next) || /^\d/.test(next)) return false;
  }
  return false;
}

/** Before a city's name that can be a person's or a word, the sentence has to speak of a place. */
function speaksOfPlace(text: string, words: TextWords, word: number, last: number): boolean {
  const before = words.lower(word - 1);
  if (!words.isJoined(word - 1) || isPersonAfter(words, last)) return false;
  if ((words.classOf(word) & wordClass.firstName) === 0)
    return lexicon.placePrepositions.has(before) || lexicon.beforeCities.has(before);
  if (lexicon.beforeCities.has(before) && before !== 'from' && before !== 'at') return true;
  return (
    lexicon.placePrepositions.has(before) &&
    (isFromHome(text, words, word) || verbBefore(text, words, word - 1) !== undefined)
  );
}

/** "in Jackson Smith's room": the city's word begins a person's name. */
function isPersonAfter(words: TextWords, last: number): boolean {
  if (!words.isJoined(last) || !words.isCapitalized(last + 1)) return false;
  return (
    (words.classOf(last + 1) & (wordClass.familyName | wordClass.firstName)) !== 0 ||
    words.isInitial(last + 1)
  );
}

/** A town that no list knows: "from Westerville, OH" */
function cityBeforeState(text: string, words: TextWords, word: number): PlacePhrase | undefined {
  if (
    !lexicon.placePrepositions.has(words.lower(word - 1)) ||
    !words.isJoined(word - 1) ||
    words.isShouted(word)
  )
    return undefined;
  let last = word;
  while (last < word + 2 && words.isJoined(last) && words.isCapitalized(last + 1)) last++;
  if ((words.classOf(word) & wordClass.everyday) !== 0 && last === word) return undefined;
  // "of Guillermo Iturbe, MD" is a doctor.
  if ((words.classOf(word) & wordClass.firstName) !== 0) return undefined;
  if (matchEnd(codeAfter, text, words.fullEnd(last)) === undefined) return undefined;
  return { first: word, last, confidence: 0.8, rule: 'place-city' };
}
