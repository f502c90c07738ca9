import type { TextWords } from '../text-words.js';
import { eponymNouns } from '../words/clinical-nouns.js';
import { wordClass } from '../words/lexicon.js';
import { cityIndex } from '../words/place-lexicon.js';
import * as lexicon from '../words/place-words.js';
import { statePattern, strongSuffixes } from './address-words.js';
import { city } from './city.js';
import { facility, saint } from './facility.js';
import { matchEnd } from './match-end.js';
import { isFromHome, isNameJoint, lastOfKnown, type PlacePhrase, verbBefore } from './place-phrase.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'ADDRESS';

/** Places without a street, box or ZIP code: facilities, cities with and without their state, and where somebody was seen or lives. */
export function findPlaces({ text, words }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  let free = 0;
  for (let word = 0; word < words.count; word++) {
    if (!words.isCapitalized(word)) continue;
    const phrase =
      facility(text, words, word) ??
      streetWithoutNumber(text, words, word, free) ??
      saint(words, word) ??
      city(text, words, word) ??
      visited(text, words, word);
    if (phrase === undefined) continue;
    const end = endWithCity(text, words, phrase);
    found.push({
      type,
      start: words.start(phrase.first),
      end,
      confidence: phrase.confidence,
      rule: phrase.rule,
    });
    word = words.firstFrom(end) - 1;
    free = word + 1;
  }
  return found;
}

/** "seen on Elm Street", "from Maple Avenue, Denver" */
function streetWithoutNumber(
  text: string,
  words: TextWords,
  word: number,
  free: number,
): PlacePhrase | undefined {
  const lower = words.lower(word);
  if (!strongSuffixes.has(lower) || lower.length < 4 || word === 0 || !words.isJoined(word - 1))
    return undefined;
  let first = word;
  while (first > Math.max(free, word - 3) && words.isJoined(first - 1) && words.isCapitalized(first - 1))
    first--;
  if (lexicon.neverInFacilityNames.has(words.lower(first))) first++;
  if (first >= word || /\d\s?$/.test(text.slice(Math.max(0, words.start(first) - 3), words.start(first))))
    return undefined;
  if (
    !/\b(?:on|at|from|near|of|off|to|in|along|lives?|address)[\s:]{1,2}$/i.test(
      text.slice(Math.max(0, words.start(first) - 9), words.start(first)),
    )
  )
    return undefined;
  return { first, last: word, confidence: 0.75, rule: 'place-street' };
}

/** "admitted to Cedar Crest", "resides in Westchester": what follows the verb of a visit or of living somewhere. */
function visited(text: string, words: TextWords, word: number): PlacePhrase | undefined {
  const before = words.lower(word - 1);
  const hasArticle = before === 'the' || before === 'our';
  const preposition = hasArticle ? words.lower(word - 2) : before;
  if (
    !lexicon.visitPrepositions.has(preposition) ||
    !words.isJoined(word - 1) ||
    !isProperPlaceWord(words, word)
  )
    return undefined;
  if (words.isShouted(word) && preposition !== 'at') return undefined;
  const verb = verbBefore(text, words, word - 1);
  const isHome = isFromHome(text, words, word);
  if (verb === undefined && !isHome) return undefined;
  const isNameWord = (words.classOf(word) & (wordClass.firstName | wordClass.familyName)) !== 0;
  if (verb !== 'lives' && preposition !== 'at' && isNameWord && !isHome) return undefined;
  if (preposition === 'to' && verb === 'seen') return undefined;
  let last = word;
  while (
    last < word + 4 &&
    isNameJoint(words, last) &&
    words.isCapitalized(last + 1) &&
    isContinued(words, last + 1)
  )
    last++;
  if (words.isJoined(last) && eponymNouns.has(words.lower(last + 1))) return undefined;
  if (isPersonName(words, word, last)) return undefined;
  return { first: word, last, confidence: 0.65, rule: 'place-visited' };
}

function isProperPlaceWord(words: TextWords, word: number): boolean {
  const found = words.classOf(word);
  const lower = words.lower(word);
  if ((found & (wordClass.month | wordClass.eponym)) !== 0 || lexicon.titles.has(lower) || /\d/.test(lower))
    return false;
  if (words.isShouted(word)) return found === 0 && lower.length >= 4 && lower.length <= 6;
  return (found & wordClass.everyday) === 0 && lower.length >= 3;
}

function isContinued(words: TextWords, word: number): boolean {
  return (
    (words.classOf(word) & (wordClass.everyday | wordClass.month)) === 0 ||
    lexicon.namingWords.has(words.lower(word)) ||
    lexicon.isFacilityWord(words.lower(word))
  );
}

function isPersonName(words: TextWords, first: number, last: number): boolean {
  return (
    last > first &&
    (words.classOf(first) & wordClass.firstName) !== 0 &&
    (words.isInitial(last) || (words.classOf(last) & wordClass.familyName) !== 0)
  );
}

const stateAfter = new RegExp(
  String.raw`,?\s{1,2}(?:${statePattern})\b(?![a-z'-])(?:,?\s{1,2}\d{5}(?:-\d{4})?(?!\d))?`,
  'y',
);

/** "Mercy Clinic in Portland, OR" is one place. */
const inCityWithState = new RegExp(
  String.raw`\sin\s[A-Z][A-Za-z'-]{1,20}(?:[ ][A-Z][A-Za-z'-]{1,20}){0,2},\s{0,2}(?:${statePattern})\b(?![a-z'-])`,
  'y',
);

/** ", Boston", ", GA 30301", "Hospital, Boston, MA" belong to the place before them. */
function endWithCity(text: string, words: TextWords, phrase: PlacePhrase): number {
  let end = words.end(phrase.last);
  const isWhole = words.isPossessive(phrase.last) && phrase.rule === 'place-facility';
  if (isWhole) end = words.fullEnd(phrase.last);
  if (
    phrase.rule !== 'place-city' &&
    /^,\s{1,2}$/.test(words.gapAfter(phrase.last)) &&
    words.isCapitalized(phrase.last + 1)
  ) {
    const cityEnd = lastOfKnown(words, phrase.last + 1, cityIndex()) ?? unknownTown(words, phrase.last + 1);
    if (cityEnd !== undefined) end = words.end(cityEnd);
  }
  return (
    matchEnd(stateAfter, text, end) ??
    (phrase.rule === 'place-facility' ? matchEnd(inCityWithState, text, end) : undefined) ??
    end
  );
}

/** ", Oak Lawn on": one or two words that are nothing else, before the sentence goes on. */
function unknownTown(words: TextWords, word: number): number | undefined {
  const isTownWord = (at: number) =>
    words.isCapitalized(at) &&
    !words.isShouted(at) &&
    words.classOf(at) === 0 &&
    words.lower(at).length > 2 &&
    !lexicon.isFacilityWord(words.lower(at));
  if (!isTownWord(word)) return undefined;
  const last = words.isJoined(word) && isTownWord(word + 1) ? word + 1 : word;
  return words.isJoined(last) && /^(?:on|in|for|with|since|last|by)$/.test(words.lower(last + 1))
    ? last
    : undefined;
}
