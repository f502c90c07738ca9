import { readFileSync } from 'node:fs';
import { meaningOf, numberTypes } from './pii-labels.js';

/** Positions in UTF-16 code units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface GoldSpan extends Span {
  /** Types of ours that are right here. */
  readonly types: ReadonlySet<string>;
}

/** A stretch in which findings of these types say nothing; all types if there is no list. */
export interface NeutralSpan extends Span {
  readonly types?: ReadonlySet<string>;
}

export interface LabelledText {
  readonly id: string;
  readonly text: string;
  readonly gold: readonly GoldSpan[];
  readonly neutral: readonly NeutralSpan[];
  /** Lines that hold no identifier and look as if they did. */
  readonly traps: readonly Span[];
}

/**
 * @param file JSONL of `{id, text, spans?: [{start, end, type, raw?}]}`
 * @throws Error naming the line, never its text
 */
export function readLabelledTexts(file: string): LabelledText[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [readLine(line)];
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'not JSON' : cause instanceof Error ? cause.message : '';
      throw new Error(`line ${at + 1}: ${why}`, { cause });
    }
  });
}

function readLine(line: string): LabelledText {
  const {
    id,
    text,
    spans = [],
  } = JSON.parse(line) as {
    id?: unknown;
    text?: unknown;
    spans?: { start: number; end: number; type: string; raw?: string }[];
  };
  if (typeof id !== 'string' || typeof text !== 'string') throw new Error('expected id and text');
  const gold: GoldSpan[] = [];
  const neutral: NeutralSpan[] = [];
  for (const { start, end, type, raw } of spans) {
    if (!(start >= 0 && start < end && end <= text.length))
      throw new Error('a span lies outside of the text');
    const meaning = meaningOf(type, raw);
    if (meaning === 'neutral') neutral.push({ start, end });
    else gold.push({ start, end, types: new Set(meaning) });
  }
  return { id, text, gold, neutral, traps: [] };
}

/** @returns whether some label tells a record number from another number */
export function labelsNumbersApart(texts: readonly LabelledText[]): boolean {
  return texts.some(({ gold }) =>
    gold.some(({ types }) => types.size === 1 && numberTypes.some((type) => types.has(type))),
  );
}

export function overlaps(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end;
}
