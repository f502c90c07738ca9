import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordCipher } from './record-cipher.js';
import { KeyPlatform, contextOf } from './spec-support.js';

/**
 * The SDK's caches zero-fill a branch key on eviction while requests still hold it. On write nothing fails then: the
 * data key is wrapped under an all-zero key, and the record can never be read again by anybody who should.
 */
const REQUESTS = 400;

let platform: KeyPlatform;
let patients: string[];

beforeAll(async () => {
  platform = new KeyPlatform();
  patients = Array.from({ length: 40 }, () => randomUUID());
  await Promise.all(patients.map((patient) => platform.keyStore.create(patient)));
});
afterAll(() => platform.close());

const requests = () =>
  Array.from({ length: REQUESTS }, (_, index) => ({
    patient: patients[index % patients.length] as string,
    text: `record ${index}`,
  }));

/**
 * How many keys the cache has room for, and over how many turns the requests start: some then find keys while others
 * push them out. With a cache that hands out what it keeps, up to 54 of the 400 messages come out unreadable.
 */
const LOADS = [
  [1, 1],
  [1, 61],
  [1, 211],
  [2, 61],
  [2, 211],
  [7, 61],
  [39, 61],
  [1000, 211],
] as const;

/** Not in step with the order of the patients, so that each patient's requests are spread too. */
const startOf = (index: number, spreadTurns: number) => (index * 37) % spreadTurns;

/** Lets that many microtasks of other requests run first. */
async function yieldTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

const encryptAll = (cipher: RecordCipher, spreadTurns = 1) =>
  Promise.all(
    requests().map(async ({ patient, text }, index) => {
      await yieldTurns(startOf(index, spreadTurns));
      return { patient, text, message: await cipher.encrypt(Buffer.from(text), contextOf(patient)) };
    }),
  );

/** @returns how many of the messages a keyring of the stock SDK, one that nobody else uses, can not read */
async function unreadable(written: Awaited<ReturnType<typeof encryptAll>>): Promise<number> {
  let failures = 0;
  const stock = new Map(patients.map((patient) => [patient, platform.stock(patient)]));
  for (const { patient, text, message } of written) {
    const { sdk, keyring } = stock.get(patient) as ReturnType<KeyPlatform['stock']>;
    const read = await sdk.decrypt(keyring, Buffer.from(message)).catch(() => undefined);
    if (read?.plaintext.toString() !== text) failures += 1;
  }
  return failures;
}

describe('400 concurrent requests to cold patients', () => {
  it.each(LOADS)(
    'writes nothing unreadable with room for %i keys, starts spread over %i turns',
    async (room, spread) => {
      expect(await unreadable(await encryptAll(platform.cipher(room), spread))).toBe(0);
    },
  );

  it.each(LOADS)(
    'reads everything with room for %i keys, starts spread over %i turns',
    async (room, spread) => {
      const written = await encryptAll(platform.cipher());
      const cipher = platform.cipher(room);
      const read = await Promise.all(
        written.map(async ({ patient, message }, index) => {
          await yieldTurns(startOf(index, spread));
          const plaintext = await cipher.decrypt(message, contextOf(patient));
          return Buffer.from(plaintext).toString();
        }),
      );
      expect(read).toEqual(written.map(({ text }) => text));
    },
  );

  it('loses nothing while keys are evicted in the middle', async () => {
    const cipher = platform.cipher();
    const evicting = requests().map(async ({ patient }, index) => {
      await yieldTurns(startOf(index, 89) * 3);
      cipher.evict(patient);
    });
    const [written] = await Promise.all([encryptAll(cipher, 211), ...evicting]);
    expect(await unreadable(written)).toBe(0);
  });

  it('calls KMS once a patient when the cache has room for all of them', async () => {
    const written = await encryptAll(platform.cipher());
    const cipher = platform.cipher();
    const before = platform.kms.calls.Decrypt;
    await Promise.all(
      written.map(async ({ patient, message }, index) =>
        index % 2 === 0
          ? cipher.decrypt(message, contextOf(patient))
          : cipher.encrypt(Buffer.from('x'), contextOf(patient)),
      ),
    );
    expect(platform.kms.calls.Decrypt - before).toBe(patients.length);
    expect(cipher.metrics.kmsDecrypts).toBe(patients.length);
  });
});
