/**
 * Words around a number that say what it is. All patterns run on slices of bounded length that end (or begin) at the
 * number, so none of them can cost more than a constant.
 */
const reachUnits = 56;

/** What may stand between a label and its number. */
const filler = String.raw`(?:[\s#:=.,*(\[>'"-]|\b(?:no|nos|num|nr|number|numbers|is|was|of|are|the|his|her|their|my)\b){0,10}`;

function directly(words: string): RegExp {
  return new RegExp(String.raw`(?:${words})${filler}$`, 'i');
}

/** Labels of numbers that are no phone, card or social security number. */
const foreignLabel = directly(
  String.raw`\b(?:mrns?|npi|orders?|ord|accession|acc|acct|account|policy|member|group|claim|case|ref|reference|lot|serial|` +
    String.raw`s\/n|sn|udi|gtin|barcode|upc|ean|ndc|loinc|snomed|sct|icd|icd-?10|icd-?9|rxnorm|cpt|hcpcs|device|model|part|rx|` +
    String.raw`chart|invoice|tracking|seed|isbn|doi|pmid|encounter|visit|specimen|sample|(?<!caller\s)id|uid|oid|dea|nct|trace|` +
    String.raw`code|version|build|batch|kit|protocol|study|record|subscriber|medicare|medicaid|hash|token|key)`,
);

const ssnLabel =
  /\bssn|\bss\s?#|\bss\s(?:no|num|nr|number)\b|\bsoc(?:ial)?[.\s-]{0,2}sec(?:urity)?\b|\bseguro\ssocial\b|\bsocial\s?(?:number|no\b|num\b|#|:|is\b)/gi;
const ssnLabelAfter =
  /^[\s,;?(["'-]{0,4}(?:is|was|as|=|being)?\s{0,2}(?:the|his|her|their|my|pt'?s|patient'?s|a)?\s{0,2}(?:ssn|ss\s?#|soc(?:ial)?\s?sec(?:urity)?)\b(?!\s{0,2}(?:is|was|no\.?|number)?[\s:#]{0,3}\d)/i;

const cardLabel =
  /\b(?:credit|debit|visa|master\s?card|mc|amex|american\sexpress|discover|diners|jcb|unionpay|ccn?|card|pan|payment)\b/i;
const paymentLabel =
  /\b(?:credit|debit|visa|master\s?card|amex|american\sexpress|discover|diners|jcb|unionpay|ccn?)\b/i;

const bloodCell =
  '(?:red|white|blood|t|b|nk|sickle|stem|mast|plasma|giant|squamous|basal|clear|small|germ|islet|hair|beta|spindle|per)';
const phoneWords =
  String.raw`\b(?:phones?|tele?phone|tel|fax(?:ed)?|facsimile|(?<!\b${bloodCell}[\s-])cell(?:ular)?(?:phone)?|mobile|mob|pager|beeper|ph|` +
  String.raw`call(?:s|ed|er|ing)?|callback|answering|ring|dial(?:ed)?|text(?:ed)?|contact(?:ed)?|reach(?:ed|able)?|whats\s?app|hotline|` +
  String.raw`voice\s?mail|sms|landline)(?:\sid)?`;
const phoneFiller =
  String.raw`(?:[\s#:=.,*(\[>'"+-]|\b(?:no|num|nr|number|numbers|is|was|at|on|the|his|her|their|him|them|me|us|my|back|via|by|line|` +
  String.raw`pt|patient|family|home|work|office|cell|mobile|please)\b){0,10}`;
const phoneLabel = new RegExp(String.raw`(?:${phoneWords})${phoneFiller}$`, 'i');
const placeLabel =
  /\b(?:home|work|office|emergency|daytime|evening)\s?(?:[:#]|number|no\.?)\s{0,2}#?\s?\(?$/i;

const addressLabel =
  /\b(?:address|addr|lives?|lived|living|resid(?:es?|ed|ing|ence)|home|house|located|mail(?:ing|ed)?|moved?|domicile|deliver(?:ed|y)?|ship(?:ped|ping)?|staying|stays|sent?|street)\b[^.\n0-9;]{0,28}$/i;

const emailLabel = /\be-?mails?\b[^\n]{0,24}$/i;

function before(text: string, at: number, reach = reachUnits): string {
  return text.slice(Math.max(0, at - reach), at);
}

/** A label right before `at` says that the number there is something else, e.g. an order or an NPI. */
export function hasForeignLabel(text: string, at: number): boolean {
  return foreignLabel.test(before(text, at));
}

/** "SSN", "social security number" and the like belong to the number at `start` to `end`. */
export function hasSsnLabel(text: string, start: number, end: number): boolean {
  const window = before(text, start);
  let tail: string | undefined;
  for (const match of window.matchAll(ssnLabel)) tail = window.slice(match.index + match[0].length);
  if (tail !== undefined && !/\d/.test(tail) && !/[.!?]\s+[A-Z]/.test(tail) && !foreignLabel.test(tail))
    return true;
  return ssnLabelAfter.test(text.slice(end, end + 40));
}

export function hasCardLabel(text: string, start: number): boolean {
  return cardLabel.test(before(text, start, 40));
}

/** A label that means a payment card, not an insurance or appointment card. */
export function hasPaymentLabel(text: string, start: number): boolean {
  return paymentLabel.test(before(text, start, 40));
}

export function hasPhoneLabel(text: string, start: number): boolean {
  const window = before(text, start);
  return phoneLabel.test(window) || placeLabel.test(window);
}

export function hasAddressLabel(text: string, start: number): boolean {
  return addressLabel.test(before(text, start));
}

export function hasEmailLabel(text: string, start: number): boolean {
  return emailLabel.test(before(text, start));
}
