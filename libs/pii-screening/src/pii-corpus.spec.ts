import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { LocalPiiDetector } from './local-pii-detector.js';
import type { PiiType } from './pii-types.js';

interface LabelledText {
  id: string;
  text: string;
  spans: { start: number; end: number; type: PiiType }[];
}

const read = (name: string): LabelledText[] =>
  readFileSync(`test/fixtures/pii/${name}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LabelledText);

const identifiers = read('identifiers');
const traps = read('traps');
const detector = new LocalPiiDetector();
const types: PiiType[] = [
  'US_SOCIAL_SECURITY_NUMBER',
  'CREDIT_DEBIT_CARD_NUMBER',
  'PHONE',
  'EMAIL',
  'ADDRESS',
];

function score(texts: readonly LabelledText[], type: PiiType) {
  let labelled = 0;
  let overlapped = 0;
  let exact = 0;
  let reported = 0;
  for (const { text, spans } of texts) {
    const wanted = spans.filter((span) => span.type === type);
    const found = detector.detectSync(text).filter((finding) => finding.type === type);
    labelled += wanted.length;
    reported += found.length;
    overlapped += wanted.filter((span) => found.some((f) => f.start < span.end && f.end > span.start)).length;
    exact += wanted.filter((span) => found.some((f) => f.start === span.start && f.end === span.end)).length;
  }
  return {
    labelled,
    recall: overlapped / labelled,
    strictRecall: exact / labelled,
    strictPrecision: exact / reported,
  };
}

describe('labelled clinical texts', () => {
  it('are at least 120, of them at least 15 spans of each type', () => {
    expect(identifiers.length + traps.length).toBeGreaterThanOrEqual(120);
    for (const type of types) expect(score(identifiers, type).labelled).toBeGreaterThanOrEqual(15);
  });

  it('carry spans that lie inside their text', () => {
    for (const { id, text, spans } of identifiers) {
      for (const { start, end } of spans)
        expect({ id, fits: start < end && end <= text.length }).toEqual({ id, fits: true });
    }
  });

  it.each(types)('%s: recall and strict precision stay above their floors', (type) => {
    const { recall, strictRecall, strictPrecision } = score(identifiers, type);
    expect(recall).toBeGreaterThanOrEqual(0.95);
    expect(strictRecall).toBeGreaterThanOrEqual(0.95);
    expect(strictPrecision).toBeGreaterThanOrEqual(0.95);
  });

  it('that hold no identifier are not touched', () => {
    const touched = traps.filter(({ text }) => detector.detectSync(text).length > 0).map(({ id }) => id);
    expect(touched).toEqual([]);
  });
});
