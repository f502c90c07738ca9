import { describe, expect, it } from '@jest/globals';
import { NormalizedText } from './normalized-text.js';

describe('normalized text', () => {
  it('reads the decimal digits of every script of the basic plane', () => {
    const digits: string[] = [];
    for (let unit = 0x80; unit < 0x10000; unit++) {
      const character = String.fromCharCode(unit);
      if (/\p{Nd}/u.test(character)) digits.push(character);
    }
    expect(digits.length % 10).toBe(0);
    expect(NormalizedText.of(digits.join('')).text).toBe('0123456789'.repeat(digits.length / 10));
  });

  it.each([
    ['full-width letters and signs', 'ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'jane@example.com'],
    ['mathematical digits and letters', '\u{1d7cf}\u{1d7d0} \u{1d41a}', '12 a'],
    ['dashes of all kinds', '1\u20102\u20113\u20124\u20135\u20146\u22127\uff0d8', '1-2-3-4-5-6-7-8'],
    ['blanks of all kinds', '1\u00a02\u20093\u30004\u202f5', '1 2 3 4 5'],
    ['invisible characters', '1\u200b2\ufeff3\u20604\u00ad5\u202e6\u{e0031}7', '1234567'],
    ['combining marks and keycaps', '1\ufe0f\u20e32\u0301e\u0301é', '12ee'],
    ['controls', '1\u00002\u000b3\u00854', '12 3\n4'],
    ['circled digits, but no exponents', '\u2460\u2461 10\u00b2', '12 10\u00b2'],
    ['emoji as one opaque unit', 'a\u{1f600}b', 'a\ufffdb'],
    ['a placeholder as one opaque unit', 'a {PHONE} {x} {', 'a \xad {x} {'],
  ])('folds %s', (_, source, text) => {
    expect(NormalizedText.of(source).text).toBe(text);
  });

  it('maps spans back to the source, with the marks that belong to their last character', () => {
    const source = '\u{1f600}\u200b\uff11\u200b2\ufe0f\u20e3 x';
    const normalized = NormalizedText.of(source);
    expect(normalized.text).toBe('\ufffd12 x');
    const { start, end } = normalized.sourceSpan(1, 3);
    expect(source.slice(start, end)).toBe('\uff11\u200b2\ufe0f\u20e3');
  });

  it('keeps the map when spans are masked', () => {
    const source = 'ab\u200bcdef';
    const once = NormalizedText.of(source).withMasked([{ start: 1, end: 4 }]);
    expect(once.text).toBe('a\xadef');
    expect(once.sourceSpan(1, 2)).toEqual({ start: 1, end: 5 });
    expect(once.withMasked([{ start: 2, end: 4 }]).sourceSpan(2, 3)).toEqual({ start: 5, end: 7 });
  });
});
