import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCommandLine } from '../command-line.js';
import { addComplianceCommand } from './compliance.command.js';

const fixtures = 'test/fixtures/config';
const details = `${fixtures}/export-details.json`;
const byResource = `${fixtures}/export-by-resource.json`;
const resources = `${fixtures}/export-resources.json`;
const AT = ['--at', '2026-11-28T12:00:00Z'];

/** Runs `phi` in this process. */
async function phi(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const context = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    config: { token: undefined, url: '', dataFolder: '' },
    now: () => 0,
    wait: async () => undefined,
  };
  const exitCode = await runCommandLine(['compliance', 'score', ...args], context, [addComplianceCommand]);
  return { exitCode, ...written };
}

interface Scored {
  outcome: string;
  score: number;
  resources: {
    resourceId: string;
    dataClass: string;
    score: number;
    violations: { rule: string; ageDays: number; exposure: string }[];
  }[];
}
const json = async (...args: string[]): Promise<Scored & { exitCode: number }> => {
  const { exitCode, stdout } = await phi(...args, ...AT, '--json');
  return { ...(JSON.parse(stdout) as Scored), exitCode };
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'score-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('phi compliance score', () => {
  it('weighs each resource by its rules, its data and its age, the worst first', async () => {
    const { score, resources: scored, exitCode } = await json(details, resources);
    expect(
      scored.map(({ resourceId, dataClass, score: one }) => [resourceId, dataClass, Math.round(one)]),
    ).toEqual([
      ['invented-exports-111122223333', 'PHI', 88],
      ['vol-0a1b2c3d4e5f60718', 'PHI', 35],
      ['vol-0f1e2d3c4b5a69788', 'other', 9],
    ]);
    expect(scored[0]?.violations).toEqual([
      expect.objectContaining({ rule: 's3-bucket-public-read-prohibited', exposure: 'internet', ageDays: 7 }),
    ]);
    expect(score).toBeGreaterThan(88);
    expect(exitCode).toBe(1);
  });

  it('shows people a table with the reasons', async () => {
    const { stdout, stderr } = await phi(details, resources, ...AT);
    expect(stdout).toMatch(
      /^Risk of the account: 8\d\.\d of 100\. 3 resources break a rule, 1 of them with 40 or more\./,
    );
    expect(stdout).toMatch(
      /87\.\d │ invented-exports-111122223333 +│ PHI +│ s3-bucket-public-read-prohibited: internet, needs nothing, 7 days/,
    );
    expect(stderr).toBe('');
  });

  it.each([
    ['40', 1],
    ['90', 0],
  ])('ends by the threshold %s with %d', async (threshold, exitCode) => {
    expect((await phi(details, resources, '--threshold', threshold, ...AT)).exitCode).toBe(exitCode);
  });

  it('takes data of which nothing is known for PHI, and says so', async () => {
    const { stdout, stderr } = await phi(details, ...AT);
    expect(stdout).toContain('unknown');
    expect(stderr).toContain('of 3 of 3 violations the data class is not known: they count as PHI');
    const { resources: scored } = await json(details);
    expect(scored.find(({ resourceId }) => resourceId.startsWith('vol-0f'))?.score).toBeGreaterThan(25);
  });

  it('counts a resource that breaks some rule, and no resource twice', async () => {
    const { resources: scored } = await json(byResource, details, resources);
    expect(scored).toHaveLength(4);
    expect(scored.find(({ resourceId }) => resourceId.startsWith('db-'))?.violations).toEqual([
      expect.objectContaining({ rule: 'some rule', exposure: 'network' }),
    ]);
  });

  it('counts a rule that stands alone and in a pack once, with the longer age', async () => {
    const one = (ConfigRuleName: string, ResultRecordedTime: number) => ({
      EvaluationResultIdentifier: {
        EvaluationResultQualifier: { ConfigRuleName, ResourceType: 'AWS::EC2::Volume', ResourceId: 'vol-1' },
      },
      ComplianceType: 'NON_COMPLIANT',
      ResultRecordedTime,
    });
    const both = file('both.json', {
      EvaluationResults: [
        one('phi-prod-encrypted-volumes', Date.parse('2026-11-28T00:00:00Z') / 1000),
        one('encrypted-volumes-conformance-pack-ab12cd34e', Date.parse('2026-11-18T12:00:00Z') / 1000),
      ],
    });
    const { resources: scored } = await json(both);
    expect(scored[0]?.violations.map(({ rule, ageDays }) => [rule, ageDays])).toEqual([
      ['encrypted-volumes', 10],
    ]);
  });

  it('finds nothing in an export without a violation', async () => {
    const nothing = file('nothing.json', { EvaluationResults: [] });
    const { exitCode, stdout } = await phi(nothing, ...AT);
    expect([exitCode, stdout]).toEqual([
      0,
      'Risk of the account: 0.0 of 100. 0 resources break a rule, 0 of them with 40 or more.\n',
    ]);
  });

  it('lets no name of a resource move the cursor', async () => {
    const evil = file('evil.json', {
      ComplianceByResources: [
        {
          ResourceType: 'AWS::S3::Bucket',
          ResourceId: 'a\u001b[2Jb',
          Compliance: { ComplianceType: 'NON_COMPLIANT' },
        },
      ],
    });
    const { stdout } = await phi(evil, ...AT);
    expect(stdout).toContain('a?[2Jb');
    expect(stdout).not.toContain('\u001b');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', 'ResourceId: secret-name', 'not JSON: export with --output json'],
    ['a list', [], 'not a JSON object'],
    ['something else', { Reservations: ['secret-name'] }, 'not an export of AWS Config that is known here'],
    ['a part of it', { EvaluationResults: [], NextToken: 'secret-name' }, 'it ends early: export all pages'],
    [
      'another shape',
      { EvaluationResults: [{ secret: 'secret-name' }] },
      'EvaluationResultIdentifier is missing or of another shape',
    ],
    ['rows of another query', { Results: ['{"configuration":"secret-name"}'] }, 'resourceType is missing'],
    ['rows that are no JSON', { Results: ['secret-name'] }, 'not JSON'],
    [
      'a time that is none',
      {
        EvaluationResults: [
          {
            EvaluationResultIdentifier: {
              EvaluationResultQualifier: { ConfigRuleName: 'r', ResourceType: 't', ResourceId: 'i' },
            },
            ComplianceType: 'NON_COMPLIANT',
            ResultRecordedTime: 'secret-name',
          },
        ],
      },
      'ResultRecordedTime is no time',
    ],
  ])('refuses a file with %s, by its name and never by its contents', async (_what, content, reason) => {
    const { exitCode, stdout, stderr } = await phi(file('export.json', content), ...AT);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('export.json: ');
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain('secret-name');
  });

  it.each([
    [[resources], 'no file says what breaks a rule'],
    [['missing.json'], 'missing.json: there is no such file'],
    [[fixtures], `${fixtures}: cannot be read`],
    [[], "missing required argument 'file'"],
    [[details, '--threshold', '101'], 'It must be a number from 0 to 100.'],
    [[details, '--at', 'yesterday'], 'It must be a date'],
  ])('cannot run %j', async (args, reason) => {
    const { exitCode, stderr } = await phi(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(reason);
  });

  it('tells how it is used, with an example to paste', async () => {
    const { exitCode, stdout } = await phi('--help');
    expect(exitCode).toBe(0);
    for (const part of [
      '--threshold',
      '--json',
      '$ phi compliance score',
      'select-resource-config',
      'Exit codes:',
    ])
      expect(stdout).toContain(part);
  });
});
