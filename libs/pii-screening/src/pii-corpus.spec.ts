import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readLabelledTexts } from '../../../test/bench/pii/labelled-texts.js';
import { score } from '../../../test/bench/pii/pii-score.js';
import { LocalPiiDetector } from './local-pii-detector.js';
import { type PiiType, piiTypes } from './pii-types.js';

const names = ['identifiers', 'evasions', 'notes', 'traps'] as const;
const fileOf = (name: string) => `test/fixtures/pii/${name}.jsonl`;

interface CorpusLine {
  id: string;
  text: string;
  spans: { start: number; end: number; type: PiiType; text: string }[];
}

const lines = names.flatMap((name) =>
  readFileSync(fileOf(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CorpusLine),
);
const spans = lines.flatMap(({ id, text, spans: own }) => own.map((span) => ({ id, source: text, ...span })));

describe('the labelled texts', () => {
  it('are at least 300, of them at least 50 whole notes and 100 traps', () => {
    expect(lines.length).toBeGreaterThanOrEqual(300);
    expect(readLabelledTexts(fileOf('notes')).length).toBeGreaterThanOrEqual(50);
    expect(readLabelledTexts(fileOf('traps')).length).toBeGreaterThanOrEqual(100);
  });

  it.each(piiTypes)('hold %s', (type) => {
    expect(spans.filter((span) => span.type === type).length).toBeGreaterThanOrEqual(4);
  });

  it('are each there once, under an id of their own', () => {
    const repeated = (values: readonly string[]) =>
      values.filter((value, at) => values.indexOf(value) !== at);
    expect(repeated(lines.map(({ id }) => id))).toEqual([]);
    const texts = lines.map(({ text }) => text);
    expect(lines.filter(({ text }, at) => texts.indexOf(text) !== at).map(({ id }) => id)).toEqual([]);
  });

  it('carry known types at the positions where the labelled pieces stand', () => {
    const wrong = spans.filter(
      ({ source, start, end, type, text }) =>
        !piiTypes.includes(type) || start < 0 || start >= end || source.slice(start, end) !== text,
    );
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it('carry spans without blanks at their ends, in order, none in another', () => {
    const padded = spans.filter(({ text }) => text !== text.trim()).map(({ id }) => id);
    const tangled = lines.filter(({ spans: own }) =>
      own.some(({ start }, at) => start < (own[at - 1]?.end ?? 0)),
    );
    expect([...padded, ...tangled.map(({ id }) => id)]).toEqual([]);
  });

  it('that are traps hold no identifier', () => {
    expect(lines.filter(({ id, spans: own }) => id.startsWith('trap') && own.length > 0)).toEqual([]);
  });
});

/** In percent, a little below what the detector reached when it was last changed: it must not get worse unnoticed. */
const floors: Record<PiiType, { recall: number; strictRecall: number; strictPrecision: number }> = {
  US_SOCIAL_SECURITY_NUMBER: { recall: 95, strictRecall: 95, strictPrecision: 97 },
  CREDIT_DEBIT_CARD_NUMBER: { recall: 100, strictRecall: 100, strictPrecision: 100 },
  PHONE: { recall: 98, strictRecall: 98, strictPrecision: 98 },
  EMAIL: { recall: 97, strictRecall: 97, strictPrecision: 97 },
  ADDRESS: { recall: 93, strictRecall: 92, strictPrecision: 95 },
  NAME: { recall: 82, strictRecall: 79, strictPrecision: 93 },
  AGE: { recall: 93, strictRecall: 93, strictPrecision: 93 },
  DATE: { recall: 96, strictRecall: 96, strictPrecision: 98 },
  URL: { recall: 100, strictRecall: 100, strictPrecision: 100 },
  IP_ADDRESS: { recall: 100, strictRecall: 100, strictPrecision: 100 },
  DRIVER_ID: { recall: 66, strictRecall: 66, strictPrecision: 100 },
  LICENSE_PLATE: { recall: 80, strictRecall: 80, strictPrecision: 100 },
  VEHICLE_IDENTIFICATION_NUMBER: { recall: 100, strictRecall: 100, strictPrecision: 100 },
  MEDICAL_RECORD_NUMBER: { recall: 88, strictRecall: 84, strictPrecision: 92 },
  HEALTH_PLAN_ID: { recall: 90, strictRecall: 90, strictPrecision: 90 },
  ACCOUNT_NUMBER: { recall: 84, strictRecall: 84, strictPrecision: 91 },
  DEVICE_ID: { recall: 81, strictRecall: 81, strictPrecision: 90 },
  OTHER_ID: { recall: 92, strictRecall: 92, strictPrecision: 92 },
};

describe('of the labelled texts the detector', () => {
  const detector = new LocalPiiDetector();
  const texts = names.flatMap((name) => readLabelledTexts(fileOf(name)));
  const result = score(
    texts,
    texts.map(({ text }) => detector.detectSync(text)),
  );

  it.each(piiTypes)('finds %s as well as it ever did', (type) => {
    const reached = result.classes.find(({ name }) => name === type);
    const floor = floors[type];
    expect(100 * (reached?.partial.recall ?? 0)).toBeGreaterThanOrEqual(floor.recall);
    expect(100 * (reached?.strict.recall ?? 0)).toBeGreaterThanOrEqual(floor.strictRecall);
    expect(100 * (reached?.strict.precision ?? 0)).toBeGreaterThanOrEqual(floor.strictPrecision);
  });

  it('touches and masks what identifies', () => {
    expect(result.overlapRecall).toBeGreaterThanOrEqual(0.93);
    expect(result.fullyMasked).toBeGreaterThanOrEqual(0.92);
  });

  it('leaves alone what only looks like it', () => {
    expect(result.harmless.touched / result.harmless.texts).toBeLessThanOrEqual(0.02);
  });
});
