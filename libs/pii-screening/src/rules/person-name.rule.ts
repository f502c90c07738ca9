import type { TextWords } from '../text-words.js';
import { wordClass } from '../words/lexicon.js';
import * as lexicon from '../words/person-words.js';
import { facilityIndex } from '../words/place-lexicon.js';
import {
  degreeOrAge,
  hasRole,
  isFollowedByNoun,
  isLabelled,
  isName,
  isNamesake,
  isPersonBefore,
  isUnknown,
} from './name-context.js';
import { initialFirst, type NamePhrase, readName } from './name-phrase.js';
import { findPlaces } from './place.rule.js';
import type { Candidate, ScannedText } from './rule.js';

const type = 'NAME';
const { firstName, familyName, everyday, eponym, month } = wordClass;
const anyName = firstName | familyName;

/**
 * People's names: behind a title, a label or a word for a person; by a first name that the lists know; "Last, First"; and before a
 * degree. A capital alone is never enough, and what is named after somebody ("Foley catheter") is not somebody.
 */
export function findPersonNames(scanned: ScannedText): Candidate[] {
  const { text, words } = scanned;
  const places = scanned.placesBy(findPlaces);
  const found: Candidate[] = [];
  let place = 0;
  for (let word = 0; word < words.count; word++) {
    while ((places[place]?.end ?? Infinity) <= words.start(word)) place++;
    const isPlace = (places[place]?.start ?? Infinity) < words.end(word);
    const candidate =
      titled(text, words, word) ??
      (isPlace
        ? undefined
        : words.isCapitalized(word)
          ? untitled(text, words, word)
          : lowerCaseAfterLabel(text, words, word));
    if (candidate === undefined) continue;
    found.push(candidate);
    word = words.firstFrom(candidate.end) - 1;
  }
  return found;
}

