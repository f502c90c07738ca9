import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DetectionScope, scopeOf } from './detection-scope.js';
import { LocalPiiDetector } from './local-pii-detector.js';
import type { PiiFinding, PiiType } from './pii-types.js';
import { maskFindings } from './screened-string.js';
import { storedNotesPolicy } from './screening-policy.js';

const detector = new LocalPiiDetector();
const storedNotes = scopeOf(storedNotesPolicy);

describe('a scope', () => {
  const detect = (text: string, scope?: DetectionScope) =>
    detector.detectSync(text, scope).map(({ type, start, end }) => ({ type, text: text.slice(start, end) }));
  const only = (...types: PiiType[]): DetectionScope => ({ types: new Set(types), bareLocations: false });

  it('holds detection to its types', () => {
    const text = 'Seen by Dr. Patel on 4/22/2022, MRN 445566, call 617-555-0143.';
    expect(detect(text, only('PHONE'))).toEqual([{ type: 'PHONE', text: '617-555-0143' }]);
    expect(detect(text).map(({ type }) => type)).toEqual(['NAME', 'DATE', 'MEDICAL_RECORD_NUMBER', 'PHONE']);
  });

  it('leaves hospitals and towns alone unless it asks for them, never a street', () => {
    const text = 'Seen at Mercy Hospital in Chicago, lives at 12 Oak Street, Salem, MA 01970.';
    expect(detect(text, storedNotes)).toEqual([{ type: 'ADDRESS', text: '12 Oak Street, Salem, MA 01970' }]);
    expect(detect(text).map((finding) => finding.text)).toEqual([
      'Mercy Hospital',
      'Chicago',
      '12 Oak Street, Salem, MA 01970',
    ]);
  });

  it('that does not ask for record numbers sees the social security number that stands in their place', () => {
    const text = 'MRN: 123-45-6789';
    expect(detect(text)).toEqual([{ type: 'MEDICAL_RECORD_NUMBER', text: '123-45-6789' }]);
    expect(detect(text, storedNotes)).toEqual([{ type: 'US_SOCIAL_SECURITY_NUMBER', text: '123-45-6789' }]);
  });

  it('of a policy is what it blocks and anonymizes; places count where names do', () => {
    expect([...storedNotes.types]).toEqual([
      'US_SOCIAL_SECURITY_NUMBER',
      'CREDIT_DEBIT_CARD_NUMBER',
      'PHONE',
      'EMAIL',
      'ADDRESS',
    ]);
    expect(storedNotes.bareLocations).toBe(false);
    expect(scopeOf({ ...storedNotesPolicy, NAME: 'ANONYMIZE' }).bareLocations).toBe(true);
  });
});

describe('overlapping candidates', () => {
  it('become one span named by the type that the policy is strictest about', () => {
    expect(detector.detectSync('to 219-09-9999@example.com')).toMatchObject([
      { type: 'US_SOCIAL_SECURITY_NUMBER', start: 3, end: 26 },
    ]);
  });
});

const fragment = fc.oneof(
  fc.constantFrom(
    '617-555-0143',
    '(617) 555-0143',
    '6175550143',
    '+44 20 7946 0958',
    'jane@example.com',
    'jane dot doe at example dot com',
    'phone',
    'SSN',
    'email',
    'lives at',
    '12 Oak Street',
    'Apt 4B',
    'Salem, MA 01970',
    'PO Box 12',
    '4111 1111 1111 1111',
    '219-09-9999',
    'call',
    '-',
    '.',
    ' ',
    '\n',
    ',',
    '(',
    ')',
    '@',
    '{PHONE}',
    '{',
    '😀',
    '\u200b',
    '\u0301',
    '１２',
    '\u00a0',
    'x12',
    'St',
    '12',
    '555',
    '+1',
    'at',
    '"',
    'Dr.',
    'Martha',
    'Smith',
    'Anna S.',
    'Oluwaseun Adeyemi',
    'wife',
    'named',
    'seen at',
    'Mercy Hospital',
    'Chicago',
    'GA',
    'April 12th',
    '2023',
    'May',
    '4/22/22',
    'MRN:',
    'ID',
    'AB-123456',
    'policy #',
    '92-year-old',
    'https://example.org/a',
    '10.0.0.1',
    'disease',
    "'s",
    'St.',
    'of',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.stringMatching(/^[0-9 .-]{0,12}$/),
);
const hostileText = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''));
const spacedText = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(' '));
const anyText = fc.oneof(hostileText, spacedText);
/** Longer than the windows that are scanned again around what was found. */
const longText = fc.array(fragment, { minLength: 80, maxLength: 200 }).map((parts) => parts.join(' '));

describe('findings of any text', () => {
  it('are in order, not empty, not overlapping, inside the text and never cut a surrogate pair', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        let from = 0;
        for (const { start, end } of detector.detectSync(text)) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          for (const edge of [start, end]) expect(splitsPair(text, edge)).toBe(false);
          from = end;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('can be replaced without touching anything else', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const findings = detector.detectSync(text);
        const kept = findings.map((finding, index) =>
          text.slice(findings[index - 1]?.end ?? 0, finding.start),
        );
        const tail = text.slice(findings.at(-1)?.end ?? 0);
        expect(maskFindings(text, findings)).toBe(
          findings.map(({ type }, index) => `${kept[index]}{${type}}`).join('') + tail,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('are all there at once: the masked text, sent again, is clean', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(detector.detectSync(maskFindings(text, detector.detectSync(text)))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('are all there at once in long texts as well', () => {
    fc.assert(
      fc.property(longText, (text) => {
        expect(detector.detectSync(maskFindings(text, detector.detectSync(text)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('are the same each time and the same by way of the port', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const findings: PiiFinding[] = detector.detectSync(text);
        expect(detector.detectSync(text)).toEqual(findings);
        expect(await detector.detect(text)).toEqual(findings);
        expect(await detector.detectAll([text, ''])).toEqual([findings, []]);
      }),
      { numRuns: 200 },
    );
  });
});

function splitsPair(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));
}

it('lets other requests run between long texts', async () => {
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  const long = 'BP 120/80 and well. '.repeat(16_000);
  await detector.detectAll(Array.from({ length: 12 }, () => long));
  clearInterval(ticking);
  expect(turns).toBeGreaterThan(1);
});
