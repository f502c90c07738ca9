import { isDigit } from '../digit-groups.js';
import type { PiiType } from '../pii-types.js';
import type { TextWords } from '../text-words.js';
import { passesMod97, passesVinCheck } from './check-digits.js';
import { matchEnd } from './match-end.js';
import type { Candidate, ScannedText } from './rule.js';

const macAddress = /\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![:\w-])/y;
/** @see CMS, "Understanding the Medicare Beneficiary Identifier (MBI) Format": no S, L, O, I, B, Z */
const medicareId =
  /[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}(?![\w-])/y;
const iban = /[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?![\w])/y;
const vin = /[A-HJ-NPR-Z0-9]{17}(?!\w)/iy;

/** What this rule can find. */
export const selfEvidentTypes: readonly PiiType[] = [
  'DEVICE_ID',
  'HEALTH_PLAN_ID',
  'VEHICLE_IDENTIFICATION_NUMBER',
  'ACCOUNT_NUMBER',
];

/** Numbers whose form or check digit says what they are without a label. */
export function findSelfEvidentNumbers({ text, words }: ScannedText): Candidate[] {
  const found: Candidate[] = [];
  for (let word = 0; word < words.count; word++) {
    const candidate = at(text, words, word);
    if (candidate === undefined) continue;
    found.push(candidate);
    word = words.firstFrom(candidate.end) - 1;
  }
  return found;
}

function at(text: string, words: TextWords, word: number): Candidate | undefined {
  const start = words.start(word);
  const length = words.fullEnd(word) - start;
  const third = text.charCodeAt(start + 2);
  if ((third === 0x3a || third === 0x2d) && !isJoint(text.charCodeAt(start - 1))) {
    const end = matchEnd(macAddress, text, start);
    if (end !== undefined) return { type: 'DEVICE_ID', start, end, confidence: 0.95, rule: 'mac-address' };
  }
  if (isJoint(text.charCodeAt(start - 1))) return undefined;
  if (length === 17) return vinAt(text, start);
  if ((length === 11 || length === 4) && isDigit(text.charCodeAt(start))) {
    const end = matchEnd(medicareId, text, start);
    if (end !== undefined)
      return { type: 'HEALTH_PLAN_ID', start, end, confidence: 0.9, rule: 'medicare-id' };
  }
  if (length < 4 || !isDigit(third) || isDigit(text.charCodeAt(start))) return undefined;
  const end = matchEnd(iban, text, start);
  if (end === undefined || !passesMod97(text.slice(start, end).replaceAll(' ', ''))) return undefined;
  return { type: 'ACCOUNT_NUMBER', start, end, confidence: 0.97, rule: 'iban' };
}

/** A colon, hyphen or underscore before it makes it a part of something longer. */
function isJoint(unit: number): boolean {
  return unit === 0x3a || unit === 0x2d || unit === 0x5f;
}

function vinAt(text: string, start: number): Candidate | undefined {
  const end = matchEnd(vin, text, start);
  const shown = end === undefined ? '' : text.slice(start, end).toUpperCase();
  if (end === undefined || !/[A-Z]/.test(shown) || !/\d/.test(shown) || !passesVinCheck(shown))
    return undefined;
  return { type: 'VEHICLE_IDENTIFICATION_NUMBER', start, end, confidence: 0.95, rule: 'vin' };
}
