import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlgorithmSuiteIdentifier } from '@aws-crypto/client-node';
import type { RecordCipher } from './record-cipher.js';
import type { RecordContext } from './record-context.js';
import { parseMessage } from './record-message.js';
import { KeyPlatform, contextOf, refusalOf, replaced } from './spec-support.js';

const SUITE_ID = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

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
const ids = [randomBytes(16), randomBytes(16)].map((id) => id.toString('base64url'));
const contexts = () =>
  fc
    .tuple(
      fc.constantFrom(...patients),
      fc.constantFrom('PROFILE', 'Observation', 'Condition'),
      // Few of each, so that two contexts often differ in one part alone.
      fc.constantFrom(...ids),
      fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000_000_000 })),
    )
    .map(([patient, type, id, version]): RecordContext => ({
      patient_id: patient,
      record: `${type}/${id}/${version}`,
    }));

const refusal = (message: Uint8Array, context: RecordContext, reader = cipher) =>
  refusalOf(reader.decrypt(message, context));

/** Such a message needs no key to be refused: it is given to a cipher that has none yet, and the calls are counted. */
async function expectRefusedWithoutKeys(message: Uint8Array, context: RecordContext) {
  const before = platform.keyAccesses();
  expect(await refusal(message, context, platform.cipher())).toBe('integrity-failure');
  expect(platform.keyAccesses()).toEqual(before);
}

/** By the SDK as it comes, which writes what our own cipher never does. */
const byStockSdk = (plaintext: Uint8Array, context: Record<string, string>, frameLength?: number) =>
  platform.stock(patients[0]).encrypt(plaintext, context, frameLength);

function flipped(message: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(message);
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}

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
      expect(await refusal(message, expected)).toBe('integrity-failure');
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

