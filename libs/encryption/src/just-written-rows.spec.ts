import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyPlatform, contextOf } from './spec-support.js';

let platform: KeyPlatform;
let patient: string;

const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeAll(() => {
  platform = new KeyPlatform();
});
beforeEach(() => {
  patient = randomUUID();
});
afterAll(() => platform.close());

/** @returns version and key, and how often the key store was asked for them */
async function active() {
  const before = platform.keyStoreCalls;
  const material = await platform.keyStore.fetchActive(patient);
  const key = Buffer.from(material.branchKey()).toString('hex');
  return { version: material.branchKeyVersion.toString(), key, calls: platform.keyStoreCalls - before };
}

describe('a key that was written just now', () => {
  it('is decrypted by KMS without reading its row, once, and is the one that is stored', async () => {
    await platform.keyStore.create(patient);
    const decrypts = platform.kms.calls.Decrypt;
    const written = await active();
    expect(written.calls).toBe(0);
    expect(platform.kms.calls.Decrypt).toBe(decrypts + 1);
    expect(await active()).toEqual({ ...written, calls: 1 });
  });

  it('is the new version after a rotation', async () => {
    await platform.keyStore.create(patient);
    const before = await active();
    await platform.keyStore.rotate(patient);
    const after = await active();
    expect(after.calls).toBe(0);
    expect(after.version).not.toBe(before.version);
    expect(await active()).toEqual({ ...after, calls: 1 });
  });

  it('encrypts the first record at the cost of the creation and one Decrypt', async () => {
    const before = platform.keyAccesses();
    await platform.keyStore.create(patient);
    const message = await platform.cipher().encrypt(Buffer.from('{}'), contextOf(patient));
    expect(platform.keyAccesses()).toEqual({ kms: before.kms + 4, keyStore: before.keyStore + 1 });
    const opened = await platform.cipher().decrypt(message, contextOf(patient));
    expect(Buffer.from(opened).toString()).toBe('{}');
  });

  it('is read when the event loop has turned', async () => {
    await platform.keyStore.create(patient);
    await turn();
    expect((await active()).calls).toBe(1);
  });

  it('is not there any more once its destruction is acknowledged', async () => {
    await platform.keyStore.create(patient);
    expect(await platform.keyStore.destroy(patient)).toBe(3);
    await expect(platform.keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'no-key' });
  });

  it('is not there any more once another process has destroyed it', async () => {
    const other = platform.openKeyStore();
    await platform.keyStore.create(patient);
    await other.destroy(patient);
    await expect(platform.keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'no-key' });
  });

  it('is none when the transaction was refused', async () => {
    platform.keyStoreOutage = new Error('The key store is out of reach');
    await expect(platform.keyStore.create(patient)).rejects.toMatchObject({
      type: { name: 'key-service-unavailable' },
    });
    platform.keyStoreOutage = undefined;
    await expect(platform.keyStore.fetchActive(patient)).rejects.toMatchObject({ failure: 'no-key' });
  });

  it('is the one that somebody else was first with', async () => {
    const other = platform.openKeyStore();
    await Promise.all([other.create(patient), platform.keyStore.create(patient)]);
    const mine = await active();
    await turn();
    expect(await active()).toMatchObject({ version: mine.version, key: mine.key });
  });
});
