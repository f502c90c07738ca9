import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { NodeBranchKeyMaterial } from '@aws-crypto/material-management';
import { BranchKeyCache } from './branch-key-cache.js';

const VERSION = randomUUID();
const keyOf = (patientId: string, version = VERSION) =>
  new NodeBranchKeyMaterial(randomBytes(32), patientId, version, { patient_id: patientId });
const bytesOf = (material: NodeBranchKeyMaterial | undefined) =>
  material === undefined ? undefined : Buffer.from(material.branchKey());
const ZERO = Buffer.alloc(32);

function cacheAt(clock: { now: number }, maxEntries = 10) {
  return new BranchKeyCache({ maxEntries, ttlMilliseconds: 1000, now: () => clock.now });
}

describe('BranchKeyCache', () => {
  it('hands out copies: neither eviction nor a caller who zeroes his reaches another holder', () => {
    const cache = cacheAt({ now: 0 });
    const key = keyOf('a');
    const original = bytesOf(key);
    cache.add(key, true);
    key.zeroUnencryptedDataKey();
    const [one, two] = [cache.version('a', VERSION), cache.active('a')];
    one?.zeroUnencryptedDataKey();
    cache.evict('a');
    expect(bytesOf(one)).toEqual(ZERO);
    expect(bytesOf(two)).toEqual(original);
    expect(cache.version('a', VERSION)).toBeUndefined();
  });

  it('zeroes a copy when the event loop turns, not before', async () => {
    const cache = cacheAt({ now: 0 });
    cache.add(keyOf('a'), true);
    const copy = cache.version('a', VERSION);
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(bytesOf(copy)).not.toEqual(ZERO);
    await new Promise((resolve) => setImmediate(resolve));
    expect(bytesOf(copy)).toEqual(ZERO);
    expect(bytesOf(cache.version('a', VERSION))).not.toEqual(ZERO);
  });

  it('holds no more entries than it may, and keeps those that were used last', () => {
    const cache = cacheAt({ now: 0 }, 2);
    cache.add(keyOf('a'), true);
    cache.add(keyOf('b'), true);
    cache.version('a', VERSION);
    cache.add(keyOf('c'), true);
    expect(cache.size).toBe(2);
    expect(cache.version('b', VERSION)).toBeUndefined();
    expect(cache.version('a', VERSION)).toBeDefined();
    expect(cache.version('c', VERSION)).toBeDefined();
  });

  it('lets no entry live longer than its time, however often it is used', () => {
    const clock = { now: 5000 };
    const cache = cacheAt(clock);
    const key = keyOf('a');
    cache.add(key, true);
    cache.putBranchKeyMaterial('name', key);
    clock.now = 5999;
    expect(cache.getBranchKeyMaterial('name')).toMatchObject({ now: 5000 });
    cache.putBranchKeyMaterial('name', key);
    clock.now = 6000;
    expect(cache.knowsActive('a')).toBe(false);
    expect(cache.getBranchKeyMaterial('name')).toBe(false);
    expect(cache.version('a', VERSION)).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('trusts no entry from the future, when the clock was set back', () => {
    const clock = { now: 5000 };
    const cache = cacheAt(clock);
    cache.add(keyOf('a'), true);
    clock.now = 4000;
    expect(cache.version('a', VERSION)).toBeUndefined();
  });

  it("forgets a key under all of the keyring's names at once", () => {
    const cache = cacheAt({ now: 0 });
    const key = keyOf('a');
    cache.add(key, true);
    cache.putBranchKeyMaterial('for encrypt', key);
    cache.putBranchKeyMaterial('for decrypt', key);
    expect(cache.getBranchKeyMaterial('for encrypt')).not.toBe(false);
    cache.del('for decrypt');
    expect(cache.getBranchKeyMaterial('for encrypt')).toBe(false);
    expect(cache.size).toBe(0);
  });

  it('keeps nothing that only the keyring brings', () => {
    const cache = cacheAt({ now: 0 });
    cache.putBranchKeyMaterial('name', keyOf('a'));
    expect(cache.getBranchKeyMaterial('name')).toBe(false);
  });

  it('evicts all versions of one patient, and nobody else', () => {
    const cache = cacheAt({ now: 0 });
    const older = randomUUID();
    cache.add(keyOf('a', older), false);
    cache.add(keyOf('a'), true);
    cache.add(keyOf('b'), true);
    expect(bytesOf(cache.active('a'))).toEqual(bytesOf(cache.version('a', VERSION)));
    cache.evict('a');
    expect(cache.active('a')).toBeUndefined();
    expect(cache.version('a', older)).toBeUndefined();
    expect(cache.active('b')).toBeDefined();
  });

  it.each([
    [0, 1000],
    [-1, 1000],
    [1.5, 1000],
    [10, 0],
    [10, Number.NaN],
  ])('refuses room for %d entries for %d ms', (maxEntries, ttlMilliseconds) => {
    expect(() => new BranchKeyCache({ maxEntries, ttlMilliseconds })).toThrow(RangeError);
  });
});
