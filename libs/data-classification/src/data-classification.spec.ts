import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classify, type InheritedTags, type Tags } from './data-classification.js';

const from = (source: InheritedTags['from'], tags: Tags): InheritedTags => ({ from: source, tags });
const phi = { DataClassification: 'PHI' };
const none = { PHI: 'no' };

describe('what a resource holds', () => {
  it.each<[Tags, InheritedTags[], string, string]>([
    [phi, [], 'PHI', 'its tag DataClassification'],
    [{ phi: 'Yes' }, [], 'PHI', 'its tag PHI'],
    [{ ...phi, PHI: 'no' }, [], 'PHI', 'its tag DataClassification'],
    [{ DataClassification: 'PII' }, [], 'PII', 'its tag DataClassification'],
    [none, [from('instance', phi)], 'other', 'its tag PHI'],
    [{}, [from('instance', phi)], 'PHI', 'the tag of its instance DataClassification'],
    [{}, [from('source volume', none), from('stack', phi)], 'PHI', 'the tag of its stack DataClassification'],
    [{}, [from('source volume', none), from('stack', {})], 'other', 'the tag of its source volume PHI'],
    [{ Environment: 'prod' }, [], 'PHI', 'no tag says what it holds, and it belongs to production'],
    [{ Environment: 'prod' }, [from('stack', none)], 'other', 'the tag of its stack PHI'],
    [
      {},
      [from('instance', { env: 'prd' })],
      'PHI',
      'no tag says what it holds, and its instance belongs to production',
    ],
    [{ Environment: 'dev' }, [], 'unclassified', 'no tag says what it holds'],
    [{ DataClassification: 'C3' }, [], 'unclassified', 'no tag says what it holds'],
  ])('tagged %j, inheriting %j, is %s: %s', (own, inherited, dataClass, because) => {
    expect(classify(own, inherited)).toMatchObject({ dataClass, because });
  });

  const keys = fc.constantFrom(
    'PHI',
    'phi',
    'contains-phi',
    'DataClassification',
    'Environment',
    'Name',
    'x:phi',
  );
  const values = fc.oneof(fc.constantFrom('yes', 'no', 'PHI', 'PII', 'prod', 'dev', ''), fc.string());
  const tags = fc.dictionary(keys, values);
  const sources = fc.array(
    fc.record({
      from: fc.constantFrom('instance' as const, 'source volume' as const, 'stack' as const),
      tags,
    }),
  );

  it('is PHI whatever stands beside a tag of its own that says so', () => {
    fc.assert(
      fc.property(tags, sources, (own, inherited) => {
        expect(classify({ ...own, 'holds-phi': 'yes' }, inherited).dataClass).toBe('PHI');
      }),
    );
  });

  it('is said without a value of a tag', () => {
    fc.assert(
      fc.property(tags, sources, (own, inherited) => {
        expect(classify(own, inherited).because).toMatch(
          /^((its tag|the tag of its (instance|source volume|stack)) (PHI|DataClassification)|no tag says what it holds(, and (it|its (instance|source volume|stack)) belongs to production)?)$/,
        );
      }),
    );
  });
});
