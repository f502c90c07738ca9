import type { FastifyReply } from 'fastify';

/** Elements of a document in the order in which they are answered, as they stand in JSON. */
export type Elements = readonly Buffer[];

/** Parts of a stored text: JSON as it stands there, views of the same memory. */
export interface StoredParts {
  /** What stands between the braces of the document. */
  members: Buffer;
  /** What screening did to it, an object. */
  screening: Buffer;
}

const start = Buffer.from('{"resource":{');
const screeningStart = Buffer.from('},"screening":{');
const end = Buffer.from('}');
const comma = Buffer.from(',');
const screeningMember = Buffer.from(',"screening":');

/** @param names of a document's elements, in the order in which they are answered; ASCII */
export const elementsOf = (names: readonly string[]): Elements =>
  names.map((name) => Buffer.from(`"${name}":`));

/**
 * The answer to a read. What is stored is what an answer holds, so that its text is copied instead of being parsed and written again, which costs
 * ten times as much.
 * @param place what is said of the version before the document
 * @returns JSON in parts; `undefined` for a text of any other shape, which goes by way of its object: the oracle of the specs
 */
export function copiedAnswer(
  text: Buffer | undefined,
  place: object,
  elements: Elements,
): Buffer[] | undefined {
  const parts = text && storedParts(text, elements);
  if (parts === undefined) return undefined;
  const head = Buffer.from(`${JSON.stringify(place).slice(0, -1)},`);
  return [head, parts.members, screeningMember, parts.screening, end];
}

/** @returns the JSON, to be answered as it is */
export function answerText(reply: FastifyReply, json: Buffer): Buffer {
  void reply.header('content-type', 'application/json; charset=utf-8');
  return json;
}

/**
 * Takes a stored text apart without reading the values: which elements there are, in which order, and where each ends.
 * @param text JSON of `{resource, screening}` as `JSON.stringify` writes it, UTF-8
 * @returns `undefined` unless the document has an element, all in their order, and no other
 */
export function storedParts(text: Buffer, elements: Elements): StoredParts | undefined {
  const from = after(start, text, 0);
  const to = afterElements(text, from, elements);
  const screeningAt = after(screeningStart, text, to) - 1;
  const screeningEnd = afterObject(text, screeningAt + 1);
  if (after(end, text, screeningEnd) !== text.length) return undefined;
  return { members: text.subarray(from, to), screening: text.subarray(screeningAt, screeningEnd) };
}

/** Position in a text of another shape: nothing is found from there on. */
const nowhere = Number.NaN;

function afterElements(text: Buffer, from: number, elements: Elements): number {
  let at = from;
  for (const element of elements) {
    const value = after(element, text, at);
    if (Number.isNaN(value)) continue;
    const valueEnd = afterValue(text, value);
    const next = after(comma, text, valueEnd);
    if (Number.isNaN(next)) return valueEnd;
    at = next;
  }
  return nowhere;
}

/** @returns where the text goes on after `part`, if that stands there */
function after(part: Buffer, text: Buffer, at: number): number {
  for (let n = 0; n < part.length; n++) if (text[at + n] !== part[n]) return nowhere;
  return at + part.length;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const commaByte = 0x2c;

function afterValue(text: Buffer, at: number): number {
  const byte = text[at];
  if (byte === quote) return afterString(text, at + 1);
  if (byte === openBrace || byte === openBracket) return afterObject(text, at + 1);
  for (let position = at; position < text.length; position++) {
    const ends = text[position];
    if (ends === commaByte || ends === closeBrace || ends === closeBracket) return position;
  }
  return nowhere;
}

/** @param at after its opening quote */
function afterString(text: Buffer, at: number): number {
  for (let position = at; position < text.length; position++) {
    const byte = text[position];
    if (byte === quote) return position + 1;
    // Whatever is escaped, its first character ends nothing.
    if (byte === backslash) position++;
  }
  return nowhere;
}

/** @param at after its opening brace, or bracket */
function afterObject(text: Buffer, at: number): number {
  let depth = 1;
  for (let position = at; position < text.length; position++) {
    const byte = text[position];
    if (byte === quote) position = afterString(text, position + 1) - 1;
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    if (depth === 0) return position + 1;
  }
  return nowhere;
}
