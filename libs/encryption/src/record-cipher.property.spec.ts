import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordContext } from './record-context.js';
import type { RecordCipher } from './record-cipher.js';
import { KeyPlatform, contextOf, refusalOf } from './spec-support.js';

let platform: KeyPlatform;
let cipher: RecordCipher;
let patients: [string, string];

beforeAll(async () => {
  platform = new KeyPlatform();
  cipher = platform.cipher();
  patients = [randomUUID(), randomUUID()];
  await Promise.all(patients.map((patient) => platform.keyStore.create(patient)));
});
afterAll(() => platform.close());

const plaintexts = fc.uint8Array({ maxLength: 3000 });
const contexts = () =>
  fc.record<RecordContext>({
    patient_id: fc.constantFrom(...patients),
    record_type: fc.constantFrom('PROFILE', 'Observation', 'Condition'),
    record_id: fc.uuid(),
    record_version: fc.integer({ min: 1, max: 1_000_000 }).map(String),
  });

describe('any record', () => {
  it('comes back as it was', async () => {
    const property = fc.asyncProperty(plaintexts, contexts(), async (plaintext, context) => {
      const read = await cipher.decrypt(await cipher.encrypt(plaintext, context), context);
      expect(Buffer.compare(read, plaintext)).toBe(0);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('is refused under any other context', async () => {
    const property = fc.asyncProperty(contexts(), contexts(), async (written, expected) => {
      fc.pre(JSON.stringify(written) !== JSON.stringify(expected));
      const message = await cipher.encrypt(Buffer.from('x'), written);
      expect(await refusalOf(cipher.decrypt(message, expected))).toBe('integrity-failure');
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

describe('a message', () => {
  it('is refused with any one bit flipped', async () => {
    const context = contextOf(patients[0]);
    const message = Buffer.from(await cipher.encrypt(Buffer.from('a record of some length'), context));
    for (let bit = 0; bit < message.length * 8; bit += 1) {
      const flipped = Buffer.from(message);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const refusal = await refusalOf(cipher.decrypt(flipped, context));
      expect({ bit, refusal }).toEqual({ bit, refusal: 'integrity-failure' });
    }
  });

  it('is refused with any one bit flipped while the patient is cold', async () => {
    const context = contextOf(patients[0]);
    const message = Buffer.from(await cipher.encrypt(Buffer.from('x'), context));
    for (let byte = 0; byte < message.length; byte += 1) {
      const flipped = Buffer.from(message);
      flipped[byte] = (flipped[byte] as number) ^ 0x10;
      const refusal = await refusalOf(platform.cipher().decrypt(flipped, context));
      expect({ byte, refusal }).toEqual({ byte, refusal: 'integrity-failure' });
    }
  });

  it('is refused when it is cut off anywhere', async () => {
    const context = contextOf(patients[0]);
    const message = await cipher.encrypt(Buffer.from('a record of some length'), context);
    for (let length = 0; length < message.length; length += 1) {
      const refusal = await refusalOf(cipher.decrypt(message.subarray(0, length), context));
      expect({ length, refusal }).toEqual({ length, refusal: 'integrity-failure' });
    }
  });

  it('is refused with anything appended', async () => {
    const context = contextOf(patients[0]);
    const property = fc.asyncProperty(
      plaintexts,
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      async (plaintext, tail) => {
        const message = await cipher.encrypt(plaintext, context);
        const refusal = await refusalOf(cipher.decrypt(Buffer.concat([message, tail]), context));
        expect(refusal).toBe('integrity-failure');
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('is refused when any stretch of it is replaced', async () => {
    const context = contextOf(patients[0]);
    const property = fc.asyncProperty(
      plaintexts,
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      async (plaintext, at, patch) => {
        const message = Buffer.from(await cipher.encrypt(plaintext, context));
        const changed = Buffer.from(message);
        changed.set(patch.subarray(0, changed.length - (at % changed.length)), at % changed.length);
        fc.pre(!changed.equals(message));
        expect(await refusalOf(cipher.decrypt(changed, context))).toBe('integrity-failure');
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('is refused when its halves come from two messages of the same record', async () => {
    const context = contextOf(patients[0]);
    const [one, two] = await Promise.all([
      cipher.encrypt(Buffer.from('version as it was'), context),
      cipher.encrypt(Buffer.from('version as it is!'), context),
    ]);
    for (let cut = 3; cut < one.length; cut += 1) {
      // The parts that any two messages have in common make no mixture.
      const mixed = Buffer.concat([one.subarray(0, cut), two.subarray(cut)]);
      if (mixed.equals(one) || mixed.equals(two)) continue;
      expect(await refusalOf(cipher.decrypt(mixed, context))).toBe('integrity-failure');
    }
  });
});
