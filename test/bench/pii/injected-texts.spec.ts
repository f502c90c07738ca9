import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { injectIdentifiers } from './injected-texts.js';
import { type LabelledText, overlaps, readLabelledTexts } from './labelled-texts.js';
import { worstErrors } from './pii-errors.js';
import { score } from './pii-score.js';

const notes: LabelledText[] = ['One', 'Two', 'Three'].map((id) => ({
  id,
  text: 'SUBJECTIVE\n\nShe feels well. Dr. Lane agrees. No fever.\n• Lungs: clear.\nBack in 3 months. Call if worse.',
  gold: [],
  neutral: [],
  traps: [],
}));

describe('notes with injected identifiers', () => {
  const injected = injectIdentifiers(notes, 40, 7);

  it('are the same for the same seed, and others for another', () => {
    expect(injectIdentifiers(notes, 40, 7)).toEqual(injected);
    expect(injectIdentifiers(notes, 40, 8)).not.toEqual(injected);
  });

  it('hold as many identifiers and traps as were asked for, each where its position says', () => {
    for (const { text, gold, traps } of injected) {
      expect([gold.length, traps.length]).toEqual([40, 40]);
      for (const { start, end, types } of gold) {
        const value = text.slice(start, end);
        expect(value).toBe(value.trim());
        expect([...types].join()).toMatch(/^[A-Z_]+$/);
        if (types.has('US_SOCIAL_SECURITY_NUMBER')) expect(value).toMatch(/^\d{3}.\d{2}.\d{4}$/);
        if (types.has('IP_ADDRESS')) expect(value).toMatch(/^[0-9a-f.:]+$/);
      }
      const spans = [...gold, ...traps];
      for (const span of spans) expect(spans.filter((other) => overlaps(span, other))).toEqual([span]);
    }
  });

  it('are the notes as they were, but for whole lines that were put in', () => {
    for (const { text, neutral } of injected) {
      const kept = neutral.map(({ start, end }) => text.slice(start, end)).join('');
      expect(kept).toBe(notes[0]?.text);
      expect(text).toContain('Dr. Lane agrees.');
    }
  });

  it('hold card numbers with a right check digit', () => {
    const cards = injected.flatMap(({ text, gold }) =>
      gold
        .filter(({ types }) => types.has('CREDIT_DEBIT_CARD_NUMBER'))
        .map(({ start, end }) => text.slice(start, end).replace(/\D/g, '')),
    );
    expect(cards.length).toBeGreaterThan(3);
    const sum = (digits: string) =>
      [...digits]
        .toReversed()
        .flatMap((digit, at) => (at % 2 === 1 ? [...String(2 * Number(digit))] : [digit]))
        .reduce((total, digit) => total + Number(digit), 0);
    expect(cards.filter((digits) => sum(digits) % 10 !== 0)).toEqual([]);
  });

  it('count a number found in the note itself as false, a name there as unknown', () => {
    const [note] = injected;
    const lane = note?.text.indexOf('Lane agrees') ?? 0;
    const found = (type: string) => [[{ type, start: lane, end: lane + 4 }]];
    const classesOf = (type: string) => score(injected.slice(0, 1), found(type)).classes;
    expect(classesOf('NAME').map(({ name }) => name)).not.toContain('NAME');
    expect(classesOf('PHONE').find(({ name }) => name === 'PHONE')?.found).toBe(1);
  });
});

describe('a file of labelled texts', () => {
  const read = (content: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-labelled-'));
    try {
      writeFileSync(join(folder, 'x.jsonl'), content);
      return readLabelledTexts(join(folder, 'x.jsonl'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('is read line by line; a text without spans is harmless', () => {
    const [first, second] = read(
      '{"id": "a", "text": "Ana called", "spans": [{"start": 0, "end": 3, "type": "NAME", "raw": "PERSON"}]}\n\n{"id": "b", "text": "x"}\n',
    );
    expect(first?.gold).toEqual([{ start: 0, end: 3, types: new Set(['NAME']) }]);
    expect(second).toEqual({ id: 'b', text: 'x', gold: [], neutral: [], traps: [] });
  });

  it.each([
    ['not JSON', '{"id": "a", "text": "Ana'],
    ['without a text', '{"id": "Ana"}'],
    ['with a span outside', '{"id": "a", "text": "Ana", "spans": [{"start": 0, "end": 9, "type": "NAME"}]}'],
    [
      'with an unknown label',
      '{"id": "a", "text": "Ana", "spans": [{"start": 0, "end": 3, "type": "MOOD"}]}',
    ],
  ])('%s is refused by the number of the line, and nothing of it is told', (_, line) => {
    const refused = () => read(`{"id": "1", "text": "fine"}\n${line}`);
    expect(refused).toThrow(/^line 2: /);
    expect(refused).not.toThrow(/Ana|MOOD/);
  });
});

describe('the worst errors', () => {
  it('are those that leave an identifier behind, a bounded number of each type', () => {
    const text: LabelledText = {
      id: 'x',
      text: 'Ana Ruiz, Bo Lind, Cy Moe',
      gold: [
        { start: 0, end: 8, types: new Set(['NAME']) },
        { start: 10, end: 17, types: new Set(['NAME']) },
        { start: 19, end: 25, types: new Set(['NAME']) },
      ],
      neutral: [],
      traps: [],
    };
    const found = [
      { type: 'NAME', start: 0, end: 9 },
      { type: 'NAME', start: 10, end: 12 },
    ];
    const kinds = (most: number) => worstErrors([text], [found], most).map(({ kind }) => kind);
    expect(kinds(10)).toEqual(['missed', 'half masked', 'other bounds']);
    expect(kinds(2)).toEqual(['missed', 'half masked']);
    expect(worstErrors([text], [found], 1)[0]?.quote).toBe('Ana Ruiz, Bo Lind, [Cy Moe]');
  });
});
