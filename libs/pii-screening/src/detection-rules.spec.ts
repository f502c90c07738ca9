import { describe, expect, it } from '@jest/globals';
import { everyIdentifier, scopeOf } from './detection-scope.js';
import { labelledNumberCases } from './labelled-number-cases.spec-support.js';
import { LocalPiiDetector } from './local-pii-detector.js';
import { nameAndPlaceCases } from './name-and-place-cases.spec-support.js';
import { storedNotesRuleCases } from './rule-cases.spec-support.js';
import { storedNotesPolicy } from './screening-policy.js';

const detector = new LocalPiiDetector();

function expected(marked: string): { text: string; start: number; end: number } {
  const start = marked.indexOf('[');
  return { text: marked.replace('[', '').replace(']', ''), start, end: marked.lastIndexOf(']') - 1 };
}

const ruleCases = [...storedNotesRuleCases, ...labelledNumberCases, ...nameAndPlaceCases];
const storedNotes = scopeOf(storedNotesPolicy);

describe.each(ruleCases)('rule $rule', ({ rule, type, hits, misses }) => {
  it.each(hits)('finds exactly the marked span: %j', (marked) => {
    const { text, start, end } = expected(marked);
    expect(detector.detectSync(text)).toEqual([{ type, start, end, rule, confidence: expect.any(Number) }]);
  });

  it.each(misses)('leaves alone: %j', (text) => {
    // A city alone is a place, but no address.
    const scope = rule.startsWith('address-') ? storedNotes : everyIdentifier;
    expect(detector.detectSync(text, scope).filter((finding) => finding.type === type)).toEqual([]);
  });
});

it('has a case for every rule that reports a finding', () => {
  const reported = new Set(
    ruleCases.flatMap(({ hits }) =>
      hits.flatMap((hit) => detector.detectSync(expected(hit).text).map((f) => f.rule)),
    ),
  );
  expect([...reported].sort()).toEqual(ruleCases.map(({ rule }) => rule).sort());
});
