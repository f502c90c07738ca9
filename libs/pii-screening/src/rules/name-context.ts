import type { TextWords } from '../text-words.js';
import { eponymNouns } from '../words/clinical-nouns.js';
import { wordClass } from '../words/lexicon.js';
import * as lexicon from '../words/person-words.js';
import type { NamePhrase } from './name-phrase.js';

/** A word for the person is looked for as far back as this. */
const furthestUnits = 120;
const { firstName, familyName, everyday, eponym, month } = wordClass;
const anyName = firstName | familyName;

/** "Rebecca Stone, MD", "Ana Roa, 31 F" */
export const degreeOrAge =
  /^,?\s{1,2}(?:\(?\d{1,3}\s?-?(?:F|M|yo|y\/o|y\.o|years?|yrs?)\b|(?:M\.?D|D\.?O|R\.?N|N\.?P|P\.?A(?:-C)?|L\.?P\.?N|Ph\.?D|D\.?D\.?S|D\.?M\.?D|PharmD|Pharm\.D|LCSW|LMSW|APRN|FNP(?:-C|-BC)?|ARNP|CRNA|CNM|CNP|DNP|MSN|BSN|MBBS|FACC|FACS|MPH|PsyD|DPT|OTR|RRT|CMA|RDN?|MA|PT|OT|MSW|DPM|OD|DC|EMT)(?![A-Za-z]))/;

const nameLabel =
  /(?:\b(?:names?|surname|nickname|aka|a\.k\.a\.|alias|(?:electronically |co-?)?signed(?: by)?|dictated by|transcribed by|attested by|sincerely,|regards,|attn)\s{0,2}[:=-]|\b(?:names?|named|called|surname is|known as|goes by|name is|name was|names? are|signed by|dictated by|aka|my name's|baby (?:girl|boy)|(?:spoke|spoken|talked|met|interview(?:ed)?|conducted|phone|call|conversation) with))\s{1,3}["']?$/i;
const roleLabel =
  /\b(?:attending|physician|md|pcp|provider|surgeon|author|contact|next of kin|nok|guarantor|insured|subscriber|spouse|mother|father|witness|interpreter|nurse|patient|pt|resident|therapist|guardian|caregiver|poa|proxy|from|to|cc|by|re)\s{0,2}[:=-]\s{1,3}["']?$/i;

const labelEnds = /[:=-]/;

/** "Name:", "known as" and the like stand right before it. */
export function isLabelled(text: string, words: TextWords, word: number): boolean {
  if (!labelEnds.test(words.gapAfter(word - 1)) && !lexicon.labelEnders.has(words.lower(word - 1)))
    return false;
  const start = words.start(word);
  return nameLabel.test(text.slice(Math.max(0, start - 30), start));
}

/** "Attending:", "Mother:" can head a diagnosis as well, so that a name of the lists has to follow. */
export function hasRole(text: string, words: TextWords, word: number): boolean {
  if (!labelEnds.test(words.gapAfter(word - 1))) return false;
  const start = words.start(word);
  return roleLabel.test(text.slice(Math.max(0, start - 20), start));
}

/** A word for a person, a relative or a role stands before it, or it is set between commas after one. */
export function isPersonBefore(text: string, words: TextWords, phrase: NamePhrase): boolean {
  const before = words.lower(phrase.first - 1);
  const joint = words.gapAfter(phrase.first - 1);
  if (lexicon.relatives.has(before) && /^[,:]?\s{1,2}\(?$|^ \($/.test(joint))
    return (
      phrase.count > 1 ||
      (words.classOf(phrase.first) & anyName) !== 0 ||
      (joint === ' ' && isUnknown(words, phrase.first))
    );
  if (phrase.count === 1 && !isName(words, phrase.first)) return false;
  if (lexicon.persons.has(before) && /^[,:]?\s{1,2}\(?$|^ \($/.test(joint)) return true;
  if ((words.classOf(phrase.first) & eponym) !== 0 && !isName(words, phrase.first)) return false;
  if (lexicon.loosePrepositions.has(before) && !isName(words, phrase.first) && !isName(words, phrase.last))
    return false;
  if (phrase.count > 1 && lexicon.personPrepositions.has(before) && joint === ' ')
    return isPersonAfter(text, phrase) || isNearPerson(words, phrase.first);
  if (phrase.count === 1)
    return before === 'by' && joint === ' ' && lexicon.actsByPeople.has(words.lower(phrase.first - 2));
  return /^,\s$/.test(joint) && isPersonAfter(text, phrase) && isNearPerson(words, phrase.first);
}

/** No word of the lists, as many names are: "wife Xochitl". */
export function isUnknown(words: TextWords, word: number): boolean {
  return words.classOf(word) === 0 && words.lower(word).length > 2 && !words.isShouted(word);
}

/** One of the lists, and no other word. */
export function isName(words: TextWords, word: number): boolean {
  const found = words.classOf(word);
  return (found & anyName) !== 0 && (found & (everyday | month)) === 0;
}

/** An apposition closes, or the person goes on to do or suffer something. */
function isPersonAfter(text: string, phrase: NamePhrase): boolean {
  return /^(?:[,.;:)?!]|'s\b|\s{0,2}$|\s{1,2}(?:\(|was|is|has|had|who|whose|with|seen|treated|admitted|at|from|on|in|and|presents?|presented|reports?|denies|diagnosed|evaluated|referred|lives|residing|returns|aged?)\b)/i.test(
    text.slice(phrase.end, phrase.end + 14),
  );
}

function isNearPerson(words: TextWords, word: number): boolean {
  for (
    let at = word - 1;
    at >= Math.max(0, word - 14) && words.start(word) - words.start(at) < furthestUnits;
    at--
  ) {
    if (lexicon.persons.has(words.lower(at)) || /^(?:year-old|years-old|\d+yo|yo)$/.test(words.lower(at)))
      return true;
  }
  return false;
}

/** "Austin Flint murmur", "Wilson disease", "Chaddock's reflex" */
export function isNamesake(words: TextWords, phrase: NamePhrase): boolean {
  for (let next = phrase.last + 1, between = phrase.last; next <= phrase.last + 2; between = next, next++) {
    // "Graves' disease"
    if (!words.isJoined(between) && words.gapAfter(between) !== "' ") return false;
    if (eponymNouns.has(words.lower(next))) return !words.isInitial(phrase.last);
    if (!words.isCapitalized(next)) return false;
  }
  return false;
}

/** What follows makes a thing of a lone name. */
export function isFollowedByNoun(words: TextWords, last: number): boolean {
  if (!words.isJoined(last)) return false;
  const next = words.lower(last + 1);
  // "Hamilton 17", "Lawton IADL 5/8" are scales.
  if (/^\d/.test(next) || (words.isShouted(last + 1) && (words.classOf(last + 1) & anyName) === 0))
    return true;
  return (
    eponymNouns.has(next) || (words.isCapitalized(last + 1) && (words.classOf(last + 1) & everyday) !== 0)
  );
}
