/**
 * Stands for a finding that was replaced already: neither a letter, a digit, a space nor a joint. A soft hyphen, because those are
 * dropped from every source; and a Latin character, because patterns run half as fast over strings that need two bytes.
 */
const masked = 0xad;
/** Stands for a character outside the basic plane that means nothing to the rules (emoji and the like). */
const opaque = 0xfffd;
const dropped = -1;
const droppedMark = -2;
const unknown = -3;

const plainText = /^[\t\n\r\x20-\x7e]*$/;
const placeholder = /\{[A-Z][A-Z_]{2,40}\}/y;

/**
 * A text as the rules read it: digits, dashes, blanks and letters of every script's compatibility forms folded to ASCII,
 * invisible characters and combining marks dropped, `{TYPE}` placeholders shrunk to one opaque unit.
 * Positions in it map back to UTF-16 code units of the source.
 */
export class NormalizedText {
  private constructor(
    readonly text: string,
    private readonly starts: Uint32Array | undefined,
    private readonly ends: Uint32Array | undefined,
  ) {}

  static of(source: string): NormalizedText {
    if (plainText.test(source) && !source.includes('{'))
      return new NormalizedText(source, undefined, undefined);
    return new Folding(source).run((text, starts, ends) => new NormalizedText(text, starts, ends));
  }

  /** @returns the UTF-16 span of the source that units `start` to `end` (exclusive, not empty) were read from */
  sourceSpan(start: number, end: number): { start: number; end: number } {
    if (this.starts === undefined || this.ends === undefined) return { start, end };
    return { start: this.starts[start] ?? 0, end: this.ends[end - 1] ?? 0 };
  }

  /** @returns this text with each span (in order, not overlapping, in units of this text) shrunk to one opaque unit */
  withMasked(spans: readonly { start: number; end: number }[]): NormalizedText {
    const length = this.text.length - spans.reduce((sum, span) => sum + span.end - span.start - 1, 0);
    const starts = new Uint32Array(length);
    const ends = new Uint32Array(length);
    const pieces: string[] = [];
    let from = 0;
    let to = 0;
    const copyUntil = (limit: number) => {
      pieces.push(this.text.slice(from, limit));
      for (; from < limit; from++, to++) {
        starts[to] = this.starts?.[from] ?? from;
        ends[to] = this.ends?.[from] ?? from + 1;
      }
    };
    for (const span of spans) {
      copyUntil(span.start);
      const source = this.sourceSpan(span.start, span.end);
      pieces.push(String.fromCharCode(masked));
      starts[to] = source.start;
      ends[to] = source.end;
      to++;
      from = span.end;
    }
    copyUntil(this.text.length);
    return new NormalizedText(pieces.join(''), starts, ends);
  }
}

/** One walk over a text that is not plain ASCII. */
class Folding {
  private readonly units: Uint16Array;
  private readonly starts: Uint32Array;
  private readonly ends: Uint32Array;
  private length = 0;

  constructor(private readonly source: string) {
    this.units = new Uint16Array(source.length);
    this.starts = new Uint32Array(source.length);
    this.ends = new Uint32Array(source.length);
  }

  run<T>(build: (text: string, starts: Uint32Array, ends: Uint32Array) => T): T {
    const { source } = this;
    for (let at = 0; at < source.length;) {
      const unit = source.charCodeAt(at);
      const end = unit === 0x7b ? this.endOfPlaceholder(at) : at + 1;
      if (end > at + 1) {
        this.emit(masked, at, end);
        at = end;
      } else if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(source.charCodeAt(at + 1))) {
        this.emit(foldAstral(source.codePointAt(at) ?? unit), at, at + 2);
        at += 2;
      } else {
        this.emit(foldUnit(unit), at, at + 1);
        at++;
      }
    }
    const bytes = Buffer.from(this.units.buffer, 0, this.length * 2);
    return build(bytes.toString('utf16le'), this.starts, this.ends);
  }

  private endOfPlaceholder(at: number): number {
    placeholder.lastIndex = at;
    return placeholder.test(this.source) ? placeholder.lastIndex : at + 1;
  }

  private emit(folded: number, start: number, end: number): void {
    if (folded >= 0) {
      this.units[this.length] = folded;
      this.starts[this.length] = start;
      this.ends[this.length] = end;
      this.length++;
    } else if (folded === droppedMark && this.length > 0 && this.ends[this.length - 1] === start) {
      // A mark belongs to the character before it: a replaced span must not leave it behind.
      this.ends[this.length - 1] = end;
    }
  }
}

const foldedUnits = new Int32Array(0x10000).fill(unknown);

function foldUnit(unit: number): number {
  const known = foldedUnits[unit] ?? unknown;
  if (known !== unknown) return known;
  const folded = classify(unit);
  foldedUnits[unit] = folded;
  return folded;
}

const replacements: Readonly<Record<string, string>> = {
  '\u0085': '\n',
  '\u2212': '-',
  '\u02d7': '-',
  '\u2043': '-',
  '\u3002': '.',
  '\uff61': '.',
  '\u2024': '.',
  '\u00b7': '.',
  '\u2027': '.',
  '\u30fb': '.',
  '\u2018': "'",
  '\u2019': "'",
  '\u02bc': "'",
  '\u201c': '"',
  '\u201d': '"',
  // Letters by category, blanks to the eye.
  '\u2800': ' ',
  '\u3164': ' ',
  '\u115f': ' ',
  '\u1160': ' ',
  '\uffa0': ' ',
};

function classify(unit: number): number {
  if ((unit >= 0x20 && unit <= 0x7e) || unit === 0x09 || unit === 0x0a || unit === 0x0d) return unit;
  const character = String.fromCharCode(unit);
  const replacement = replacements[character];
  if (replacement !== undefined) return replacement.charCodeAt(0);
  if (unit === 0x0b || unit === 0x0c) return 0x20;
  if (/\p{Cc}|\p{Cf}/u.test(character)) return dropped;
  if (/\p{Mn}|\p{Me}/u.test(character)) return droppedMark;
  if (/\p{Zs}/u.test(character)) return 0x20;
  if (/\p{Zl}|\p{Zp}/u.test(character)) return 0x0a;
  if (/\p{Pd}/u.test(character)) return 0x2d;
  if (/\p{Nd}/u.test(character)) return 0x30 + digitValue(unit);
  // Superscripts are left alone: "10²" is not 102. Circled and full-width forms are how a number is dressed up.
  const isDressed = /\p{L}|[\u2460-\u2468\u24ea]/u.test(character) || (unit >= 0xfe50 && unit <= 0xff5e);
  return isDressed ? (asciiForm(character) ?? unit) : unit;
}

/** Decimal digits of a script stand in runs of ten (Unicode, chapter 4.6). */
function digitValue(unit: number): number {
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCharCode(unit - value - 1))) value++;
  return value;
}

function asciiForm(character: string): number | undefined {
  const letters = character.normalize('NFKD').replace(/\p{M}/gu, '');
  if (letters.length !== 1) return undefined;
  const unit = letters.charCodeAt(0);
  return unit >= 0x21 && unit <= 0x7e ? unit : undefined;
}

function foldAstral(codePoint: number): number {
  // Tag characters and the supplementary variation selectors are invisible.
  if (codePoint >= 0xe0000 && codePoint <= 0xe01ef) return droppedMark;
  return asciiForm(String.fromCodePoint(codePoint)) ?? opaque;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
