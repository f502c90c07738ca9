/** What stands between two neighbouring groups of digits. */
export const gap = {
  /** Anything that no rule reads as part of one number. */
  none: 0,
  space: 1,
  dash: 2,
  dot: 3,
  slash: 4,
  /** Blanks with a line break. */
  line: 5,
  /** A closing parenthesis, as after an area code. */
  close: 6,
  /** An opening parenthesis. */
  open: 7,
} as const;

export type Gap = (typeof gap)[keyof typeof gap];

/** Wider gaps never belong to one number; the bound keeps every rule linear. */
const widestGapUnits = 6;

/** All maximal runs of ASCII digits of a text, with what lies between them. */
export class DigitGroups {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly gaps: Gap[] = [];

  constructor(readonly text: string) {
    for (let at = 0; at < text.length; at++) {
      if (!isDigit(text.charCodeAt(at))) continue;
      let end = at + 1;
      while (end < text.length && isDigit(text.charCodeAt(end))) end++;
      const previousEnd = this.ends.at(-1);
      if (previousEnd !== undefined) this.gaps.push(classifyGap(text, previousEnd, at));
      this.starts.push(at);
      this.ends.push(end);
      at = end;
    }
  }

  get count(): number {
    return this.starts.length;
  }

  start(group: number): number {
    return this.starts[group] ?? this.text.length;
  }

  end(group: number): number {
    return this.ends[group] ?? this.text.length;
  }

  /** @returns number of digits, 0 past either end */
  length(group: number): number {
    return group < 0 || group >= this.count ? 0 : this.end(group) - this.start(group);
  }

  /** @returns what stands between `group` and the next one */
  gapAfter(group: number): Gap {
    return this.gaps[group] ?? gap.none;
  }

  digits(first: number, last = first): string {
    let digits = '';
    for (let group = first; group <= last; group++)
      digits += this.text.slice(this.start(group), this.end(group));
    return digits;
  }

  /**
   * Groups from `first` on that read as one number.
   * @returns the last group if the digits add up to exactly `total`, else undefined
   */
  lastOfTotal(first: number, total: number, accepts: (between: Gap) => boolean): number | undefined {
    let sum = this.length(first);
    let last = first;
    while (sum < total && accepts(this.gapAfter(last))) {
      last++;
      sum += this.length(last);
    }
    return sum === total ? last : undefined;
  }
}

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

export function isLetter(unit: number): boolean {
  const lower = unit | 0x20;
  // Letters beyond ASCII join words too; the filler 0xfffd does not.
  return (
    (lower >= 0x61 && lower <= 0x7a) ||
    (unit >= 0xaa && unit < 0xfffd && /\p{L}/u.test(String.fromCharCode(unit)))
  );
}

function classifyGap(text: string, from: number, to: number): Gap {
  if (to - from > widestGapUnits) return gap.none;
  let breaks = 0;
  let symbols = '';
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a) breaks++;
    else if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0d) symbols += text[at];
  }
  if (breaks > 1) return gap.none;
  const width = to - from;
  switch (symbols) {
    case '':
      return breaks === 1 ? gap.line : gap.space;
    case '-':
    case '--':
    case '_':
      return gap.dash;
    case '.':
      // "34. 12" ends a sentence; "617.555" and "617 . 555" do not.
      return width === 1 || (width > 2 && isBlank(text, from) && isBlank(text, to - 1)) ? gap.dot : gap.none;
    case '/':
      return width === 1 ? gap.slash : gap.none;
    case ')':
    case ')-':
    case ').':
      return gap.close;
    case '(':
      return gap.open;
    default:
      return gap.none;
  }
}

function isBlank(text: string, at: number): boolean {
  return text.charCodeAt(at) <= 0x20;
}
