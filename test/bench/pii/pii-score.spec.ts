import { describe, expect, it } from '@jest/globals';
import type { GoldSpan, LabelledText, NeutralSpan, Span } from './labelled-texts.js';
import { meaningOf, numberTypes } from './pii-labels.js';
import { type ClassScore, type Finding, score } from './pii-score.js';

const text = 'Call Ana Ruiz, MRN 4471-22, on 3/14/2021.';
const name = { start: 5, end: 13 };
const mrn = { start: 19, end: 26 };
const date = { start: 31, end: 40 };

const labelled = (
  gold: readonly GoldSpan[],
  neutral: NeutralSpan[] = [],
  traps: Span[] = [],
): LabelledText => ({
  id: 'x',
  text,
  gold,
  neutral,
  traps,
});
const gold = (span: Span, ...types: string[]): GoldSpan => ({ ...span, types: new Set(types) });
const found = (type: string, start: number, end: number): Finding => ({ type, start, end });

/** @returns the line of a class, with shares rounded to three digits */
function line(classes: readonly ClassScore[], wanted: string) {
  const scored = classes.find(({ name: own }) => own === wanted);
  return JSON.parse(
    JSON.stringify(scored, (_, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
    ),
  ) as ClassScore;
}

describe('labels', () => {
  it('of data sets become types of ours; ours stay apart, theirs are one kind', () => {
    expect(meaningOf('NAME', 'PERSON')).toEqual(['NAME']);
    expect(meaningOf('OTHER', 'ADDRESS')).toEqual(['ADDRESS']);
    expect(meaningOf('OTHER', 'ORGANIZATION')).toBe('neutral');
    expect(meaningOf('ID', 'MEDICAL_RECORD_NUMBER')).toEqual(numberTypes);
    expect(meaningOf('ID', 'IBAN_CODE')).toEqual(numberTypes);
    expect(meaningOf('MEDICAL_RECORD_NUMBER', undefined)).toEqual(['MEDICAL_RECORD_NUMBER']);
    expect(() => meaningOf('SOMETHING', 'ELSE')).toThrow('not known');
  });
});

describe('strict and partial', () => {
  it('count positions and type: one exact, one too short, one missed, one false', () => {
    const texts = [labelled([gold(name, 'NAME'), gold(date, 'DATE')]), labelled([gold(name, 'NAME')])];
    const findings = [
      [found('NAME', 5, 13), found('DATE', 31, 35)],
      [found('NAME', 20, 24), found('NAME', 31, 40)],
    ];
    const { classes } = score(texts, findings);
    // Two labelled, three found, one of them exact.
    expect(line(classes, 'NAME')).toMatchObject({
      labelled: 2,
      found: 3,
      strict: { precision: 0.333, recall: 0.5, f1: 0.4 },
      partial: { precision: 0.333, recall: 0.5, f1: 0.4 },
    });
    expect(line(classes, 'DATE')).toMatchObject({
      strict: { precision: 0, recall: 0, f1: 0 },
      partial: { precision: 1, recall: 1, f1: 1 },
      overlapRecall: 1,
      fullyMasked: 0,
    });
  });

  it('count another type as wrong, but as touched and masked', () => {
    const { classes, overlapRecall, fullyMasked } = score(
      [labelled([gold(date, 'DATE')])],
      [[found('PHONE', 31, 40)]],
    );
    expect(line(classes, 'DATE')).toMatchObject({
      strict: { recall: 0 },
      partial: { recall: 0 },
      overlapRecall: 1,
    });
    expect(line(classes, 'PHONE')).toMatchObject({ labelled: 0, found: 1, strict: { precision: 0 } });
    expect([overlapRecall, fullyMasked]).toEqual([1, 1]);
  });

  it('of two findings in one span count the one that is right once', () => {
    const { classes } = score(
      [labelled([gold(name, 'NAME')])],
      [[found('NAME', 5, 8), found('NAME', 9, 13)]],
    );
    expect(line(classes, 'NAME')).toMatchObject({
      strict: { precision: 0, recall: 0 },
      partial: { precision: 1, recall: 1 },
      fullyMasked: 1,
    });
  });

  it('tell numbers apart where the labels do, and always count them together', () => {
    const apart = score([labelled([gold(mrn, 'MEDICAL_RECORD_NUMBER')])], [[found('OTHER_ID', 19, 26)]]);
    expect(line(apart.classes, 'MEDICAL_RECORD_NUMBER')).toMatchObject({
      labelled: 1,
      found: 0,
      strict: { recall: 0, f1: 0 },
    });
    expect(line(apart.classes, 'ID (any number)')).toMatchObject({ strict: { precision: 1, recall: 1 } });
    const together = score([labelled([gold(mrn, ...numberTypes)])], [[found('OTHER_ID', 19, 26)]]);
    expect(together.classes.map((scored) => scored.name)).toEqual(['ID (any number)']);
    expect(line(together.classes, 'ID (any number)')).toMatchObject({ strict: { f1: 1 } });
  });
});

describe('masked', () => {
  it('is a span whose letters and digits are all covered, whatever parts them', () => {
    const masked = (...findings: Finding[]) =>
      score([labelled([gold(mrn, 'OTHER_ID')])], [findings]).fullyMasked;
    expect(masked(found('PHONE', 19, 23), found('OTHER_ID', 24, 26))).toBe(1);
    expect(masked(found('PHONE', 19, 23))).toBe(0);
    expect(masked(found('PHONE', 18, 25))).toBe(0);
    expect(masked()).toBe(0);
  });

  it('is no half of a character outside the basic plane', () => {
    const astral: LabelledText = { ...labelled([gold({ start: 0, end: 4 }, 'NAME')]), text: '𝐀𝐁 is here' };
    expect(score([astral], [[found('NAME', 0, 4)]]).fullyMasked).toBe(1);
    expect(score([astral], [[found('NAME', 0, 3)]]).fullyMasked).toBe(0);
  });
});

describe('texts without identifiers', () => {
  it('are touched by one finding of any type', () => {
    const texts = [labelled([]), labelled([]), labelled([gold(name, 'NAME')])];
    expect(score(texts, [[found('AGE', 0, 4)], [], [found('AGE', 0, 4)]]).harmless).toEqual({
      texts: 2,
      touched: 1,
    });
  });

  it('are not touched where nothing counts', () => {
    const neutral = [{ start: 0, end: 15 }];
    expect(score([labelled([], neutral)], [[found('NAME', 5, 13)]]).harmless.touched).toBe(0);
    const namesOnly = [{ start: 0, end: 15, types: new Set(['NAME']) }];
    expect(score([labelled([], namesOnly)], [[found('PHONE', 5, 13)]]).harmless.touched).toBe(1);
  });

  it('have lines that are traps, each counted once', () => {
    const traps = [
      { start: 0, end: 14 },
      { start: 15, end: 27 },
    ];
    const findings = [found('NAME', 0, 4), found('NAME', 5, 13)];
    expect(score([labelled([], [], traps)], [findings]).traps).toEqual({ lines: 2, hit: 1 });
  });
});
