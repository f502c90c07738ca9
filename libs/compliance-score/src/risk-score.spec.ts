import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { additionalRules, packRules, ruleNameOf } from '../../../compliance/hipaa-rules.js';
import { riskScore, violationRisk, weights } from './risk-score.js';
import type { DataClass } from './severity.js';
import { type Exploitability, type Exposure, type Violation, violationOf, weaknessOf } from './violation.js';

/** From the least to the most. */
const byWeight = <T extends string>(table: Record<T, number>): T[] =>
  (Object.keys(table) as T[]).toSorted((a, b) => table[a] - table[b]);
const dataClasses: DataClass[] = byWeight<DataClass>(weights.dataClass);
const exposures: Exposure[] = byWeight<Exposure>(weights.exposure);
const exploitabilities: Exploitability[] = byWeight<Exploitability>(weights.exploitability);

const violation: fc.Arbitrary<Violation> = fc.record({
  rule: fc.constantFrom('encrypted-volumes', 'required-tags', 's3-bucket-public-read-prohibited'),
  resourceType: fc.constantFrom('AWS::EC2::Volume', 'AWS::S3::Bucket'),
  resourceId: fc.constantFrom('one', 'two', 'three', 'four'),
  dataClass: fc.constantFrom(...dataClasses),
  exposure: fc.constantFrom(...exposures),
  exploitability: fc.constantFrom(...exploitabilities),
  ageDays: fc.double({ min: 0, max: 3650, noNaN: true }),
});
const violations = fc.array(violation, { maxLength: 30 });
/** Sums of floating-point numbers differ by their order. */
const EXACTLY = 1e-9;
const ofResource = (all: readonly Violation[], { resourceType, resourceId }: Violation): number =>
  riskScore(all).resources.find((one) => one.resourceType === resourceType && one.resourceId === resourceId)
    ?.score ?? 0;

describe('a score', () => {
  it('is between 0 and 100, of the account and of each resource, and 0 without a violation', () => {
    fc.assert(
      fc.property(violations, (all) => {
        const { score, resources } = riskScore(all);
        return [score, ...resources.map((one) => one.score)].every((one) => one >= 0 && one <= 100);
      }),
    );
    expect(riskScore([])).toEqual({ score: 0, resources: [] });
  });

  it('never falls by another violation, and never rises by one less', () => {
    fc.assert(
      fc.property(violations, violation, fc.nat(), (all, more, position) => {
        const at = position % (all.length + 1);
        const grown = [...all.slice(0, at), more, ...all.slice(at)];
        return (
          riskScore(grown).score >= riskScore(all).score - EXACTLY &&
          ofResource(grown, more) >= ofResource(all, more) - EXACTLY
        );
      }),
    );
  });

  /** One step up in one of what a violation is made of. */
  const raises: [string, (one: Violation, by: number) => Violation][] = [
    ['data class', (one, by) => ({ ...one, dataClass: higher(dataClasses, one.dataClass, by) })],
    ['exposure', (one, by) => ({ ...one, exposure: higher(exposures, one.exposure, by) })],
    [
      'exploitability',
      (one, by) => ({ ...one, exploitability: higher(exploitabilities, one.exploitability, by) }),
    ],
    ['age', (one, by) => ({ ...one, ageDays: one.ageDays + by })],
  ];
  it.each(raises)('never falls by more of %s', (_what, raise) => {
    fc.assert(
      fc.property(violations, violation, fc.nat({ max: 400 }), (all, one, by) => {
        const [before, after] = [
          [...all, one],
          [...all, raise(one, by)],
        ];
        return (
          riskScore(after).score >= riskScore(before).score - EXACTLY &&
          ofResource(after, one) >= ofResource(before, one) - EXACTLY
        );
      }),
    );
  });

  it.each(raises)('rises by more of %s where there is room: the properties can fail', (_what, raise) => {
    const low: Violation = {
      rule: 'required-tags',
      resourceType: 'AWS::EC2::Volume',
      resourceId: 'one',
      dataClass: 'other',
      exposure: 'internal',
      exploitability: 'another fault',
      ageDays: 0,
    };
    expect(violationRisk(raise(low, 10))).toBeGreaterThan(violationRisk(low));
    expect(riskScore([raise(low, 10)]).score).toBeGreaterThan(riskScore([low]).score);
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(violations, (all) => {
        const [forth, back] = [riskScore(all), riskScore(all.toReversed())];
        return Math.abs(forth.score - back.score) < EXACTLY;
      }),
    );
  });

  it('of an account is at least that of its worst resource', () => {
    fc.assert(
      fc.property(violations, (all) => {
        const { score, resources } = riskScore(all);
        return score >= (resources[0]?.score ?? 0) - EXACTLY;
      }),
    );
  });
});

