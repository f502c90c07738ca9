import { type DigitGroups, gap } from '../digit-groups.js';

const unitAfter =
  /^\s{0,2}(?:%|\/|°|x\s?10|[x×]\s|(?:mg|mcg|ug|g|kg|ml|l|dl|cc|mm|cm|m|lbs?|oz|units?|iu|meq|mmol|mmhg|bpm|cells?|k|mo|months?|weeks?|days?|hours?|hrs?|min|yrs?|years?)\b)/i;

/** A unit of measure stands right after `at`. */
export function followsUnit(text: string, at: number): boolean {
  return unitAfter.test(text.slice(at, at + 12));
}

/** Blanks alone part these groups from further numbers: a row of a table or a list of values. */
export function standsInNumberList(groups: DigitGroups, first: number, last: number): boolean {
  return (first > 0 && groups.gapAfter(first - 1) === gap.space) || groups.gapAfter(last) === gap.space;
}

const measureBefore =
  /\b(?:weights?|wts?|plt|plts|platelets|wbc|rbc|counts?|values?|trend(?:ed|ing)?|readings?|levels?|glucose|results?|volumes?|output|intake|doses?)\b[\s:=]{1,3}(?:was|were|of|is)?\s{0,2}$/i;

/** What was measured stands right before `at`: a row of values follows. */
export function followsMeasure(text: string, at: number): boolean {
  return measureBefore.test(text.slice(Math.max(0, at - 28), at));
}
