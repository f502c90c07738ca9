import type { PiiType } from '../pii-types.js';

/** What a service says is in the text: the string itself, not where. Never logged, never in an error. */
export interface Quoted {
  readonly text: string;
  readonly type: PiiType;
  readonly confidence: number;
  readonly rule: string;
}
