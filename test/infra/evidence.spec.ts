import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { type Citation, citationsOf } from '../../infra/evidence/citations.js';
import { watchersIn } from '../../infra/evidence/watchers.js';
import { type EvidenceDocuments, staleAmong } from '../../infra/evidence/documents.js';
import { evidenceOf } from '../../infra/evidence/evidence.js';
import { type ComponentDefinition, controlId } from '../../infra/evidence/oscal.js';
import { readSecurityRule, SecurityRule } from '../../infra/evidence/paragraphs.js';
import { faultsOfDefinition } from './support/oscal-structure.js';

const page = readFileSync('docs/compliance.md', 'utf8');
const documents: EvidenceDocuments = {
  files: {
    'docs/compliance.md': page,
    'docs/compliance.oscal.json': readFileSync('docs/compliance.oscal.json', 'utf8'),
  },
  faults: [],
};

describe('the evidence', () => {
  // 45 CFR 164.316(b)(2)(iii), 164.308(a)(8): made anew with each change, or `npm run check` fails, which makes it and compares.
  it('is stale as soon as a word of it differs', () => {
    expect(staleAmong(documents)).toEqual([]);
    const [path = '', text = ''] = Object.entries(documents.files)[0]!;
    expect(staleAmong({ ...documents, files: { [path]: `${text} ` } })).toEqual([path]);
  });

  it('leads to files that are there', () => {
    const links = [...page.matchAll(/\]\(\.\.\/([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('has a place in the page for each link within it', () => {
    const places = new Set(
      [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, place = '']) => place);
    expect(links.filter((place) => !places.has(place))).toEqual([]);
  });
});

const paragraphs = `
paragraphs:
  164.312(b):
    is: standard
    title: Audit controls
    asks: Record activity.
    yours: Examine it.
  164.312(c)(1):
    is: standard
    title: Integrity
    asks: Protect PHI.
    yours: Say who writes.
  164.316(a):
    is: standard
    title: Policies
    asks: Have policies.
    yours: The policies.
    wholly: yours
alsoCited: ['164.502(b)']
`;
const cited = (paragraph: string): Citation => ({ paragraph, kind: 'code', path: 'x.ts', at: 'x' });
const nothing = { held: [], watchers: [] };

describe('what is gathered', () => {
  const rule = new SecurityRule(paragraphs);

  it('is in order when each paragraph has something, or is wholly yours', () => {
    const { faults } = evidenceOf(
      rule,
      [cited('164.312(b)'), cited('164.312(c)'), cited('164.502(b)')],
      nothing,
    );
    expect(faults).toEqual([]);
  });

  it('misses a paragraph that has nothing', () => {
    expect(evidenceOf(rule, [cited('164.312(b)')], nothing).faults).toEqual([
      expect.stringMatching(/^164\.312\(c\)\(1\) \(Integrity\): nothing/),
    ]);
  });

  it.each(['164.312(b)(9)', '164.313', '164.502(c)', '164.312(c)(1)(i)'])(
    'refuses %s, which there is not',
    (planted) => {
      const whole = [cited('164.312(b)'), cited('164.312(c)(1)')];
      expect(evidenceOf(rule, [...whole, cited(planted)], nothing).faults).toEqual([
        `x.ts (x) cites ${planted}, which there is not`,
      ]);
      const watchers = [{ paragraph: planted, kind: 'alarm' as const, name: 'phi-x' }];
      expect(evidenceOf(rule, whole, { held: [], watchers }).faults).toEqual([
        `phi-x names ${planted}, which there is not`,
      ]);
    },
  );

  it.each([
    ['a paragraph that is neither required nor addressable', /is: standard/, 'is: optional'],
    ['one without your part', /\n {4}yours: Examine it\./, ''],
    ['a name that is none', /164\.312\(b\):/, '164.312.b:'],
    ['a word that it does not know', /title: Audit controls/, 'title: Audit controls\n    colour: blue'],
  ])('refuses %s', (_, pattern, planted) => {
    expect(() => new SecurityRule(paragraphs.replace(pattern, planted))).toThrow(
      /paragraphs\.yaml is not right/,
    );
  });
});

describe('the paragraphs', () => {
  it('of five sections are all there, each once', () => {
    const sections = readSecurityRule().paragraphs.map(({ id }) => id.slice(0, 7));
    const count = (section: string) => sections.filter((one) => one === section).length;
    // Counted in 45 CFR part 164, subpart C: standards and implementation specifications.
    expect(
      ['164.308', '164.310', '164.312', '164.314', '164.316'].map((section) => [section, count(section)]),
    ).toEqual([
      ['164.308', 31],
      ['164.310', 12],
      ['164.312', 12],
      ['164.314', 11],
      ['164.316', 6],
    ]);
    expect(sections).toHaveLength(72);
  });
});

describe('a citation', () => {
  it('in a comment counts for the declaration that it stands at', () => {
    const text = `
      /** Keeps events (45 CFR 164.312(b)). */
      export class Trail {
        // 45 CFR 164.312(c)(1)
        append(): void {}
        read(): void {
          // 45 CFR 164.312(d)
          return;
        }
      }
      // 45 CFR 164.310(d)(2)(i)
      const dispose = () => undefined;
    `;
    expect(citationsOf('libs/x/src/x.ts', text).map(({ paragraph, at }) => [paragraph, at])).toEqual([
      ['164.312(b)', 'Trail'],
      ['164.312(c)(1)', 'Trail.append'],
      ['164.312(d)', 'Trail.read'],
      ['164.310(d)(2)(i)', 'dispose'],
    ]);
  });

  it('in a text of the code counts for nothing: whoever reads it meets nothing by it', () => {
    const text = "export const law = '45 CFR 164.312(b)'; const more = `${law} 164.312(c)(1)`;";
    expect(citationsOf('libs/x/src/x.ts', text)).toEqual([]);
  });

  it('in a spec counts for the test around or after it, and in its title', () => {
    const text = `
      // 45 CFR 164.312(b)
      describe('the trail', () => {
        // 45 CFR 164.312(c)(1)
        it('cannot be changed', () => { const words = '164.312(e)(1)'; });
        it.each([1])('is kept, 45 CFR 164.316(b)(2)(i)', () => {});
      });
    `;
    expect(
      citationsOf('libs/x/src/x.spec.ts', text).map(({ paragraph, kind, at }) => [paragraph, kind, at]),
    ).toEqual([
      ['164.312(b)', 'test', 'the trail'],
      ['164.312(c)(1)', 'test', 'cannot be changed'],
      ['164.316(b)(2)(i)', 'test', 'is kept'],
    ]);
  });

  it('in what supports tests counts for nothing, and in a saved query for the query', () => {
    expect(citationsOf('test/support/x.ts', '// 45 CFR 164.312(b)')).toEqual([]);
    expect(citationsOf('infra/queries/reads.sql', '-- Law: 45 CFR 164.312(b)')).toEqual([
      { paragraph: '164.312(b)', kind: 'query', path: 'infra/queries/reads.sql', at: 'reads' },
    ]);
  });

  it('of a rule or an alarm counts by what it says of itself', () => {
    const resource = (Type: string, Properties: Record<string, unknown>) =>
      [Type, { Type, Properties }] as const;
    expect(
      watchersIn([
        resource('AWS::Config::ConfigRule', {
          ConfigRuleName: 'phi-x',
          Description: '45 CFR 164.312(b), 164.312(d)',
        }),
        resource('AWS::Events::Rule', {
          Name: 'phi-y',
          Description: 'CRITICAL: a key (45 CFR 164.312(c)(1))',
        }),
        resource('AWS::CloudWatch::Alarm', { AlarmName: 'phi-z', AlarmDescription: 'Nothing of law.' }),
        resource('AWS::S3::Bucket', { Description: '164.312(b)' }),
      ]).map(({ paragraph, kind, name }) => [paragraph, kind, name]),
    ).toEqual([
      ['164.312(b)', 'Config rule', 'phi-x'],
      ['164.312(c)(1)', 'event rule', 'phi-y'],
      ['164.312(d)', 'Config rule', 'phi-x'],
    ]);
  });
});

describe('the component definition', () => {
  const definition = () =>
    JSON.parse(documents.files['docs/compliance.oscal.json'] ?? '') as ComponentDefinition &
      Record<string, unknown>;

  it('has the structure that OSCAL documents', () => {
    expect(faultsOfDefinition(definition())).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ['an id that is none', (text) => text.replace(/"uuid": "[^"]{8}/, '"uuid": "12345678x')],
    ['a control id with parentheses', (text) => text.replace(/"hipaa-164[^"]*"/, '"hipaa-164.312(b)"')],
    ['no description', (text) => text.replace(/"description": "[^"]+"/, '"description": ""')],
    ['a member that there is not', (text) => text.replace('"metadata"', '"meta"')],
    ['a time without a zone', (text) => text.replace(/("last-modified": "[^"]+)Z"/, '$1"')],
    ['a value with a space at its end', (text) => text.replace(/"value": "([^"]+)"/, '"value": "$1 "')],
  ])('would be found with %s', (_, spoil) => {
    expect(faultsOfDefinition(JSON.parse(spoil(JSON.stringify(definition(), undefined, 1))))).not.toEqual([]);
  });

  it('has ids that are unique, and the same each time it is made', () => {
    const ids = [...JSON.stringify(definition()).matchAll(/"uuid":"([^"]+)"/g)].map(([, one]) => one);
    expect(new Set(ids).size).toBe(ids.length);
    expect(readFileSync('docs/compliance.oscal.json', 'utf8')).toContain(String(ids[0]));
    expect(controlId('164.312(a)(2)(iv)')).toBe('hipaa-164.312.a.2.iv');
  });

  it('keeps its time while it says the same', () => {
    expect(definition()['component-definition'].metadata['last-modified']).not.toContain('2031');
  });
});
