import { hasSsnLabel } from '../labels.js';
import type { PiiType } from '../pii-types.js';
import type { TextWords } from '../text-words.js';
import type { Candidate, ScannedText } from './rule.js';

interface Label {
  readonly type: PiiType;
  readonly rule: string;
  /** Matches at the first word of a label. */
  readonly pattern: RegExp;
  /** Fewest digits of a value; words that are used for many things ask for more. */
  readonly digits: number;
}

// A "#" is left to the value: whether it belongs to it depends on the words before.
const numberWord = String.raw`(?:numbers?|nos?\b|num\b|nbr\b|(?=#)|ids?\b|identifiers?|code\b|i\.d\.)`;

function label(type: PiiType, rule: string, digits: number, words: string): Label {
  return { type, rule, digits, pattern: new RegExp(String.raw`(?:${words})`, 'iy') };
}

/**
 * What a number is called decides what it is. Names of work rather than of people are left out on purpose: order, accession,
 * specimen, lot, NPI, NDC, LOINC, ICD, GTIN and UDI numbers lead to a test or a product.
 */
const labels: readonly Label[] = [
  label(
    'MEDICAL_RECORD_NUMBER',
    'record-number',
    3,
    String.raw`mrns?\b|mrn(?=\d)|m\.r\.n\.?|mr\s?(?:#|no\b|num\b)|(?:medical|med|hospital|health|clinic|patient|pt|electronic)\.?\s(?:records?|rec|charts?)\b|` +
      String.raw`(?:emr|ehr|charts?|records?|hospital|unit)\s?${numberWord}|charts?\b(?=\s\d{5})`,
  ),
  label(
    'HEALTH_PLAN_ID',
    'health-plan-id',
    3,
    String.raw`(?:health|medical|dental|vision|ins(?:urance)?|medicare|medicaid|member(?:ship)?|subscriber|beneficiary|policy(?:\s?holder)?|policies|group|plan|payer|carrier|hmo|ppo|` +
      String.raw`blue\scross|bcbs|aetna|cigna|humana|kaiser|tricare|unitedhealthcare|uhc|coverage)\.?(?:'s)?\s?(?:(?:health|ins(?:urance)?|plan|policy|member|benefit|beneficiary|card|claim|coverage|group|subscriber)\.?\s?){0,2}${numberWord}|` +
      String.raw`(?:ins(?:urance)?|policy|member|subscriber|(?:health|ins(?:urance)?)\.?\splan)\b\.?(?=\s?(?:[:#(]|is\s|was\s|(?=[A-Za-z]{0,5}[-#]?\d)))|mbi\b|hicn\b`,
  ),
  label(
    'ACCOUNT_NUMBER',
    'account-number',
    4,
    String.raw`(?:bank\s|checking\s|savings\s|billing\s|patient\s|guarantor\s|financial\s)?(?:accounts?|accts?|a\/c)\.?\s?(?:${numberWord})?|fin\b(?=\s?[:#]?\s?\d)|iban\b|(?:invoice|statement|routing)\s?${numberWord}`,
  ),
  label(
    'DRIVER_ID',
    'driver-id',
    4,
    String.raw`driv(?:er|ers|er's|ers'|ing)\s?(?:licen[sc]es?|lic\b\.?|permit|ids?\b)\s?(?:${numberWord})?|(?:dl|d\.l\.|cdl)(?:\s?(?:(?=#)|no\b|num\b|number\b|:)|(?=\s(?:[A-Z]-?\d|\d{6})))`,
  ),
  label(
    'LICENSE_PLATE',
    'license-plate',
    1,
    String.raw`(?:licen[sc]e\s|vehicle\s|car\s|number\s|registration\s|lic\s?)(?:plates?|tags?)\s?(?:${numberWord})?|(?:plates?|tags?)\s?(?:numbers?|nos?\b|(?=#)|:|is\b)|plates?\b(?=\s[A-Z0-9]{2,4}[ -]?[A-Z0-9]{2,4}\b)|(?:vehicle|car)\sregistration\s?(?:${numberWord})?`,
  ),
  label(
    'VEHICLE_IDENTIFICATION_NUMBER',
    'vehicle-number',
    5,
    String.raw`vin\b|vehicle\s(?:identification|id|serial)\s?(?:${numberWord})?`,
  ),
  label(
    'DEVICE_ID',
    'device-id',
    4,
    String.raw`(?:device|implant|pacemaker|icd|defibrillator|generator|pump|monitor|sensor|implanted\s\w{1,16})\s?(?:id\b|identifier|serial)\s?(?:${numberWord})?|serial\s?(?:number|no\b\.?|num\b|(?=#)|:|(?=\s[A-Z]{1,4}-?\d{4}))|s\/?n\b(?=\s?[:#]?\s?[A-Z]{0,4}-?\d\d)|imei\b|imsi\b|mac\saddress`,
  ),
  label(
    'OTHER_ID',
    'other-id',
    4,
    String.raw`(?:(?:patient|pt|employee|student|passport|visa|military|national|personal|person|badge|citizen|client|case|user|staff|veteran|inmate|alien|resident|participant|subject|enrollment|enrolment|dod|state|photo|government|unique|tracking|confirmation|reference|ref|claim|authori[sz]ation|auth|certificate|licen[sc]e|encounter|visit|admission|csn|tax|` +
      String.raw`prior\sauth(?:ori[sz]ation)?|prescription|file|donor|registry|referral|voucher|ticket|incident|registration|docket|report|green\scard|account)\.?'?s?\s?${numberWord}|passport\b|participant\b(?=\s[A-Z]{0,4}-?\d{3})|docket\b(?=\s?[:#]?\s?[A-Z0-9-]{0,8}\d{3})|(?:edipi|nhs|itin|ein|tin|curp|cpf|aadhaar|nino)\b(?:\s?${numberWord})?|(?:ref|reference|identifier|identification)\b\.?(?=\s?[:#])|(?:identification\s)?(?:id|i\.d\.)\b(?:\s?(?:numbers?|nos?\b|num\b|#))?|` +
      String.raw`(?:medical|nursing|professional|board)\slicen[sc]e\s?(?:${numberWord})?)`,
  ),
];