const nameIs = /\bname(?:'s| is|:)\s{1,3}$/i;

/** "my name is maria lopez", as people type it: names of the lists that are no other words. */
function lowerCaseAfterLabel(text: string, words: TextWords, word: number): Candidate | undefined {
  const isPlainName = (at: number) =>
    (words.classOf(at) & anyName) !== 0 && (words.classOf(at) & everyday) === 0;
  const start = words.start(word);
  if (!isPlainName(word) || !nameIs.test(text.slice(Math.max(0, start - 12), start))) return undefined;
  let last = word;
  while (last < word + 3 && words.isJoined(last) && (isPlainName(last + 1) || words.classOf(last + 1) === 0))
    last++;
  return { type, start, end: words.end(last), confidence: 0.8, rule: 'name-labelled' };
}

/** "Dr. Patel", "Mr. Alan K.", "Ms Li": the title is part of the span, a lower-case word for an office ("nurse Jo") is not. */
function titled(text: string, words: TextWords, word: number): Candidate | undefined {
  const title = words.lower(word);
  if (
    !lexicon.titles.has(title) ||
    !/^\.?[ \t]{0,2}\n?[ ]?$/.test(words.gapAfter(word)) ||
    words.gapAfter(word) === ''
  )
    return undefined;
  const isTitle =
    (words.isCapitalized(word) && !lexicon.officeTitles.has(title)) || lexicon.abbreviatedTitles.has(title);
  // "12 Oak Dr. Springfield" is a street.
  if (
    title === 'dr' &&
    words.isJoined(word - 1) &&
    words.isCapitalized(word - 1) &&
    /\d/.test(words.lower(word - 2))
  )
    return undefined;
  const second = lexicon.titles.has(words.lower(word + 1)) ? word + 2 : word + 1;
  const phrase = readName(text, words, second, true) ?? lowerCaseName(words, second, title);
  if (phrase === undefined || (!words.isInitial(second) && lexicon.neverAfterTitle.has(words.lower(second))))
    return undefined;
  const found = words.classOf(words.isInitial(second) ? phrase.last : second);
  if ((found & everyday) !== 0 && (found & anyName) === 0) return undefined;
  if (phrase.count === 1 && isNamesake(words, phrase)) return undefined;
  const isNamedOffice =
    words.isCapitalized(word) && lexicon.namedOffices.has(title) && isUnknown(words, second);
  if (lexicon.wordTitles.has(title) && (found & anyName) === 0 && !isNamedOffice) return undefined;
  // "MS Contin" is morphine, "Mr. NKDA" a heading.
  const isMixed =
    words.isShouted(second) !== words.isShouted(word) && (words.isShouted(word) || words.isShouted(second));
  if (isMixed && (found & anyName) === 0) return undefined;
  const start = isTitle ? words.start(word) : words.start(second);
  return { type, start, end: phrase.end, confidence: 0.95, rule: 'name-titled' };
}

/** "dr patel", as people type it. */
function lowerCaseName(words: TextWords, word: number, title: string): NamePhrase | undefined {
  const found = words.classOf(word);
  if (!lexicon.abbreviatedTitles.has(title) || (found & anyName) === 0 || (found & everyday) !== 0)
    return undefined;
  return { first: word, last: word, count: 1, end: words.end(word) };
}

function untitled(text: string, words: TextWords, word: number): Candidate | undefined {
  // Most capitals begin a sentence or a heading.
  if ((words.classOf(word) & (everyday | anyName)) === everyday) return undefined;
  const reversed = lastFirst(text, words, word);
  if (reversed !== undefined) return reversed;
  if (lexicon.placeStarters.has(words.lower(word)) || lexicon.saints.has(words.lower(word - 1)))
    return undefined;
  if (
    facilityIndex()
      .get(words.lower(word))
      ?.some((rest) => rest.length > 0 && rest[0] === words.lower(word + 1))
  )
    return undefined;
  const phrase = readName(text, words, word) ?? initialFirst(text, words, word);
  if (phrase === undefined) return undefined;
  const candidate = (confidence: number, rule: string): Candidate => ({
    type,
    start: words.start(phrase.first),
    end: phrase.end,
    confidence,
    rule,
  });
  if (
    phrase.count >= 2 &&
    isBelievable(words, phrase) &&
    degreeOrAge.test(text.slice(phrase.end, phrase.end + 12))
  )
    return candidate(0.9, 'name-degree');
  if (isNamesake(words, phrase)) return undefined;
  if (
    isBelievable(words, phrase) &&
    (isLabelled(text, words, word) || (hasRole(text, words, word) && isName(words, word)))
  )
    return candidate(0.9, 'name-labelled');
  if (lexicon.placeEnders.has(words.lower(phrase.last))) return undefined;
  if (isListed(text, words, phrase)) return candidate(phrase.count > 1 ? 0.85 : 0.65, 'name-listed');
  const isRelative =
    lexicon.relatives.has(words.lower(phrase.first - 1)) && (words.classOf(phrase.first) & firstName) !== 0;
  if (isPersonBefore(text, words, phrase) && (isRelative || isBelievable(words, phrase)))
    return candidate(0.75, 'name-in-context');
  return undefined;
}

/** The words themselves: at least one is a name, or none is an everyday word. */
function isBelievable(words: TextWords, phrase: NamePhrase): boolean {
  const found = words.classOf(phrase.first);
  if (phrase.count === 1 && ((found & month) !== 0 || (found & (eponym | anyName)) === eponym)) return false;
  if ((found & everyday) !== 0) return (found & anyName) !== 0 && phrase.count > 1;
  if (words.isShouted(phrase.first)) return (found & anyName) !== 0;
  return (found & eponym) === 0 || phrase.count > 1 || (found & anyName) !== 0;
}

/** A first name of the lists, and what makes it more than a word. */
function isListed(text: string, words: TextWords, phrase: NamePhrase): boolean {
  const first = words.classOf(phrase.first);
  const isShouted = words.isShouted(phrase.first);
  if (words.isInitial(phrase.first)) return true;
  if ((first & firstName) === 0) return isFamilyPair(words, phrase);
  // "Weber B" is a fracture's class.
  if ((first & eponym) !== 0 && words.isInitial(phrase.last) && text[words.end(phrase.last)] !== '.')
    return false;
  const isWord = (first & (everyday | month)) !== 0;
  if (phrase.count === 1) {
    if (
      isWord ||
      (first & eponym) !== 0 ||
      isShouted ||
      lexicon.weakFirstNames.has(words.lower(phrase.first))
    )
      return false;
    return !isFollowedByNoun(words, phrase.last);
  }
  const second = words.classOf(phrase.first + 1);
  if (isShouted) return !isWord && (second & anyName) !== 0 && (second & everyday) === 0;
  if (words.isInitial(phrase.first + 1)) return !isWord || text[words.end(phrase.first + 1)] === '.';
  if ((second & anyName) !== 0) return !isWord || ((second & familyName) !== 0 && (second & everyday) === 0);
  return !isWord && (second & eponym) === 0;
}

/** Two words of which the second is a family name and the first no other word: "Oluwaseun Adeyemi". */
function isFamilyPair(words: TextWords, phrase: NamePhrase): boolean {
  if (phrase.count < 2) return false;
  if (words.isShouted(phrase.first)) {
    // "SUBRAMANIAN RAVI"
    const isName = (at: number, kind: number) => (words.classOf(at) & (kind | everyday)) === kind;
    return words.isShouted(phrase.last) && isName(phrase.first, familyName) && isName(phrase.last, firstName);
  }
  const first = words.classOf(phrase.first);
  const last = words.classOf(phrase.last);
  if (words.isInitial(phrase.last) || words.lower(phrase.first).length < 3) return false;
  return (
    (first & (everyday | eponym | month)) === 0 &&
    (last & familyName) !== 0 &&
    (last & (everyday | eponym)) === 0
  );
}

/** "67M" */
const sexAfter = /^,?\s{1,2}\d{1,3}\s?[MF]\b/;

/** "Smith, John A.": a family name, a comma and a first name, behind a label or at the head of a line. */
function lastFirst(text: string, words: TextWords, word: number): Candidate | undefined {
  if (
    !/^,\s{0,2}$/.test(words.gapAfter(word)) ||
    !words.isCapitalized(word) ||
    !words.isCapitalized(word + 1)
  )
    return undefined;
  const last = words.classOf(word);
  const first = words.classOf(word + 1);
  if ((first & firstName) === 0 || lexicon.degrees.has(words.lower(word + 1)) || words.lower(word).length < 2)
    return undefined;
  const start = words.start(word);
  const lineStart = /(?:^|\n|[:(]\s{0,2}|\b(?:re|for|patient|pt)\s)$/i.test(
    text.slice(Math.max(0, start - 10), start),
  );
  const behind = readName(text, words, word + 1);
  const isLabelledName =
    isLabelled(text, words, word) ||
    hasRole(text, words, word) ||
    (behind !== undefined && sexAfter.test(text.slice(behind.end, behind.end + 8)));
  if (!isLabelledName && !lineStart) return undefined;
  if ((last & (everyday | month)) !== 0 && (last & familyName) === 0) return undefined;
  if (
    !isLabelledName &&
    ((last & familyName) === 0 ||
      (first & everyday) !== 0 ||
      ((last & firstName) !== 0 && (first & familyName) !== 0))
  )
    return undefined;
  if (behind === undefined || /^,\s(?:and\s)?[A-Z]/.test(text.slice(behind.end, behind.end + 7)))
    return undefined;
  return { type, start, end: behind.end, confidence: 0.85, rule: 'name-last-first' };
}
