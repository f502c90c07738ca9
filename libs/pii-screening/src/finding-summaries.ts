import { type FindingSummary } from '@app/problem-details';
import type { PiiType } from './pii-types.js';

/** Counts findings by type and place, in the order in which they first came: what answers and events may say of them. */
export class FindingSummaries {
  private readonly summaries = new Map<string, FindingSummary & { type: PiiType }>();

  /** @param pointer RFC 6901 pointer of the string */
  add(type: PiiType, pointer: string): void {
    const summary = this.summaries.get(`${type} ${pointer}`);
    if (summary === undefined) this.summaries.set(`${type} ${pointer}`, { type, count: 1, pointer });
    else summary.count++;
  }

  list(): (FindingSummary & { type: PiiType })[] {
    return [...this.summaries.values()];
  }
}
