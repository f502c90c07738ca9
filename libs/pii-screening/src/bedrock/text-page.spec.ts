import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piiTypes, type PiiFinding } from '../pii-types.js';
import { MaskedText } from './masked-text.js';
import { mergeFindings } from './merged-findings.js';
import { chunksOf } from './text-chunks.js';
import { paginate } from './text-page.js';

const finding = (type: PiiFinding['type'], start: number, end: number): PiiFinding => ({
  type,
  start,
  end,
  confidence: 1,
  rule: 'x',
});
const pageOf = (text: string, findings: PiiFinding[] = []) =>
  paginate([new MaskedText(text, findings)], 1_000)[0]!;

/** Words of all kinds with a mark word between them, and findings over some of the words. */
const noted = fc
  .array(
    fc.record({
      word: fc.constantFrom('blip', '😀', 'e\u0301', '{PHONE}', '(x)', 'a.b', '病', '  ', '\n', '\n\n', '$&'),
      isFound: fc.boolean(),
      type: fc.constantFrom(...piiTypes),
    }),
    { maxLength: 40 },
  )
  .map((words) => {
    let text = '';
    const findings: PiiFinding[] = [];
    const marks: number[] = [];
    for (const { word, isFound, type } of words) {
      if (isFound) findings.push(finding(type, text.length, text.length + word.length));
      text += `${word} `;
      marks.push(text.length);
      text += 'zorblat ';
    }
    return { text, findings, marks };
  });

describe('the way back to the source', () => {
  it('leads to the very places, whatever is masked, cut and put on pages', () => {
    fc.assert(
      fc.property(
        fc.array(noted, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 60, max: 400 }),
        (texts, most) => {
          const pages = paginate(
            texts.map(({ text, findings }) => new MaskedText(text, findings)),
            most,
          );
          const placed = pages.flatMap((page) => page.locate('zorblat', 'drop') ?? []);
          const expected = texts.flatMap(({ marks }, text) =>
            marks.map((start) => ({ text, start, end: start + 'zorblat'.length })),
          );
          expect(placed).toEqual(expected);
          expect(pages.every((page) => page.text.length <= most)).toBe(true);
        },
      ),
    );
  });

  it('touches no finding and no half of a surrogate pair, whatever a service quotes', () => {
    fc.assert(
      fc.property(
        noted,
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        (note, noise, from, length) => {
          const masked = new MaskedText(note.text, note.findings);
          const start = from % (masked.text.length + 1);
          const quoted = masked.text.slice(start, start + (length % 40));
          for (const page of paginate([masked], 10_000)) {
            for (const atBarrier of ['clip', 'drop'] as const) {
              for (const span of [
                ...(page.locate(quoted, atBarrier) ?? []),
                ...(page.locate(noise, atBarrier) ?? []),
              ]) {
                expect(span.end).toBeGreaterThan(span.start);
                expect(note.findings.some((known) => known.start < span.end && span.start < known.end)).toBe(
                  false,
                );
                const found = note.text.slice(span.start, span.end);
                expect(/\p{Surrogate}/u.test(found)).toBe(false);
              }
            }
          }
        },
      ),
    );
  });

  it('finds what is quoted with signs that mean something in patterns', () => {
    const text = 'ref (a+b)*[c]{2}|$^\\d? end';
    expect(pageOf(text).locate('(a+b)*[c]{2}|$^\\d?', 'drop')).toEqual([{ text: 0, start: 4, end: 22 }]);
  });

  it('takes time in proportion to the text for blanks and quotes of any kind', () => {
    const page = paginate([new MaskedText(`a${' '.repeat(24_000)}b a`, [])], 25_000)[0]!;
    const start = performance.now();
    for (let n = 0; n < 100; n++) page.locate('a b c', 'clip');
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('a long text', () => {
  const cut = (text: string, most: number) =>
    chunksOf(text, most, new MaskedText(text, []).tags).map(({ start, end }) => text.slice(start, end));

  it.each<[string, string, number, string[]]>([
    ['a paragraph before a line', 'aaaa bbb\n\ncc\ndd ee ff', 14, ['aaaa bbb\n\n', 'cc\ndd ee ff']],
    [
      'a line before a sentence',
      'He slept well.\nShe walked. Then',
      28,
      ['He slept well.\n', 'She walked. Then'],
    ],
    [
      'a sentence before a blank',
      'He was seen and waited. Then she left',
      30,
      ['He was seen and waited. ', 'Then she left'],
    ],
    ['no title for a sentence', 'He was seen by Dr. Blip there', 25, ['He was seen by Dr. Blip ', 'there']],
    ['no tag in two', `${'x'.repeat(9)}{PHONE}yyyy`, 12, [`${'x'.repeat(9)}`, '{PHONE}yyyy']],
    ['no surrogate pair in two', 'xxx😀xxx', 4, ['xxx', '😀xx', 'x']],
  ])('is cut at %s', (_name, text, most, chunks) => {
    expect(cut(text, most)).toEqual(chunks);
  });

  it('is whole after cutting', () => {
    fc.assert(
      fc.property(noted, fc.integer({ min: 50, max: 80 }), ({ text }, most) => {
        const chunks = cut(text, most);
        expect(chunks.join('')).toBe(text);
        expect(chunks.every((chunk) => chunk.length <= most)).toBe(true);
      }),
    );
  });
});

describe('findings that overlap', () => {
  it('become one over all of them, named by the first type', () => {
    const merged = mergeFindings([
      finding('DATE', 20, 25),
      finding('NAME', 5, 12),
      finding('URL', 0, 6),
      finding('ADDRESS', 11, 15),
      finding('AGE', 15, 18),
    ]);
    expect(merged.map(({ type, start, end }) => [type, start, end])).toEqual([
      ['ADDRESS', 0, 15],
      ['AGE', 15, 18],
      ['DATE', 20, 25],
    ]);
  });
});
