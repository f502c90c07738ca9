import { type MaskedText, type Span } from './masked-text.js';
import { chunksOf } from './text-chunks.js';

/** A span of one of the texts that were paginated, in its source's UTF-16 code units. */
export interface PlacedSpan extends Span {
  /** Position of the text in the list. */
  readonly text: number;
}

/** What becomes of an occurrence that reaches into a tag or the next text: left out, or cut to what is outside. */
export type AtBarrier = 'drop' | 'clip';

const separator = '\n\n';
/** Letters, digits and marks: two of them side by side belong to one word. */
const inWord = /[\p{L}\p{N}\p{M}_]/u;
/** Scripts that are written without blanks between words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

interface Piece {
  readonly text: number;
  readonly masked: MaskedText;
  /** Where the piece begins in the page, and in the masked text. */
  readonly pageStart: number;
  readonly maskedStart: number;
}

/** What is sent in one call: chunks of one or more masked texts, and the way from the page back to their sources. */
export class TextPage {
  private joined = '';
  private readonly pieces: Piece[] = [];
  /** Tags and the separators between texts, in order. */
  private readonly barriers: Span[] = [];

  get text(): string {
    return this.joined;
  }

  /** @internal by `paginate` */
  append(text: number, masked: MaskedText, chunk: Span): void {
    if (this.joined !== '') {
      this.barriers.push({ start: this.joined.length, end: this.joined.length + separator.length });
      this.joined += separator;
    }
    const pageStart = this.joined.length;
    this.pieces.push({ text, masked, pageStart, maskedStart: chunk.start });
    this.joined += masked.text.slice(chunk.start, chunk.end);
    for (const { start, end } of masked.tags) {
      if (start < chunk.start || end > chunk.end) continue;
      this.barriers.push({ start: start - chunk.start + pageStart, end: end - chunk.start + pageStart });
    }
  }

  /**
   * Finds what a service quoted. A blank matches any run of blanks, because models write line breaks as they like.
   * @returns every occurrence as whole words; with `clip`, any occurrence if there is none as whole words.
   *   `undefined` if the string is not in the page, or only across a barrier that drops it
   */
  locate(quoted: string, atBarrier: AtBarrier): PlacedSpan[] | undefined {
    const words = quoted.split(/\s+/u).filter((word) => word !== '');
    // Half of a surrogate pair would be found inside of a pair.
    if (words.length === 0 || /\p{Surrogate}/u.test(quoted)) return undefined;
    const pattern = new RegExp(words.map(escaped).join('\\s+'), 'g');
    const all = [...this.joined.matchAll(pattern)].map(({ 0: { length }, index }) => ({
      start: index,
      end: index + length,
    }));
    const whole = all.filter((span) => this.isWhole(span));
    if (atBarrier === 'drop') {
      const clear = whole.filter((span) => !this.barriers.some((barrier) => overlap(span, barrier)));
      return clear.length === 0 ? undefined : clear.map((span) => this.placed(span));
    }
    const found = whole.length > 0 ? whole : all;
    if (found.length === 0) return undefined;
    return found.flatMap((span) => this.clipped(span)).map((span) => this.placed(span));
  }

  private isWhole({ start, end }: Span): boolean {
    return !joins(this.joined, start) && !joins(this.joined, end);
  }

  /** What of a span lies outside of barriers; where it crosses one, without the signs and blanks beside it. */
  private clipped(span: Span): Span[] {
    const crossed = this.barriers.filter((barrier) => overlap(span, barrier));
    if (crossed.length === 0) return [span];
    const edges = [span.start, ...crossed.flatMap(({ start, end }) => [start, end]), span.end];
    const parts: Span[] = [];
    for (let i = 0; i < edges.length; i += 2) {
      const start = edges[i]!;
      const words = /[\p{L}\p{N}](?:.*[\p{L}\p{N}]\p{M}*|\p{M}*)/su.exec(
        this.joined.slice(start, edges[i + 1]),
      );
      if (words === null) continue;
      parts.push({ start: start + words.index, end: start + words.index + words[0].length });
    }
    return parts;
  }

  /** @param span touching no barrier, so that it lies in one piece */
  private placed(span: Span): PlacedSpan {
    const piece = this.pieces.findLast(({ pageStart }) => pageStart <= span.start)!;
    const toMasked = piece.maskedStart - piece.pageStart;
    const inMasked = { start: span.start + toMasked, end: span.end + toMasked };
    return { text: piece.text, ...piece.masked.sourceSpan(inMasked) };
  }
}

/**
 * Lays texts out on pages, in order. Texts without a word are left out.
 * @param most code units of a page
 */
export function paginate(texts: readonly MaskedText[], most: number): TextPage[] {
  const pages: TextPage[] = [];
  texts.forEach((masked, text) => {
    if (!masked.hasWords) return;
    for (const chunk of chunksOf(masked.text, most, masked.tags)) {
      const last = pages.at(-1);
      const length = chunk.end - chunk.start;
      const fits = last !== undefined && last.text.length + separator.length + length <= most;
      const page = fits ? last : new TextPage();
      if (!fits) pages.push(page);
      page.append(text, masked, chunk);
    }
  });
  return pages;
}

const overlap = (a: Span, b: Span) => a.start < b.end && b.start < a.end;
const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether the characters before and after a position belong to one word. */
function joins(text: string, position: number): boolean {
  const before = /.$/su.exec(text.slice(Math.max(0, position - 2), position))?.[0] ?? '';
  const after = /^./su.exec(text.slice(position, position + 2))?.[0] ?? '';
  if (!inWord.test(before) || !inWord.test(after)) return false;
  return !unspaced.test(before) && !unspaced.test(after);
}