describe('a message', () => {
  it('is refused with any one bit flipped', async () => {
    const context = contextOf(patients[0]);
    const message = Buffer.from(await cipher.encrypt(Buffer.from('a record of some length'), context));
    for (let bit = 0; bit < message.length * 8; bit += 1) {
      const answer = await refusal(flipped(message, bit), context);
      expect({ bit, answer }).toEqual({ bit, answer: 'integrity-failure' });
    }
  });

  it('is refused with any one bit flipped while the patient is cold', async () => {
    const context = contextOf(patients[0]);
    const message = Buffer.from(await cipher.encrypt(Buffer.from('x'), context));
    for (let byte = 0; byte < message.length; byte += 1) {
      const answer = await refusal(flipped(message, byte * 8 + 4), context, platform.cipher());
      expect({ byte, answer }).toEqual({ byte, answer: 'integrity-failure' });
    }
  });

  it('is refused when it is cut off anywhere', async () => {
    const context = contextOf(patients[0]);
    const message = await cipher.encrypt(Buffer.from('a record of some length'), context);
    for (let length = 0; length < message.length; length += 1) {
      const answer = await refusal(message.subarray(0, length), context);
      expect({ length, answer }).toEqual({ length, answer: 'integrity-failure' });
    }
  });

  it('is refused with anything appended', async () => {
    const context = contextOf(patients[0]);
    const property = fc.asyncProperty(
      plaintexts,
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      async (plaintext, tail) => {
        const message = await cipher.encrypt(plaintext, context);
        expect(await refusal(Buffer.concat([message, tail]), context)).toBe('integrity-failure');
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
        expect(await refusal(changed, context)).toBe('integrity-failure');
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
      expect(await refusal(mixed, context)).toBe('integrity-failure');
    }
  });
});

describe('a message of several frames', () => {
  const FRAME = 100;
  let message: Buffer;
  let context: RecordContext;

  beforeAll(async () => {
    context = contextOf(patients[0]);
    message = await byStockSdk(Buffer.alloc(1050, 'frames '), context, FRAME);
  });

  it('is read', async () => {
    const read = Buffer.from(await cipher.decrypt(message, context)).toString();
    expect(read).toBe('frames '.repeat(150));
  });

  it('is refused with any bit flipped, cut off anywhere, or with anything appended', async () => {
    const changes = fc.oneof(
      fc.nat({ max: message.length * 8 - 1 }).map((bit) => flipped(message, bit)),
      fc.nat({ max: message.length - 1 }).map((length) => message.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((tail) => Buffer.concat([message, tail])),
    );
    const property = fc.asyncProperty(changes, async (changed) => {
      expect(await refusal(changed, context)).toBe('integrity-failure');
    });
    await fc.assert(property, { numRuns: 400 });
  });

  it('is refused with its frames in any other order, some of them left out or doubled', async () => {
    const { info } = parseMessage(message);
    const start = info.headerLength + info.headerAuth.headerAuthLength;
    // Sequence number, IV, content, tag; the final frame is marked and tells its length.
    const frameBytes = 4 + 12 + FRAME + 16;
    const frames = Array.from({ length: 10 }, (_, at) =>
      message.subarray(start + at * frameBytes, start + (at + 1) * frameBytes),
    );
    const final = message.subarray(start + frames.length * frameBytes);
    const order = fc.array(fc.nat({ max: frames.length - 1 }), { maxLength: 12 });
    const property = fc.asyncProperty(order, fc.boolean(), async (places, finished) => {
      const body = places.map((at) => frames[at] as Buffer);
      const changed = Buffer.concat([message.subarray(0, start), ...body, ...(finished ? [final] : [])]);
      fc.pre(!changed.equals(message));
      await expectRefusedWithoutKeys(changed, context);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

describe('a foreign message', () => {
  it('is refused without any key: bytes of any kind', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      await expectRefusedWithoutKeys(bytes, contextOf(patients[0]));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is refused without any key: the beginning of one of ours and bytes of any kind', async () => {
    const message = Buffer.from(await cipher.encrypt(Buffer.from('x'), contextOf(patients[0])));
    const bytes = fc.uint8Array({ maxLength: 600 });
    const property = fc.asyncProperty(fc.nat({ max: 200 }), bytes, async (length, rest) => {
      const mixed = Buffer.concat([message.subarray(0, length), rest]);
      await expectRefusedWithoutKeys(mixed, contextOf(patients[0]));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is refused without any key: every suite but ours', async () => {
    const message = Buffer.from(await cipher.encrypt(Buffer.from('x'), contextOf(patients[0])));
    const suites = fc.integer({ min: 0, max: 0xffff }).filter((suiteId) => suiteId !== SUITE_ID);
    const property = fc.asyncProperty(suites, async (suiteId) => {
      const changed = Buffer.from(message);
      changed.writeUInt16BE(suiteId, 1);
      await expectRefusedWithoutKeys(changed, contextOf(patients[0]));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is refused without any key: more pairs in its context, whatever they are', async () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' });
    const names = word.filter((name) => !name.startsWith('aws-crypto-') && name !== '__proto__');
    const property = fc.asyncProperty(fc.dictionary(names, word, { minKeys: 1 }), async (more) => {
      const context = contextOf(patients[0]);
      const message = await byStockSdk(Buffer.from('x'), { ...more, ...context });
      await expectRefusedWithoutKeys(message, context);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('is refused when the wrapped data key of any other message stands in it', async () => {
    const property = fc.asyncProperty(contexts(), contexts(), async (context, other) => {
      const [message, another] = await Promise.all([
        cipher.encrypt(Buffer.from('one'), context),
        cipher.encrypt(Buffer.from('two'), other),
      ]);
      const changed = replaced(Buffer.from(message), wrappedKeyOf(message), wrappedKeyOf(another));
      expect(await refusal(changed, context)).toBe('integrity-failure');
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

function wrappedKeyOf(message: Uint8Array): Buffer {
  const [key] = parseMessage(message).header.encryptedDataKeys;
  return Buffer.from(key?.encryptedDataKey ?? []);
}
