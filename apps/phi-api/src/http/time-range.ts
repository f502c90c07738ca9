import { invalidField } from '@app/problem-details';

/** Moments as the trail writes them: ISO 8601 in UTC, milliseconds. */
export interface TimeRange {
  /** Inclusive. */
  from?: string;
  /** Exclusive. */
  to?: string;
}

const dayOnly = /^\d{4}-\d{2}-\d{2}$/;
const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * @param query days or instants, well formed; a day is meant whole, in UTC
 * @throws Problem `validation-failed` if the range ends before it begins
 */
export function timeRange(query: { from?: string; to?: string }): TimeRange {
  const from = query.from === undefined ? undefined : new Date(query.from).toISOString();
  const to = query.to === undefined ? undefined : endOf(query.to);
  if (from !== undefined && to !== undefined && from >= to) {
    throw invalidField('query:from', 'must be before `to`');
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function endOf(text: string): string {
  const end = dayOnly.test(text) ? Date.parse(text) + dayMilliseconds : Date.parse(text);
  return new Date(end).toISOString();
}
