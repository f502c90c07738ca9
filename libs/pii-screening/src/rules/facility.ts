import type { TextWords } from '../text-words.js';
import { eponymNouns } from '../words/clinical-nouns.js';
import { wordClass } from '../words/lexicon.js';
import { cityIndex, facilityIndex } from '../words/place-lexicon.js';
import { facilityNouns, facilityTails } from '../words/place-names.js';
import * as lexicon from '../words/place-words.js';
import { isNameJoint, lastOfKnown, type PlacePhrase } from './place-phrase.js';

const mostFacilityWords = 7;

/** "Elm Street Medical Center", "St. Luke's Hospital", "Houston Memorial", "UCSF": by a known name or by the kind it ends with. */
export function facility(text: string, words: TextWords, word: number): PlacePhrase | undefined {
  const known = lastOfKnown(words, word, facilityIndex());
  if (known !== undefined) {
    const last = facilityEnd(words, known);
    if (isAuthor(text, words, word, last)) return undefined;
    // "UCSF-12345" is a number of theirs.
    if (text[words.fullEnd(last)] === '-' && /\d/.test(text[words.fullEnd(last) + 1] ?? '')) return undefined;
    return { first: word, last: withLowerCaseKind(words, last), confidence: 0.9, rule: 'place-facility' };
  }
  const lower = words.lower(word);
  if (lexicon.neverInFacilityNames.has(lower) || lexicon.titles.has(lower) || words.isInitial(word))
    return undefined;
  const kind = kindAfter(words, word);
  if (kind === undefined || (kind === word && !words.lower(word).includes('-'))) return undefined;
  const last = facilityEnd(words, kind);
  if (!isNamed(words, word, last) && !isTheHospital(words, word, last)) return undefined;
  if (isAuthor(text, words, word, last)) return undefined;
  return { first: word, last, confidence: 0.85, rule: 'place-facility' };
}

/** "Mayo Clinic guidelines", "according to Johns Hopkins": who wrote something, not where somebody was. */
function isAuthor(text: string, words: TextWords, first: number, last: number): boolean {
  if (lexicon.beforeAuthors.has(words.lower(first - 1))) return true;
  if (
    words.isJoined(last) &&
    (eponymNouns.has(words.lower(last + 1)) || lexicon.publications.has(words.lower(last + 1)))
  )
    return true;
  const start = words.start(first);
  return /\b(?:according to|published by|developed by|per)\s(?:the\s)?$/i.test(
    text.slice(Math.max(0, start - 20), start),
  );
}

/** "at General Hospital": capitals in the middle of a sentence make a name of it. */
function isTheHospital(words: TextWords, first: number, last: number): boolean {
  if (words.lower(last) !== 'hospital' || words.isShouted(last)) return false;
  const before = words.lower(first - 1) === 'the' ? words.lower(first - 2) : words.lower(first - 1);
  return lexicon.visitPrepositions.has(before) && words.isJoined(first - 1);
}

/** Walks on over the capitalised words, "of", "and" and "St." of a name to the first word that is a kind of facility. */
function kindAfter(words: TextWords, word: number): number | undefined {
  let tail: number | undefined;
  for (let at = word; at < word + mostFacilityWords; at++) {
    const lower = words.lower(at);
    if (words.isCapitalized(at)) {
      if (
        at > word &&
        (lexicon.neverInFacilityNames.has(lower) || lexicon.titles.has(lower) || words.isInitial(at))
      )
        break;
      // "Newton-Presbyterian"
      const kind = lower.slice(lower.lastIndexOf('-') + 1);
      if (facilityNouns.has(kind) && at > word) return at;
      if (facilityTails.has(kind)) tail = at;
    } else if (!lexicon.facilityConnectors.has(lower)) break;
    if (!isNameJoint(words, at)) break;
  }
  return tail;
}

/** Walks on over further kinds ("Medical Center", "Health System") and "of Somewhere". */
function facilityEnd(words: TextWords, word: number): number {
  let last = word;
  while (
    last < word + 4 &&
    isNameJoint(words, last) &&
    words.isCapitalized(last + 1) &&
    lexicon.isFacilityWord(words.lower(last + 1))
  )
    last++;
  if (
    words.lower(last + 1) === 'of' &&
    words.isJoined(last) &&
    words.isJoined(last + 1) &&
    words.isCapitalized(last + 2)
  ) {
    const cityLast = lastOfKnown(words, last + 2, cityIndex());
    if (cityLast !== undefined || words.classOf(last + 2) === 0) return cityLast ?? last + 2;
  }
  return words.isJoined(last) && words.isCapitalized(last + 1)
    ? (lastOfKnown(words, last + 1, cityIndex()) ?? last)
    : last;
}

/** "UCLA med center", "our Chicago downtown clinic": a kind of care in lower case completes the name; "Chicago office" is the city. */
export function withLowerCaseKind(words: TextWords, last: number): number {
  if (!words.isJoined(last) || words.isPossessive(last)) return last;
  if (
    words.lower(last + 1) === 'downtown' &&
    words.isJoined(last + 1) &&
    withLowerCaseKind(words, last + 1) > last + 1
  )
    return withLowerCaseKind(words, last + 1);
  const next = words.lower(last + 1);
  if (next === 'hospital' || next === 'clinic') return last + 1;
  const isCenter =
    (next === 'med' || next === 'medical') && /^(?:center|centre|ctr)$/.test(words.lower(last + 2));
  return isCenter && words.isJoined(last + 1) ? last + 2 : last;
}

/** Departments ("Pain Clinic", "Emergency Medical Center") have no name of their own. */
function isNamed(words: TextWords, first: number, last: number): boolean {
  for (let at = first; at <= last; at++) {
    const lower = words.lower(at);
    if (facilityNouns.has(lower) || lexicon.specialties.has(lower)) continue;
    if (facilityTails.has(lower) && at > first) continue;
    if (lexicon.namingWords.has(lower)) return true;
    const found = words.classOf(at);
    const isProper = (found & wordClass.everyday) === 0 || words.isPossessive(at);
    if (isProper && !words.isShouted(at) && words.end(at) - words.start(at) > 1) return true;
    if (words.isShouted(at) && found === 0) return true;
  }
  return false;
}

/** "St. Vincent's", "Mt. Sinai": a saint's or a mountain's name after "at", or in the possessive, is a hospital's. */
export function saint(words: TextWords, word: number): PlacePhrase | undefined {
  const lower = words.lower(word);
  if (!lexicon.saints.has(lower) || !words.isCapitalized(word + 1) || words.isShouted(word + 1))
    return undefined;
  if (!/^\.?\s{1,2}$/.test(words.gapAfter(word))) return undefined;
  const next = lastOfKnown(words, word, cityIndex());
  if (next !== undefined) return undefined;
  // "St. John's wort", "St. Jude valve"
  if (
    words.isJoined(word + 1) &&
    (words.lower(word + 2) === 'wort' || eponymNouns.has(words.lower(word + 2)))
  )
    return undefined;
  if (!words.isPossessive(word + 1) && !lexicon.placePrepositions.has(words.lower(word - 1)))
    return undefined;
  return { first: word, last: facilityEnd(words, word + 1), confidence: 0.8, rule: 'place-facility' };
}
