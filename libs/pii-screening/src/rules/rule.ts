import type { DigitGroups } from '../digit-groups.js';
import type { PiiType } from '../pii-types.js';

/** What every rule reads: the normalized text and its digit groups, found once. */
export interface ScannedText {
  readonly text: string;
  readonly groups: DigitGroups;
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
 * Finds spans of one type. A rule looks at anchors (a digit, an '@', a word) and from each at a bounded window only,
 * so that its time grows with the length of the text whatever the text is.
 */
export type Rule = (scanned: ScannedText) => Candidate[];
