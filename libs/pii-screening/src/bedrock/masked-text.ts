import { piiTypes, type PiiFinding } from '../pii-types.js';
import { maskFindings } from '../screened-string.js';

/** Half-open, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const tag = new RegExp(`\\{(?:${piiTypes.join('|')})\\}`, 'g');

/** A text with its findings replaced by `{TYPE}`, and the way back from it to the source. */
export class MaskedText {
  readonly text: string;
  /** Every tag in `text`, also those that stood in the source. */
  readonly tags: readonly Span[];
  /** Where a stretch that was kept begins in `text`, and how far that is from its place in the source. */
  private readonly kept: { readonly start: number; readonly shift: number }[] = [{ start: 0, shift: 0 }];

  /** @param findings in order, not overlapping */
  constructor(source: string, findings: readonly PiiFinding[]) {
    this.text = maskFindings(source, findings);
    this.tags = [...this.text.matchAll(tag)].map(({ 0: { length }, index }) => ({
      start: index,
      end: index + length,
    }));
    let shift = 0;
    for (const { type, start, end } of findings) {
      const tagEnd = start - shift + type.length + 2;
      shift = end - tagEnd;
      this.kept.push({ start: tagEnd, shift });
    }
  }

  /** Whether anything but tags, blanks and signs is left. */
  get hasWords(): boolean {
    return /[\p{L}\p{N}]/u.test(this.text.replace(tag, ' '));
  }

  /** @param span in `text`, touching no tag */
  sourceSpan({ start, end }: Span): Span {
    const { shift } = this.kept.findLast((stretch) => stretch.start <= start) ?? { shift: 0 };
    return { start: start + shift, end: end + shift };
  }
}
