import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type PiiFinding, type PiiType, piiTypes } from '../pii-types.js';
import { policyOf } from '../screening-policy.js';
import { deidentifyText } from './deidentify-text.js';
import type { DeidentificationOptions } from './replacements.js';

const asOf = new Date('2026-06-01');

/** @param marked text with its identifiers as `[[TYPE|text]]` */
function deidentify(marked: string, options: DeidentificationOptions = {}): string {
  let text = '';
  const findings: PiiFinding[] = [];
  for (const piece of marked.split(/(\[\[[A-Z_]+\|.*?\]\])/s)) {
    const [, type, value] = /^\[\[([A-Z_]+)\|(.*)\]\]$/s.exec(piece) ?? [];
    if (type !== undefined && value !== undefined) {
      const start = text.length;
      findings.push({
        type: type as PiiType,
        start,
        end: start + value.length,
        confidence: 1,
        rule: 'by-hand',
      });
    }
    text += value ?? piece;
  }
  return deidentifyText(text, findings, { asOf, ...options });
}

describe('Safe Harbor, 45 CFR 164.514(b)(2)(i)', () => {
  const plainTypes = piiTypes.filter((type) => !['DATE', 'AGE', 'ADDRESS'].includes(type));

  it.each(plainTypes)('%s becomes its tag', (type) => {
    expect(deidentify(`😀 seen, [[${type}|Xq-77 12]], stable`)).toBe(`😀 seen, {${type}}, stable`);
  });

  it.each([
    ['April 12, 2023', '2023'],
    ['03/14/2021', '2021'],
    ['2021-03-14', '2021'],
    ['2021-03-14T08:30:00Z', '2021'],
    ['14-Mar-21', '2021'],
    ['3/14/21', '2021'],
    ['3/14/64', '1964'],
    ['14.03.1999', '1999'],
    ["Mar 14 '21", '2021'],
    ['March of 2021', '2021'],
    ['20210314', '2021'],
    ['03142021', '2021'],
    ['03/14/２０２１', '2021'],
    ['Feb 3-7, 2022', '2022'],
    ['12/30/2020 - 1/3/2021', '2020-2021'],
    ['3/14', '{DATE}'],
    ['March 14th', '{DATE}'],
    ['the fourteenth of March', '{DATE}'],
  ])('(C) of the date %s stays %s', (date, stays) => {
    expect(deidentify(`Admitted [[DATE|${date}]].`)).toBe(`Admitted ${stays}.`);
  });

  it.each([
    ['06/12/1936', '{DATE}'],
    ['06/12/1937', '1937'],
    ['6/12/30', '{DATE}'],
    ['1901-01-01', '{DATE}'],
  ])('(C) a year that tells an age over 89 does not stay: %s', (date, stays) => {
    expect(deidentify(`DOB [[DATE|${date}]]`)).toBe(`DOB ${stays}`);
  });

  it.each([
    ['[[AGE|93]]-year-old', '90+-year-old'],
    ['[[AGE|90]] y/o', '90+ y/o'],
    ['[[AGE|101 years old]]', '90+ years old'],
    ['[[AGE|97yo]]', '90+yo'],
    ['[[AGE|ninety-four]]', '90+'],
    ['[[AGE|89]]-year-old', '89-year-old'],
    ['[[AGE|45 years]]', '45 years'],
    ['[[AGE|96 months]]', '{AGE}'],
    ['[[AGE|very old]]', '{AGE}'],
  ])('(C) ages over 89 are told as one: %s', (age, told) => {
    expect(deidentify(`A ${age} woman`)).toBe(`A ${told} woman`);
  });

  it.each([
    ['12 Oak Street, Springfield, IL 62704', '{ADDRESS} 627'],
    ['350 5th Ave, New York, NY 10118-0110', '{ADDRESS} 101'],
    ['Madison, Wisconsin 53703', '{ADDRESS} 537'],
    ['Fargo, ND 69201', '{ADDRESS} 000'],
    ['62704', '627'],
    ['03601', '000'],
    ['Hauptstraße 5, Berlin 10115', '{ADDRESS}'],
    ['Larkspur Valley Hospital', '{ADDRESS}'],
    ['4500 County Road 12', '{ADDRESS}'],
  ])('(B) of the address %s stays %s', (address, stays) => {
    expect(deidentify(`Lives at [[ADDRESS|${address}]].`)).toBe(`Lives at ${stays}.`);
  });

  it.each([
    ['http://www.w3.org/1999/xhtml', 'http://www.w3.org/1999/xhtml'],
    ['http://terminology.hl7.org/CodeSystem/v3-ActCode', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'],
    ['https://loinc.org.example.com/ana', '{URL}'],
    ['https://loinc.org/?patient=ana', '{URL}'],
    ['https://example.org/ana', '{URL}'],
  ])('(N) of addresses of the web those stay that name terminologies: %s', (url, stays) => {
    expect(deidentify(`See [[URL|${url}]]`)).toBe(`See ${stays}`);
  });

  it('(B) hides each of the 17 areas of 20,000 people or fewer', () => {
    const sparse = '036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'.split(' ');
    expect(sparse.map((area) => deidentify(`[[ADDRESS|${area}01]]`))).toEqual(sparse.map(() => '000'));
    expect(deidentify('[[ADDRESS|03501]] [[ADDRESS|05801]]')).toBe('035 058');
  });
});

describe('a policy', () => {
  it('keeps what it allows and replaces what it blocks, since nothing is stored', () => {
    const policy = policyOf('ANONYMIZE', { NAME: 'ALLOW', US_SOCIAL_SECURITY_NUMBER: 'BLOCK' });
    const marked = '[[NAME|Ana Ruiz]], [[US_SOCIAL_SECURITY_NUMBER|219-09-9999]], [[PHONE|617-555-0143]]';
    expect(deidentify(marked, { policy })).toBe('Ana Ruiz, {US_SOCIAL_SECURITY_NUMBER}, {PHONE}');
  });
});

describe('surrogates', () => {
  it('are the same tag for the same value, whatever its case and blanks', () => {
    const marked =
      '[[NAME|Ana Ruiz]] and [[NAME|Bo Lind]]; [[NAME|ANA  RUIZ]] called, then [[NAME|Ana\nRuiz]], [[PHONE|555-0143]].';
    expect(deidentify(marked, { surrogates: true })).toBe(
      '{NAME_1} and {NAME_2}; {NAME_1} called, then {NAME_1}, {PHONE_1}.',
    );
  });

  it('leave years and ages as they are without them', () => {
    const marked = '[[DATE|3/14/2021]], [[DATE|3/14]], [[AGE|93]], [[ADDRESS|Salem, MA 01970]]';
    expect(deidentify(marked, { surrogates: true })).toBe('2021, {DATE_1}, 90+, {ADDRESS_1} 019');
  });
});

describe('any text with any findings', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[[\]|]/g, ''));
  const secret = fc.stringMatching(/^[b-df-hj-np-tv-z]{6,12}$/);
  const pieces = fc.array(fc.tuple(words, fc.constantFrom(...piiTypes), secret), { maxLength: 8 });

  it('keeps what is around them and nothing of what is in them', () => {
    fc.assert(
      fc.property(pieces, words, fc.boolean(), (parts, rest, surrogates) => {
        const marked = parts.map(([before, type, value]) => `${before}[[${type}|${value}]]`).join('') + rest;
        const result = deidentify(marked, { surrogates });
        const around = result.split(/\{[A-Z][A-Z_]+?(?:_\d+)?\}/);
        expect(around).toEqual([...parts.map(([before]) => before), rest]);
      }),
    );
  });
});