/** What this rule can find. */
export const labelledIdTypes: readonly PiiType[] = labels.map(({ type }) => type);

/** First words of all labels, so that the patterns run only where one can begin. */
const firstWords = new Set(
  (
    'mrn mrns m mr medical med hospital health clinic patient pt electronic emr ehr chart charts record records unit dental vision ins insurance ' +
    'medicare medicaid member membership subscriber beneficiary policy policyholder policies group plan payer carrier hmo ppo blue bcbs ' +
    'aetna cigna humana kaiser tricare unitedhealthcare uhc coverage mbi hicn bank checking savings billing guarantor financial account ' +
    "accounts acct accts a iban invoice statement routing driver drivers driver's drivers' driving dl d cdl license licence vehicle car number " +
    'registration lic plate plates vin device implant pacemaker icd defibrillator generator pump monitor sensor implanted serial s imei imsi ' +
    'mac employee student passport visa military national personal person badge citizen client case user staff veteran inmate alien resident ' +
    'participant subject enrollment enrolment dod state photo government unique tracking confirmation reference ref claim authorization ' +
    'authorisation auth certificate encounter visit admission csn tax prior prescription file donor registry referral voucher ticket incident ' +
    'fin plate tag tags sn docket report green cdl insured insurer benefit benefits billed edipi nhs itin ein tin curp cpf aadhaar nino identifier identification id i professional nursing board policyholder'
  ).split(' '),
);

/** "MRN00448812" is written together. */
function canBeginLabel(lower: string): boolean {
  return firstWords.has(lower) || (lower.startsWith('mrn') && lower.length > 6);
}

/** Labels that do not say which number it is. */
const anyId =
  /^(?:(?:tax|national|personal|person|government|photo|state|identification)\b.*|id|i\.d\.|id\s.*|identifier|identification|itin|tin|ref|reference)$/i;
/** Behind these a "#" is short for "number". */
const ownSign =
  /\b(?:rec|records?|policy|ins\.?|insurance|accounts?|accts?\.?|charts?|group|member|subscriber|cases?|claim|licen[sc]e|serial|plate|dl|vin|passport|badge|file|visit|encounter|mr)\s?$/i;
