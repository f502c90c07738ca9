import { type ReplacedFinding, replacementOf } from './replaced-finding.js';
import type { ScreenedString } from './screened-string.js';

const tagOpening = /<[a-z!?/]/i;
const entity = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/iy;
const anyEntity = /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/i;
const tagName = /<\/?([a-z][a-z0-9]*)/iy;

/** FHIR demands it of every narrative: an address that is a name. */
const namespace = 'xmlns="http://www.w3.org/1999/xhtml"';
/** These flow with the words around them; any other tag parts what it stands between. */
const inlineTags = new Set(
  'a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd mark q s samp small span strike strong sub sup tt u var wbr'.split(
    ' ',
  ),
);

const namedCharacters: Readonly<Record<string, string>> = {
  nbsp: ' ',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  ndash: '-',
  mdash: '-',
  minus: '-',
  hyphen: '-',
  dash: '-',
  shy: '',
  zwj: '',
  zwnj: '',
  thinsp: ' ',
  ensp: ' ',
  emsp: ' ',
  period: '.',
  commat: '@',
  lpar: '(',
  rpar: ')',
  num: '#',
  plus: '+',
  sol: '/',
  lowbar: '_',
  colon: ':',
  comma: ',',
};

export function looksLikeMarkup(value: string): boolean {
  return (
    (value.includes('<') && tagOpening.test(value) && value.includes('>')) ||
    (value.includes('&') && anyEntity.test(value))
  );
}

/** Text that was read out of markup, with the span of the source behind each of its units. */
class ReadPart {
  text = '';
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(characters: string, start: number, end: number): void {
    this.text += characters;
    for (let unit = 0; unit < characters.length; unit++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }
}

interface Edit {
  start: number;
  end: number;
  replacement: string;
}

/**
 * XHTML (a FHIR narrative, or markup in any other string) as text: a number that a tag cuts in two is read as one, and
 * replacing it leaves the tags. The inside of each tag and comment is a part of its own.
 */
export class MarkupView implements ScreenedString {
  readonly parts: string[];
  private readonly read: ReadPart[] = [new ReadPart()];

  constructor(private readonly source: string) {
    const flow = this.read[0] ?? new ReadPart();
    for (let at = 0; at < source.length;) {
      const end = this.endOfTag(at);
      if (end === undefined) {
        at = this.readCharacter(flow, at);
      } else {
        this.readTag(flow, at, end);
        at = end;
      }
    }
    this.parts = this.read.map((part) => part.text);
  }

  rewrite(findings: readonly (readonly ReplacedFinding[])[]): string {
    const edits = this.read.flatMap((part, index) =>
      (findings[index] ?? []).flatMap((finding) => editsFor(part, finding)),
    );
    edits.sort((a, b) => a.start - b.start);
    let rewritten = '';
    let from = 0;
    for (const edit of edits) {
      rewritten += this.source.slice(from, Math.max(from, edit.start)) + edit.replacement;
      from = Math.max(from, edit.end);
    }
    return rewritten + this.source.slice(from);
  }

  /** Set once a tag was found to have no end: from there on everything is text, so that no scan repeats. */
  private noTagsFrom = Number.POSITIVE_INFINITY;

  private endOfTag(at: number): number | undefined {
    const { source } = this;
    if (source[at] !== '<' || at >= this.noTagsFrom || !/[a-z!?/]/i.test(source[at + 1] ?? ''))
      return undefined;
    const end = source.startsWith('<!--', at) ? endAfter(source, '-->', at + 4) : endOfElementTag(source, at);
    if (end === undefined) this.noTagsFrom = at;
    return end;
  }

  private readTag(flow: ReadPart, start: number, end: number): void {
    tagName.lastIndex = start;
    const name = tagName.exec(this.source)?.[1]?.toLowerCase() ?? '';
    // A comment or an inline tag parts nothing; a line break is one; all others end the phrase.
    const isInline = inlineTags.has(name) || this.source[start + 1] === '!' || this.source[start + 1] === '?';
    if (!isInline) flow.add(name === 'br' ? '\n' : '\n\n', start, start);
    // Without a value, and no comment, a tag is nothing but names of the markup.
    if (!/[\d@=]|^<!|\bat\b/i.test(this.source.slice(start, end))) return;
    const inside = new ReadPart();
    for (let at = start + 1; at < end - 1;) {
      at = this.source.startsWith(namespace, at) ? at + namespace.length : this.readCharacter(inside, at);
    }
    if (/^[a-z0-9]*\s*$/i.test(inside.text)) return;
    this.read.push(inside);
  }

  /** @returns where the next character begins */
  private readCharacter(part: ReadPart, at: number): number {
    if (this.source[at] === '&') {
      entity.lastIndex = at;
      const match = entity.exec(this.source);
      const character = match === null ? undefined : characterOf(match);
      if (match !== null && character !== undefined) {
        part.add(character === '' ? '\u200b' : character, at, at + match[0].length);
        return at + match[0].length;
      }
    }
    part.add(this.source[at] ?? '', at, at + 1);
    return at + 1;
  }
}

function characterOf([, decimal, hexadecimal, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return namedCharacters[name.toLowerCase()];
  const codePoint =
    decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number.parseInt(decimal, 10);
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined;
}

function endAfter(source: string, ending: string, from: number): number | undefined {
  const found = source.indexOf(ending, from);
  return found === -1 ? undefined : found + ending.length;
}

/** The '>' that ends a tag is not one inside a quoted attribute value. */
function endOfElementTag(source: string, start: number): number | undefined {
  let quote = '';
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = source[at - 1] === '=' ? character : '';
    else if (character === '>') return at + 1;
  }
  return undefined;
}

/** The first stretch of text of a finding becomes `{TYPE}`, the others vanish; the tags between them stay. */
function editsFor(part: ReadPart, finding: ReplacedFinding): Edit[] {
  const edits: Edit[] = [];
  for (let unit = finding.start; unit < finding.end; unit++) {
    const start = part.starts[unit] ?? 0;
    const end = part.ends[unit] ?? 0;
    if (start === end) continue;
    const last = edits.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else edits.push({ start, end, replacement: last === undefined ? replacementOf(finding) : '' });
  }
  return edits;
}
