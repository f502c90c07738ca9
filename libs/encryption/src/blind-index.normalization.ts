/** Marks over Latin, Greek and Cyrillic letters; vowel signs of other scripts are letters of the word and stay. */
const DIACRITICS = /[\u0300-\u036f]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe20-\ufe2f]/gu;
/** Soft hyphens, joiners and the like, which come along with pasted text. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const APOSTROPHES = /[\u2018\u2019\u02bc\u02b9\u2032`\u00b4]/gu;
/** Letters that Unicode does not take apart, written as people without such a keyboard write them. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  þ: 'th',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
};
const STROKED = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'gu');

/**
 * Two spellings of a name that a registrar would take for the same give the same text: NFKC, case folded,
 * diacritics off, white space collapsed, typographic apostrophes and hyphens made plain.
 */
export function normalizeText(text: string): string {
  const folded = text
    // Before NFKC, which makes a space of the acute accent; after it, because some letters contain an apostrophe.
    .replace(APOSTROPHES, "'")
    .normalize('NFKC')
    .replace(APOSTROPHES, "'")
    .replace(INVISIBLE, '')
    // By way of upper case: it folds what lower case alone leaves apart, e.g. ß and ss.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFD')
    .replace(DIACRITICS, '')
    .replace(STROKED, (letter) => PLAIN_LETTERS[letter] ?? letter);
  return collapse(folded.normalize('NFKC').replace(/\p{Dash_Punctuation}/gu, '-'));
}

/**
 * Digits only, as they are dialled from abroad: `+44 (0)20 7946 0958` and `0044 20 7946 0958` are the same number. A
 * number of eleven digits that begins with 1 and an area code (which never begins with 0 or 1) is one of the North
 * American plan with its country code: the 1 is left out, so that `+1 (415) 555-0132`, `1-415-555-0132` and `415.555.0132` are
 * the same number.
 *
 * It knows no other country code: a number that is written once with it and once without (`020 7946 0958`) counts as two,
 * and an extension counts as part of the number.
 */
export function normalizePhone(phone: string): string {
  const digits = phone
    .normalize('NFKC')
    // The trunk prefix that nobody dials after a country code.
    .replace(/\(\s*0\s*\)/g, '')
    .replace(/[^0-9]/g, '')
    // ITU-T E.164 calls it the international prefix; no national number begins with it.
    .replace(/^(?:00)+/, '');
  return /^1[2-9][0-9]{9}$/.test(digits) ? digits.slice(1) : digits;
}

/** Case folded as a whole: no mail provider tells `A@x` from `a@x`, whatever RFC 5321 allows. */
export function normalizeEmail(email: string): string {
  return email.normalize('NFKC').replace(INVISIBLE, '').replace(/\s+/gu, '').toLowerCase();
}

const DATE = /^([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2}))?)?(?:T.*)?$/;

/** The date of a FHIR date or dateTime: `1950-01-31T10:00:00Z` and `19500131` give `1950-01-31`. */
export function normalizeDate(date: string): string {
  const plain = date.normalize('NFKC').trim();
  const parts = DATE.exec(plain);
  if (parts === null) return collapse(plain);
  return parts.slice(1).filter(Boolean).join('-');
}

const collapse = (text: string) => text.replace(/\s+/gu, ' ').trim();