/** What may stand between a label and its number. */
const filler =
  /(?:\s?#(?=\s?[:=]))?(?:\s{0,3}[:=.,]?\s{0,2}\b(?:numbers?|no|num|id|is|was|of|as|are|code)\b\.?){0,3}[\s:=.,([*"'-]{0,8}/iy;
const value = /#?\s?[A-Za-z0-9]{1,24}(?:(?:[-._]|\/(?=\d))[A-Za-z0-9]{1,20}){0,6}(?:[ ](?=\d)\d{2,8}){0,5}/y;
const plate = /[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?![\w-])/y;
/** "charts 44-1201 and 44-1202": a second number behind one label. */
const another = /\s{0,2}(?:,|and|or|&|\/)\s{0,2}(#?\d[\dA-Za-z-]{4,20})(?![\w-])/y;

/** From the beginning of a label to the first digit of its number. */
const furthestDigitUnits = 96;

/** Numbers that a label right before them calls somebody's: record, plan, account, licence, plate, vehicle, device and other ids. */
export function findLabelledIds(scanned: ScannedText): Candidate[] {
  const { text, words, groups } = scanned;
  const found: Candidate[] = [];
  let group = 0;
  for (let word = 0; word < words.count; word++) {
    // Most words that can begin a label ("patient", "plan") have no number behind them.
    while (group < groups.count && groups.start(group) < words.start(word)) group++;
    if (group >= groups.count) break;
    if (groups.start(group) - words.start(word) > furthestDigitUnits || !canBeginLabel(words.lower(word)))
      continue;
    const candidate = behindLabel(text, words, word);
    if (candidate === undefined) continue;
    found.push(candidate);
    another.lastIndex = candidate.end;
    const next = another.exec(text)?.[1];
    const isAlike =
      next !== undefined &&
      (next.includes('-') || /^#?\d{5,}$/.test(next)) &&
      !/^\d{1,4}-\d{1,2}-\d{1,4}$/.test(next);
    const end = isAlike ? another.lastIndex : candidate.end;
    if (isAlike) found.push({ ...candidate, start: end - next.length, end });
    word = words.firstFrom(end) - 1;
  }
  return found;
}

function behindLabel(text: string, words: TextWords, word: number): Candidate | undefined {
  const start = words.start(word);
  // A parameter of a web address goes with the address.
  if (/(?:\/\/|\bwww\.)\S{0,200}$/i.test(text.slice(Math.max(0, start - 160), start))) return undefined;
  if (text[start - 1] === '/' && words.lower(word) === 'dl') return undefined;
  if (words.lower(word - 1) === 'caller') return undefined;
  for (const { type, rule, pattern, digits } of labels) {
    pattern.lastIndex = start;
    if (!pattern.test(text)) continue;
    const span = valueAt(text, start, pattern.lastIndex, type, digits);
    if (span !== undefined) return { type, ...span, confidence: 0.9, rule };
  }
  return codeNearby(text, words, word);
}

/** Words that say whose number a code further on in the same clause is ("insured by Aetna under HMO-123456"). */
const nouns: ReadonlyMap<string, Label | undefined> = new Map(
  [
    ['record-number', 'mrn medical chart record records'],
    [
      'health-plan-id',
      'insurance ins policy plan member subscriber beneficiary coverage insured insurer payer medicare medicaid aetna cigna humana bcbs tricare uhc benefit benefits',
    ],
    ['account-number', 'account acct billing billed guarantor'],
    ['other-id', 'id identifier reference ref case file registry'],
  ].flatMap(([rule, list]) =>
    (list ?? '')
      .split(' ')
      .map((noun): [string, Label | undefined] => [noun, labels.find((known) => known.rule === rule)]),
  ),
);
const codeAhead = /[^\d.;?!\n\xad]{1,32}?\b([A-Z]{1,5}-?\d{5,10}(?:-[A-Z0-9]{1,4})?)(?![\w-])/y;
const foreignNoun =
  /\b(?:orders?|ord|accession|lot|specimen|sample|study|trial|protocol|ndc|loinc|icd|cpt|npi|dea|nct|pmid|doi|gtin|udi|rx|batch|part|model)\b/i;

function codeNearby(text: string, words: TextWords, word: number): Candidate | undefined {
  const label = nouns.get(words.lower(word));
  if (label === undefined) return undefined;
  codeAhead.lastIndex = words.fullEnd(word);
  const match = codeAhead.exec(text);
  if (match === null || foreignNoun.test(match[0])) return undefined;
  const shown = match[1] ?? '';
  if (/^(?:ORD|LOT|NDC|RX|NCT|ICD|CPT|PMID|NPI|DEA|REF|REQ|ACC|SPEC?)-?\d/.test(shown)) return undefined;
  const end = codeAhead.lastIndex;
  return { type: label.type, start: end - shown.length, end, confidence: 0.75, rule: 'code-near-label' };
}

function valueAt(
  text: string,
  labelStart: number,
  labelEnd: number,
  type: PiiType,
  fewestDigits: number,
): { start: number; end: number } | undefined {
  filler.lastIndex = labelEnd;
  const fillerEnd = filler.test(text) ? filler.lastIndex : labelEnd;
  const isTouching = fillerEnd === labelEnd && text[labelEnd] !== '#' && !/\s/.test(text[labelEnd - 1] ?? '');
  // "MRN12345" is a label and a number; "IDEAL5000" is a word.
  if (isTouching && !/\d/.test(text[labelEnd] ?? '')) return undefined;
  const form = type === 'LICENSE_PLATE' ? plate : value;
  form.lastIndex = fillerEnd;
  const match = form.exec(text);
  if (match === null) return undefined;
  // "MRN: #12" names the value "#12"; "policy #12" is short for "policy number 12".
  // "MRN#12" has the label's sign as well.
  const isOwn =
    ownSign.test(text.slice(labelStart, fillerEnd)) ||
    /[A-Za-z]/.test(text[fillerEnd - 1] ?? '') ||
    match[0][1] === ' ';
  const isNumberSign = match[0].startsWith('#') && isOwn;
  const start =
    fillerEnd + (isNumberSign ? (/^#\s?/.exec(match[0])?.[0].length ?? 0) : match[0].search(/\S/));
  const end = fillerEnd + match[0].length;
  const shown = text.slice(start, end);
  // "Boise, ID 83702" is in Idaho.
  if (
    text.slice(labelStart, labelEnd) === 'ID' &&
    /[a-z],\s$/.test(text.slice(Math.max(0, labelStart - 3), labelStart)) &&
    /^\d{5}(?:-\d{4})?$/.test(shown)
  )
    return undefined;
  // The old Medicare claim number was the holder's social security number and a letter.
  if (/^\d{3}-\d\d-\d{4}[A-Z]\d?$/.test(shown)) return undefined;
  // "ID" alone does not say which number: a social security number is one as well.
  if (
    anyId.test(text.slice(labelStart, labelEnd)) &&
    /^\d{3}[-.\s]{1,2}\d\d[-.\s]{1,2}\d{4}(?!\d)/.test(text.slice(start, start + 14))
  )
    return undefined;
  return isIdentifier(shown, type, fewestDigits) && !hasSsnLabel(text, start, end)
    ? { start, end }
    : undefined;
}

function isIdentifier(shown: string, type: PiiType, fewestDigits: number): boolean {
  // A number in blanks begins with digits: "record reviewed 2021" is none.
  if (!/\d/.test(shown.split(' ', 1)[0] ?? '') && type !== 'LICENSE_PLATE') return false;
  const digits = shown.replace(/\D/g, '').length;
  if (digits < fewestDigits || shown.replace(/[^A-Za-z0-9]/g, '').length < 4) return false;
  // Dates, ages, doses and ranks that follow a label's word in a sentence. Charts are filed by "terminal digits", 12-34-56.
  const isFiled = type === 'MEDICAL_RECORD_NUMBER' && /^#?\d\d-\d\d-\d\d$/.test(shown);
  const isDate = /^#?(?:\d{1,2}[-/.]\d{1,2}[-/.](?:\d\d|\d{4})|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2})$/.test(
    shown,
  );
  if (isDate && !isFiled) return false;
  return !/^#?\d{1,4}(?:-?(?:st|nd|rd|th|mg|mcg|ml|mm|cm|kg|g|x|yo|years?|year-old|days?|weeks?|months?|hours?|min|am|pm|am|k|F|C))$/i.test(
    shown,
  );
}
