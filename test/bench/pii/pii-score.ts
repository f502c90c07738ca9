import {
  type GoldSpan,
  type LabelledText,
  type Span,
  labelsNumbersApart,
  overlaps,
} from './labelled-texts.js';
import { type ScoreClass, scoreClasses } from './pii-labels.js';

/** What a detector reports of a text. */
export interface Finding extends Span {
  readonly type: string;
}

export interface Measure {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ClassScore {
  readonly name: string;
  readonly labelled: number;
  readonly found: number;
  readonly strict: Measure;
  readonly partial: Measure;
  readonly overlapRecall: number;
  readonly fullyMasked: number;
}

export interface Score {
  readonly classes: readonly ClassScore[];
  /** Of all labelled spans. */
  readonly overlapRecall: number;
  readonly fullyMasked: number;
  readonly harmless: { readonly texts: number; readonly touched: number };
  readonly traps: { readonly lines: number; readonly hit: number };
}

/** A text and what was found in it. */
export interface ReadText {
  readonly text: LabelledText;
  readonly findings: readonly Finding[];
}

/** Scores what a detector found; the measures are defined in the README of the bench. */
export function score(texts: readonly LabelledText[], found: readonly (readonly Finding[])[]): Score {
  const read = texts.map((text, at) => ({ text, findings: countedFindings(text, found[at] ?? []) }));
  const spans = read.flatMap(({ text, findings }) => text.gold.map((span) => ({ span, text, findings })));
  const harmless = read.filter(({ text }) => text.gold.length === 0);
  const traps = read.flatMap(({ text, findings }) => text.traps.map((line) => ({ line, findings })));
  const isHit = ({ line, findings }: { line: Span; findings: readonly Finding[] }) =>
    findings.some((finding) => overlaps(finding, line));
  return {
    classes: scoreClasses(labelsNumbersApart(texts))
      .map((scored) => classScore(scored, read))
      .filter(({ labelled, found: reported }) => labelled + reported > 0),
    overlapRecall: share(spans, ({ span, findings }) => findings.some((f) => overlaps(f, span))),
    fullyMasked: share(spans, ({ span, text, findings }) => isMasked(text.text, span, findings)),
    harmless: {
      texts: harmless.length,
      touched: harmless.filter(({ findings }) => findings.length > 0).length,
    },
    traps: { lines: traps.length, hit: traps.filter(isHit).length },
  };
}

/** @returns the findings without those that lie where they say nothing */
export function countedFindings(text: LabelledText, findings: readonly Finding[]): Finding[] {
  return findings.filter(
    (finding) =>
      text.gold.some((span) => overlaps(span, finding)) ||
      text.traps.some((line) => overlaps(line, finding)) ||
      !text.neutral.some((span) => overlaps(span, finding) && span.types?.has(finding.type) !== false),
  );
}

export function goldOf({ types }: ScoreClass, { gold }: LabelledText): GoldSpan[] {
  return gold.filter((span) => [...span.types].every((type) => types.has(type)));
}

function classScore(scored: ScoreClass, read: readonly ReadText[]): ClassScore {
  let labelled = 0;
  let found = 0;
  let exact = 0;
  let reached = 0;
  let right = 0;
  let touched = 0;
  let masked = 0;
  for (const { text, findings } of read) {
    const gold = goldOf(scored, text);
    const own = findings.filter(({ type }) => scored.types.has(type));
    labelled += gold.length;
    found += own.length;
    exact += gold.filter((span) => own.some((f) => f.start === span.start && f.end === span.end)).length;
    reached += gold.filter((span) => own.some((f) => overlaps(f, span))).length;
    right += own.filter((f) => gold.some((span) => overlaps(f, span))).length;
    touched += gold.filter((span) => findings.some((f) => overlaps(f, span))).length;
    masked += gold.filter((span) => isMasked(text.text, span, findings)).length;
  }
  return {
    name: scored.name,
    labelled,
    found,
    strict: measure(exact / found, exact / labelled),
    partial: measure(right / found, reached / labelled),
    overlapRecall: touched / labelled,
    fullyMasked: masked / labelled,
  };
}

/** @returns whether every letter and digit of the span is covered, by findings of whatever type */
export function isMasked(text: string, span: Span, findings: readonly Span[]): boolean {
  const covering = findings.filter((finding) => overlaps(finding, span));
  for (const { 0: character, index } of text.slice(span.start, span.end).matchAll(/[\p{L}\p{N}]/gu)) {
    const start = span.start + index;
    if (!covering.some((f) => f.start <= start && start + character.length <= f.end)) return false;
  }
  return true;
}

/** NaN stands for nothing to measure: no precision where nothing was found, no recall where nothing is labelled. */
function measure(precision: number, recall: number): Measure {
  return {
    precision,
    recall,
    f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
  };
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length;
}
