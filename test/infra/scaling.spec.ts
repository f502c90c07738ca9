import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dayShards } from '@app/audit';
import { fixedConfiguration } from '@app/configuration';
import { operations } from '../../infra/cost/operations.js';
import { accesses, type Load } from '../../infra/scaling/access.js';
import { built, largest } from '../../infra/scaling/design.js';
import { scalingDocuments, staleAmong } from '../../infra/scaling/documents.js';
import { type Fleet, hitRateOf } from '../../infra/scaling/hit-rates.js';
import { hitRateOfPoisson, KeyCache } from '../../infra/scaling/key-cache.js';
import { powerLawRank, seeded, shareOfFirst } from '../../infra/scaling/random.js';
import { sealingOf } from '../../infra/scaling/sealing.js';
import { stormOf } from '../../infra/scaling/storm.js';
import { repositoryFolder } from '../../infra/lib/repository.js';

const source = (path: string) => readFileSync(join(repositoryFolder, path), 'utf8');
const numberIn = (path: string, pattern: RegExp) => Number(pattern.exec(source(path))?.[1]);

/** Independent requests, all patients alike: what renewal theory has a formula for. */
const even: Load = {
  requestsPerSecond: 200,
  patients: 10_000,
  sessionRequests: 1,
  sessionGapSeconds: 20,
  popularity: 0,
};
const roomy: Fleet = { instances: 1, routing: 'spread', ttlSeconds: 100, entries: 1e9 };

describe('the simulation', () => {
  it.each([
    { instances: 1, ttlSeconds: 100 },
    { instances: 1, ttlSeconds: 25 },
    { instances: 4, ttlSeconds: 100 },
  ])('of independent requests has the hits that renewal theory says: %o', (fleet) => {
    const perPatient = even.requestsPerSecond / even.patients / fleet.instances;
    const expected = hitRateOfPoisson(perPatient, fleet.ttlSeconds);
    const { hitRate } = hitRateOf(even, { ...roomy, ...fleet });
    expect(Math.abs(hitRate - expected)).toBeLessThan(0.02);
  });

  it('sends as many requests as it is told to, in order of time', () => {
    const load = { ...even, requestsPerSecond: 50, sessionRequests: 8 };
    const seconds = 1_600;
    const times = [...accesses(load, { instances: 3, routing: 'spread', seconds }, seeded(5))].map(
      ({ second }) => second,
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    // Sessions that would have begun earlier are missing at first.
    const late = times.filter((second) => second > seconds / 2).length / (seconds / 2);
    expect(Math.abs(late / load.requestsPerSecond - 1)).toBeLessThan(0.05);
  });

  it('loses hits when requests of a patient are spread over more instances, and not when he has one of his own', () => {
    const load = { ...even, patients: 1e6, sessionRequests: 8 };
    const rate = (fleet: Partial<Fleet>) => hitRateOf(load, { ...roomy, ...fleet }).hitRate;
    const alone = rate({});
    expect(alone).toBeGreaterThan(0.7);
    expect(rate({ instances: 16 })).toBeLessThan(alone / 2);
    expect(Math.abs(rate({ instances: 16, routing: 'kept' }) - alone)).toBeLessThan(0.02);
  });

  it('is the same each time, and another with another seed', () => {
    expect(hitRateOf(even, roomy)).toEqual(hitRateOf(even, roomy));
    expect(hitRateOf(even, roomy, 2).hitRate).not.toBe(hitRateOf(even, roomy, 1).hitRate);
  });

  it('of a restart of all at once asks for every key again', () => {
    const load = { ...even, patients: 2_000 };
    const { peak, steady } = stormOf(load, { ...roomy, instances: 2 }, 'together');
    const missed = load.requestsPerSecond * (1 - hitRateOfPoisson(0.05, roomy.ttlSeconds));
    expect(Math.abs(steady / missed - 1)).toBeLessThan(0.1);
    // In the first ten seconds a patient is asked for by half a request at each of the two.
    expect(peak).toBeGreaterThan(steady * 2);
    expect(stormOf(load, { ...roomy, instances: 2 }, 'rolling').peak).toBeLessThan(peak);
  });

  it('of checkpoints has as many conflicts as commits fall into an attempt', () => {
    const attemptSeconds = 0.035;
    const { attempts } = sealingOf(40, 5, attemptSeconds);
    const conflict = 1 - Math.exp((-39 / 5) * attemptSeconds);
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThan(1 + 2 * conflict);
    expect(sealingOf(1, 5, attemptSeconds).attempts).toBe(1);
  });
});

describe('a simulated cache', () => {
  it('serves a key until its life is over, however often it was used', () => {
    const cache = new KeyCache(300, 10);
    expect([0, 299, 300, 301].map((second) => cache.use(1, second))).toEqual([false, true, false, true]);
  });

  it('forgets the key that was not used for the longest time', () => {
    const cache = new KeyCache(300, 2);
    for (const patient of [1, 2, 1, 3]) cache.use(patient, 0);
    expect([1, 3].map((patient) => cache.use(patient, 1))).toEqual([true, true]);
    expect(cache.use(2, 1)).toBe(false);
  });
});

describe('the power law', () => {
  it('gives the first ranks the share that it says', () => {
    const random = seeded(7);
    const draws = 50_000;
    let first = 0;
    for (let draw = 0; draw < draws; draw++) if (powerLawRank(random, 1_000_000, 0.6) < 10_000) first += 1;
    expect(Math.abs(first / draws - shareOfFirst(10_000, 1_000_000, 0.6))).toBeLessThan(0.01);
  });
});

describe('docs/scaling.md', () => {
  it.each([
    ['GET patient by id', 'patientRead'],
    ['POST patient', 'patientCreate'],
    ['PUT patient', 'patientUpdate'],
    ['Search by identifier', 'patientSearch'],
  ] as const)(
    'takes for %s the processor time that was measured last, within a factor of two',
    (title, name) => {
      const kept = JSON.parse(source('docs/benchmarks.json')) as {
        name: string;
        tables: { title: string; columns: { name: string }[]; rows: string[][] }[];
      }[];
      const table = kept
        .find((result) => result.name === 'http')
        ?.tables.find((one) => one.title === 'Processor time and errors');
      const column = table?.columns.findIndex((one) => one.name === 'CPU ms/request') ?? -1;
      const row = table?.rows.find(([operation, connections]) => operation === title && connections === '16');
      const ratio = operations[name].processorMilliseconds / Number(row?.[column]);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    },
  );

  it('rests on what the code has', async () => {
    const { config } = await fixedConfiguration({});
    expect(built).toEqual({
      keyTtlSeconds: config.PHI_KEY_CACHE_TTL_SECONDS,
      keyCacheEntries: config.PHI_KEY_CACHE_ENTRIES,
      sealSeconds: config.PHI_AUDIT_SEAL_SECONDS,
      dayShards,
      listShards: numberIn('libs/patient-records/src/keys.ts', /listShards = (\d+)/),
      coldFetchesAtOnce: numberIn('libs/encryption/src/branch-key-source.ts', /COLD_FETCHES_AT_ONCE = (\d+)/),
    });
    expect(largest.patients).toBe(100_000_000);
  });

  it('is what is simulated now', () => {
    const documents = scalingDocuments();
    expect(staleAmong(documents)).toEqual([]);
    expect(staleAmong({ ...documents, 'docs/scaling.md': `${documents['docs/scaling.md']} ` })).toEqual([
      'docs/scaling.md',
    ]);
  });
});
