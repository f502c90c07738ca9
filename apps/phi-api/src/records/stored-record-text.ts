/** Parts of a stored record's text: JSON as it stands there, views of the same memory. */
export interface RecordParts {
  /** What stands between the braces of the record. */
  members: Buffer;
  /** What screening did to it, an object. */
  screening: Buffer;
}

const start = Buffer.from('{"resource":{');
const recordType = Buffer.from('"recordType":"');
const content = Buffer.from(',"content":{');
const notes = Buffer.from(',"notes":"');
const recordedAt = Buffer.from(',"recordedAt":"');
const screening = Buffer.from('},"screening":{');
const end = Buffer.from('}');

/** Position in a text of another shape: nothing is found from there on. */
const nowhere = Number.NaN;

/**
 * Takes the text of a stored record apart without reading the values: which members there are, in which order, and where each ends.
 * @param text JSON of `{resource, screening}` as `JSON.stringify` writes it, UTF-8
 * @returns `undefined` unless it has the members of an answer, all in their order, and no other
 */
export function recordParts(text: Buffer): RecordParts | undefined {
  const contentEnd = afterObject(
    text,
    after(content, text, afterString(text, after(recordType, text, start.length))),
  );
  const notesAt = after(notes, text, contentEnd);
  const textsEnd = Number.isNaN(notesAt) ? contentEnd : afterString(text, notesAt);
  const membersEnd = afterString(text, after(recordedAt, text, textsEnd));
  const screeningAt = after(screening, text, membersEnd) - 1;
  const screeningEnd = afterObject(text, screeningAt + 1);
  if (Number.isNaN(after(start, text, 0)) || after(end, text, screeningEnd) !== text.length) return undefined;
  return {
    members: text.subarray(start.length, membersEnd),
    screening: text.subarray(screeningAt, screeningEnd),
  };
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

/** @param at after its opening brace */
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