function higher<T>(all: readonly T[], one: T, by: number): T {
  return all[Math.min(all.length - 1, all.indexOf(one) + by)] ?? one;
}

describe('in figures', () => {
  const now = new Date('2026-11-28T12:00:00Z');
  const found = (ruleName: string, dataClass: DataClass, days: number, resourceId = 'one') =>
    violationOf(
      {
        ruleName,
        resourceType: 'AWS::S3::Bucket',
        resourceId,
        dataClass,
        openSince: new Date(now.getTime() - days * 86_400_000),
      },
      now,
      'phi-prod-',
    );
  const score = (...all: Violation[]) => Math.round(riskScore(all).score);

  // The table of README.md, "Formula".
  it.each<[string, number, Violation[]]>([
    ['a public bucket with PHI, today', 80, [found('s3-bucket-public-read-prohibited', 'PHI', 0)]],
    ['the same after a month', 98, [found('s3-bucket-public-read-prohibited', 'PHI', 30)]],
    ['an unencrypted volume with PHI, today', 29, [found('encrypted-volumes', 'PHI', 0)]],
    ['the same after a month', 36, [found('encrypted-volumes', 'PHI', 30)]],
    ['the same with data of no class', 18, [found('encrypted-volumes', 'unclassified', 0)]],
    ['a missing tag on something else, for a month', 8, [found('required-tags', 'other', 30)]],
    [
      'twenty of those',
      32,
      Array.from({ length: 20 }, (_, n) => found('required-tags', 'other', 30, `r${n}`)),
    ],
  ])('%s: %d', (_what, expected, all) => {
    expect(score(...all)).toBe(expected);
  });
});

describe('what a rule makes possible', () => {
  it('is the worst where its violation lets anybody in', () => {
    const open = [...packRules, ...additionalRules]
      .filter(
        ({ identifier, concern }) => weaknessOf(ruleNameOf(identifier), concern).exposure === 'internet',
      )
      .map(({ identifier }) => ruleNameOf(identifier));
    expect(open.toSorted()).toEqual([
      'autoscaling-launch-config-public-ip-disabled',
      'dms-replication-not-public',
      'ebs-snapshot-public-restorable-check',
      'ec2-instance-no-public-ip',
      'emr-master-no-public-ip',
      'incoming-ssh-disabled',
      'lambda-function-public-access-prohibited',
      'no-unrestricted-route-to-igw',
      'rds-instance-public-access-check',
      'rds-snapshots-public-prohibited',
      'redshift-cluster-public-access-check',
      'restricted-incoming-traffic',
      's3-account-level-public-access-blocks-periodic',
      's3-bucket-level-public-access-prohibited',
      's3-bucket-public-read-prohibited',
      's3-bucket-public-write-prohibited',
      'sagemaker-notebook-no-direct-internet-access',
      'ssm-document-not-public',
      'subnet-auto-assign-public-ip-disabled',
      'vpc-sg-open-only-to-authorized-ports',
    ]);
  });

  it('knows rules of packs and of ours by their plain name', () => {
    const ofPack = violationOf(
      {
        ruleName: 'encrypted-volumes-conformance-pack-abc123',
        resourceType: 'AWS::EC2::Volume',
        resourceId: 'vol-1',
        dataClass: 'PHI',
        openSince: undefined,
      },
      new Date(),
      'phi-prod-',
    );
    expect(ofPack).toMatchObject({ rule: 'encrypted-volumes', exposure: 'internal', ageDays: 0 });
  });

  it('takes what reaches everything for PHI', () => {
    const trail = violationOf(
      {
        ruleName: 'cloud-trail-enabled',
        resourceType: 'AWS::CloudTrail::Trail',
        resourceId: 't',
        dataClass: 'other',
        openSince: undefined,
      },
      new Date(),
      '',
    );
    expect(trail.dataClass).toBe('PHI');
  });
});
