import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import { BranchKeyCache } from './branch-key-cache.js';
import { BranchKeyError } from './branch-key-error.js';
import { BranchKeySource } from './branch-key-source.js';

/** A key store whose answers wait until the test lets them go. */
class HeldFetcher {
  readonly activeVersion = randomUUID();
  readonly waiting: (() => void)[] = [];
  fetches: string[] = [];
  failures = new Map<string, BranchKeyError>();

  fetchActive(patientId: string) {
    return this.#answer(patientId, this.activeVersion, 'active');
  }

  fetchVersion(patientId: string, version: string) {
    return this.#answer(patientId, version, 'version');
  }

  async #answer(patientId: string, version: string, kind: string) {
    this.fetches.push(kind);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const failure = this.failures.get(kind);
    if (failure !== undefined) throw failure;
    return new NodeBranchKeyMaterial(randomBytes(32), patientId, version, {});
  }

  /** Answers everything, also what is asked because of an answer. */
  async release(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) {
      for (const answer of this.waiting.splice(0)) answer();
      await Promise.resolve();
    }
  }
}

function setUp() {
  const fetcher = new HeldFetcher();
  const cache = new BranchKeyCache({ maxEntries: 1000, ttlMilliseconds: 60_000 });
  return { fetcher, cache, source: new BranchKeySource(cache, fetcher) };
}

const settled = (promises: Promise<NodeBranchKeyMaterial>[]) => Promise.allSettled(promises);

describe('BranchKeySource', () => {
  it('fetches once for all who wait for a key, and gives each a copy of his own', async () => {
    const { fetcher, source } = setUp();
    const all = Promise.all([
      source.active('a'),
      source.active('a'),
      source.version('a', fetcher.activeVersion),
    ]);
    await fetcher.release();
    const [one, two, three] = await all;
    expect(fetcher.fetches).toEqual(['active']);
    one?.zeroUnencryptedDataKey();
    expect(Buffer.from(two?.branchKey() ?? [])).not.toEqual(Buffer.alloc(32));
    expect(two?.branchKey()).toEqual(three?.branchKey());
    expect(two?.branchKey()).not.toBe(three?.branchKey());
    expect(source).toMatchObject({ kmsDecrypts: 1, coalesced: 2 });
  });

  it('has at most 32 fetches under way', async () => {
    const { fetcher, source } = setUp();
    const all = Promise.all(Array.from({ length: 100 }, (_, index) => source.active(`patient-${index}`)));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(fetcher.waiting).toHaveLength(32);
    fetcher.waiting.shift()?.();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(fetcher.waiting).toHaveLength(32);
    await fetcher.release();
    expect(await all).toHaveLength(100);
    expect(fetcher.fetches).toHaveLength(100);
  });

  it('tells all who wait about a failure, and tries again for the next', async () => {
    const { fetcher, source } = setUp();
    fetcher.failures.set('active', new BranchKeyError('unavailable', new Error('timeout')));
    const failed = settled([source.active('a'), source.active('a')]);
    await fetcher.release();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fetcher.failures.clear();
    const again = source.active('a');
    await fetcher.release();
    expect((await again).branchKeyIdentifier).toBe('a');
    expect(source).toMatchObject({ kmsDecrypts: 1, failures: 1 });
  });

  it('does not take back a key that was evicted while it was on its way', async () => {
    const { fetcher, cache, source } = setUp();
    const before = source.active('a');
    await Promise.resolve();
    source.evict('a');
    const after = source.active('a');
    fetcher.waiting.shift()?.();
    await before;
    expect(cache.active('a')).toBeUndefined();
    await fetcher.release();
    await after;
    expect(cache.active('a')).toBeDefined();
    expect(fetcher.fetches).toEqual(['active', 'active']);
  });

  it('fetches a retired version beside the active one, and not the active one again', async () => {
    const { fetcher, source } = setUp();
    const retired = source.version('a', randomUUID());
    await fetcher.release();
    await retired;
    expect(fetcher.fetches).toEqual(['active', 'version']);
    const another = source.version('a', randomUUID());
    await fetcher.release();
    await another;
    expect(fetcher.fetches).toEqual(['active', 'version', 'version']);
  });

  it('reads an old version although the active row is damaged', async () => {
    const { fetcher, source } = setUp();
    fetcher.failures.set('active', new BranchKeyError('rejected', new Error('altered')));
    const read = source.version('a', randomUUID());
    await fetcher.release();
    expect((await read).branchKeyIdentifier).toBe('a');
  });

  it.each([
    ['no-key', 'no-key', 'unknown-version'],
    ['rejected', 'rejected', 'unknown-version'],
    ['rejected', 'no-key', 'rejected'],
    ['unavailable', 'unavailable', 'unknown-version'],
  ] as const)(
    'reports %s when the active row is %s and the version row %s',
    async (reported, active, version) => {
      const { fetcher, source } = setUp();
      fetcher.failures.set('active', new BranchKeyError(active, new Error('active')));
      fetcher.failures.set('version', new BranchKeyError(version, new Error('version')));
      const [result] = await Promise.all([settled([source.version('a', randomUUID())]), fetcher.release()]);
      expect(result).toMatchObject([{ status: 'rejected', reason: { failure: reported } }]);
    },
  );
});
