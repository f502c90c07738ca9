import { DigitGroups } from '../digit-groups.js';
import type { PiiType } from '../pii-types.js';
import { TextWords } from '../text-words.js';

/** What every rule reads: the normalized text, and its digit groups and words, found once and only if a rule asks. */
export class ScannedText {
  private foundGroups: DigitGroups | undefined;
  private foundWords: TextWords | undefined;
  private foundPlaces: readonly Candidate[] | undefined;

  constructor(readonly text: string) {}

  get groups(): DigitGroups {
    return (this.foundGroups ??= new DigitGroups(this.text));
  }

  get words(): TextWords {
    return (this.foundWords ??= new TextWords(this.text));
  }

  /** Places are looked for once: the rule for names must not read a hospital's as a person's. */
  placesBy(find: (scanned: ScannedText) => readonly Candidate[]): readonly Candidate[] {
    return (this.foundPlaces ??= find(this));
  }
}

/** A span in units of the normalized text. */
export interface Candidate {
  readonly type: PiiType;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
  readonly rule: string;
}

/**
 * Finds spans of one kind. A rule looks at anchors (a digit, an '@', a capital, a label) and from each at a bounded window
 * only, so that its time grows with the length of the text whatever the text is.
 */
export type Rule = (scanned: ScannedText) => readonly Candidate[];
