import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalizeDate, normalizeEmail, normalizePhone, normalizeText } from './blind-index.normalization.js';

describe('normalizeText', () => {
  it.each([
    ['Muñoz', 'munoz'],
    ['MUN\u0303OZ', 'munoz'],
    ['  de   la\tCruz ', 'de la cruz'],
    ['Straße', 'strasse'],
    ['STRASSE', 'strasse'],
    ['STRAẞE', 'strasse'],
    ['ŉ', "'n"],
    ['Łukasz Øre', 'lukasz ore'],
    ['Ægir', 'aegir'],
    ['O\u2019Brien', "o'brien"],
    ['Smith\u2010Jones', 'smith-jones'],
    ['ＳＭＩＴＨ', 'smith'],
    ['ﬁsher', 'fisher'],
    ['İpek', 'ipek'],
    ['Σωκράτης', 'σωκρατησ'],
    ['ΣΩΚΡΑΤΗΣ', 'σωκρατησ'],
    ['Jo\u00adhn\u200b', 'john'],
    ['山田', '山田'],
    ['がく', 'がく'],
    ['', ''],
  ])('takes %j as %j', (text, normalized) => {
    expect(normalizeText(text)).toBe(normalized);
  });

  it('changes nothing that it has normalized', () => {
    const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(normalizeText(normalizeText(text))).toBe(normalizeText(text));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('changes no letter that it has normalized', () => {
    const unstable: string[] = [];
    for (let codePoint = 0; codePoint < 0x20_000; codePoint += 1) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const once = normalizeText(`a${String.fromCodePoint(codePoint)}b`);
      if (normalizeText(once) !== once) unstable.push(codePoint.toString(16));
    }
    expect(unstable).toEqual([]);
  });

  it('takes composed and decomposed spellings as the same', () => {
    const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(normalizeText(text.normalize('NFD'))).toBe(normalizeText(text.normalize('NFC')));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe('normalizePhone', () => {
  it.each([
    ['+1 (415) 555-0132', '4155550132'],
    ['1-415-555-0132', '4155550132'],
    ['415.555.0132', '4155550132'],
    ['４１５５５５０１３２', '4155550132'],
    ['+44 20 7946 0958', '442079460958'],
    ['+44 (0)20 7946 0958', '442079460958'],
    ['0044 20 7946 0958', '442079460958'],
    ['001 415 555 0132', '4155550132'],
    ['020 7946 0958', '02079460958'],
    ['10 0000 00000', '10000000000'],
    ['no number', ''],
  ])('takes %j as %j', (phone, normalized) => {
    expect(normalizePhone(phone)).toBe(normalized);
  });

  it('is the same however a number is punctuated', () => {
    const punctuated = fc.tuple(
      fc.stringMatching(/^[2-9][0-9]{9}$/),
      fc.array(fc.constantFrom(' ', '-', '.', '/', ') '), { minLength: 10, maxLength: 10 }),
      fc.constantFrom('', '1', '+1 ', '001-'),
    );
    const property = fc.property(punctuated, ([digits, marks, prefix]) => {
      const written = prefix + [...digits].map((digit, n) => digit + (marks[n] ?? '')).join('');
      expect(normalizePhone(written)).toBe(digits);
    });
    fc.assert(property);
  });
});

describe('normalizeEmail', () => {
  it.each([
    ['  Ana.Munoz@Example.ORG ', 'ana.munoz@example.org'],
    ['ａna@example.org', 'ana@example.org'],
  ])('takes %j as %j', (email, normalized) => {
    expect(normalizeEmail(email)).toBe(normalized);
  });
});

describe('normalizeDate', () => {
  it.each([
    ['1950-01-31', '1950-01-31'],
    [' 19500131 ', '1950-01-31'],
    ['1950-01-31T10:00:00.000Z', '1950-01-31'],
    ['1950-01', '1950-01'],
    ['1950', '1950'],
    ['31/01/1950', '31/01/1950'],
  ])('takes %j as %j', (date, normalized) => {
    expect(normalizeDate(date)).toBe(normalized);
  });
});

describe('each normalization', () => {
  const text = fc.string({ unit: 'binary' });
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789+-() T') });

  it.each([
    ['text', normalizeText, text],
    ['phone', normalizePhone, fc.oneof(digits, text)],
    ['email', normalizeEmail, text],
    ['date', normalizeDate, fc.oneof(digits, text)],
  ])('of %s changes nothing that it has normalized', (_, normalize, values) => {
    const property = fc.property(values, (value) => {
      expect(normalize(normalize(value))).toBe(normalize(value));
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
