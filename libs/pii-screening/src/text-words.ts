import { isDigit, isLetter } from './digit-groups.js';
import { classOf } from './words/lexicon.js';

/** Longer ones are no words, and are not looked at. */
const longestWordUnits = 40;

/**
 * All words of a text: runs of letters and digits, with apostrophes and hyphens inside ("O'Brien", "Anne-Marie", "St" of
 * "St."). Rules step from word to word, so that what stands around one costs the same in any text.
 */
export class TextWords {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly lowers: (string | undefined)[] = [];

  constructor(readonly text: string) {
    for (let at = 0; at < text.length; at++) {
      if (!isWordUnit(text.charCodeAt(at))) continue;
      const start = at;
      at++;
      while (at < text.length) {
        const unit = text.charCodeAt(at);
        // "17-Feb" and "50-year-old" are two words, "Anne-Marie" is one.
        const isJoint =
          (unit === 0x27 || unit === 0x2d) &&
          isLetter(text.charCodeAt(at + 1)) &&
          isLetter(text.charCodeAt(at - 1));
        if (!isWordUnit(unit) && !isJoint) break;
        at++;
      }
      this.starts.push(start);
      this.ends.push(at);
    }
  }

  get count(): number {
    return this.starts.length;
  }

  start(word: number): number {
    return this.starts[word] ?? this.text.length;
  }

  /** End without a possessive `'s`. */
  end(word: number): number {
    const end = this.ends[word] ?? this.text.length;
    return this.isPossessive(word) ? end - 2 : end;
  }

  /** End with a possessive `'s`. */
  fullEnd(word: number): number {
    return this.ends[word] ?? this.text.length;
  }

  isPossessive(word: number): boolean {
    const end = this.ends[word] ?? 0;
    return (
      this.text.charCodeAt(end - 2) === 0x27 &&
      (this.text.charCodeAt(end - 1) | 0x20) === 0x73 &&
      end - this.start(word) > 2
    );
  }

  /** In lower case, with a possessive `'s`; empty past either end and for what is too long to be a word. */
  lower(word: number): string {
    const known = this.lowers[word];
    if (known !== undefined) return known;
    const start = this.starts[word];
    const end = this.ends[word];
    if (start === undefined || end === undefined || end - start > longestWordUnits) return '';
    return (this.lowers[word] = this.text.slice(start, end).toLowerCase());
  }

  /** Bits of `wordClass`. */
  classOf(word: number): number {
    return classOf(this.lower(word));
  }

  isCapitalized(word: number): boolean {
    return isUpper(this.text.charCodeAt(this.starts[word] ?? this.text.length));
  }

  /** At least two letters, all of them capitals. */
  isShouted(word: number): boolean {
    const start = this.start(word);
    const end = this.end(word);
    if (end - start < 2 || end - start > longestWordUnits) return false;
    for (let at = start; at < end; at++) {
      const unit = this.text.charCodeAt(at);
      if (isLetter(unit) && !isUpper(unit)) return false;
      if (isDigit(unit)) return false;
    }
    return true;
  }

  isInitial(word: number): boolean {
    return this.end(word) - this.start(word) === 1 && this.isCapitalized(word);
  }

  /** What stands between this word and the next; cut after a few units, which is enough to tell. */
  gapAfter(word: number): string {
    const end = this.fullEnd(word);
    return this.text.slice(end, Math.min(this.start(word + 1), end + 6));
  }

  /** Only one or two blanks part this word from the next. */
  isJoined(word: number): boolean {
    const from = this.ends[word];
    const to = this.starts[word + 1];
    if (from === undefined || to === undefined || to - from > 2) return false;
    for (let at = from; at < to; at++) if (this.text.charCodeAt(at) !== 0x20) return false;
    return true;
  }

  /** @returns the first word that starts at `at` or later */
  firstFrom(at: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isWordUnit(unit: number): boolean {
  return isDigit(unit) || isLetter(unit);
}

function isUpper(unit: number): boolean {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a;
  return isLetter(unit) && /\p{Lu}/u.test(String.fromCharCode(unit));
}
