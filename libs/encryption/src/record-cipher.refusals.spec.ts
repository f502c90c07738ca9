import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AlgorithmSuiteIdentifier, CommitmentPolicy, buildClient } from '@aws-crypto/client-node';
import type { RecordCipher } from './record-cipher.js';
import type { EarlierRecordContext, RecordContext } from './record-context.js';
import { parseMessage } from './record-message.js';
import { KeyPlatform, contextOf, refusalOf, replaced } from './spec-support.js';

let platform: KeyPlatform;
let patientA: string;
let patientB: string;

beforeAll(async () => {
  platform = new KeyPlatform();
  [patientA, patientB] = [randomUUID(), randomUUID()];
  await Promise.all([platform.keyStore.create(patientA), platform.keyStore.create(patientB)]);
});
afterAll(() => platform.close());

type Expected = RecordContext | EarlierRecordContext;

const encrypted = async (size: number, context = contextOf(patientA)) =>
  Buffer.from(await platform.cipher().encrypt(randomBytes(size), context));

/** Written by the SDK as it comes: what is not checked by our own writing has to be refused by our reading. */
const foreign = (context: Record<string, string>, wrappedFor = patientA) =>
  platform.stock(wrappedFor).encrypt(randomBytes(10), context);

/** With a cold cache, so that each use of a key would be a call. */
async function expectRefusedWithoutKeys(message: Uint8Array, expected: Expected = contextOf(patientA)) {
  const cold = platform.cipher();
  const before = platform.keyAccesses();
  expect(await refusalOf(cold.decrypt(message, expected))).toBe('integrity-failure');
  expect(platform.keyAccesses()).toEqual(before);
  expect(cold.metrics).toMatchObject({ kmsDecrypts: 0, cacheHits: 0, integrityFailures: 1 });
}

// 45 CFR 164.312(a)(2)(iv), 164.312(c)(1).
describe('the context', () => {
  const otherId = 'Observation/AAAAAAAAAAAAAAAAAAAAAA/1';
  const swaps: [string, (context: RecordContext) => RecordContext][] = [
    ['another patient', (context) => ({ ...context, patient_id: patientB })],
    ['another record', (context) => ({ ...context, record: otherId })],
    ['another record type', ({ record, ...pairs }) => ({ ...pairs, record: `Condition${record.slice(11)}` })],
    ['another version', ({ record, ...pairs }) => ({ ...pairs, record: `${record.slice(0, -1)}2` })],
    ['a version that goes on', ({ record, ...pairs }) => ({ ...pairs, record: `${record}0` })],
  ];

  it.each(swaps)('refuses the message as %s, without any call to KMS or the key store', async (_, swap) => {
    const message = await encrypted(100);
    expect(swap(contextOf(patientA))).not.toEqual(contextOf(patientA));
    await expectRefusedWithoutKeys(message, swap(contextOf(patientA)));
  });

  it("refuses patient B's message in patient A's row while both keys are in the cache", async () => {
    const cipher = platform.cipher();
    await cipher.encrypt(randomBytes(10), contextOf(patientA));
    const message = await cipher.encrypt(randomBytes(10), contextOf(patientB));
    const before = cipher.metrics;
    expect(await refusalOf(cipher.decrypt(message, contextOf(patientA)))).toBe('integrity-failure');
    expect(cipher.metrics).toEqual({ ...before, integrityFailures: before.integrityFailures + 1 });
  });

  it.each([
    ['one pair more', (pairs: RecordContext) => ({ ...pairs, purpose: 'x' })],
    ['one pair more that every object has', (pairs: RecordContext) => ({ ...pairs, valueOf: 'x' })],
    ['one pair in place of another', ({ patient_id }: RecordContext) => ({ patient_id, toString: 'x' })],
    ['many pairs more', (pairs: RecordContext) => ({ ...manyPairs, ...pairs })],
    ['a pair of the earlier form', (pairs: RecordContext) => ({ ...pairs, record_id: 'x' })],
    ['one pair less', ({ patient_id }: RecordContext) => ({ patient_id })],
    ['no pair at all', () => ({})],
  ])('refuses a genuine message with %s, without any call', async (_, change) => {
    await expectRefusedWithoutKeys(await foreign(change(contextOf(patientA))));
  });

  const manyPairs = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key-${at}`, 'x']));

  it('takes nothing into a message but its own pairs', async () => {
    const given = { ...contextOf(patientA), name: 'canary' };
    const message = await encrypted(1, given);
    expect(message.includes('canary')).toBe(false);
    await expect(platform.cipher().decrypt(message, contextOf(patientA))).resolves.toHaveLength(1);
  });

  it.each([
    ['patient_id', { patient_id: '' }],
    ['record', { record: 'two words' }],
    ['record', { record: 'é' }],
    ['record', { record: 'x'.repeat(129) }],
  ])('must be opaque: refuses a wrong %s and names only the key', async (key, change) => {
    await expect(platform.cipher().encrypt(randomBytes(1), contextOf(patientA, change))).rejects.toThrow(
      `The encryption context needs an opaque ${key}`,
    );
  });
});

describe('the earlier context of four pairs', () => {
  const earlier = (changes: Partial<EarlierRecordContext> = {}): EarlierRecordContext => ({
    patient_id: patientA,
    record_type: 'Observation',
    record_id: '0b8f7f0e-53a6-4a53-9ba0-2f2f0e1a7c11',
    record_version: '1',
    ...changes,
  });

  it('is read as exactly as the present one', async () => {
    const message = await foreign(earlier());
    await expect(platform.cipher().decrypt(message, earlier())).resolves.toHaveLength(10);
    const swaps = [
      { patient_id: patientB },
      { record_type: 'Condition' },
      { record_id: randomUUID() },
      { record_version: '2' },
    ];
    for (const swap of swaps) await expectRefusedWithoutKeys(message, earlier(swap));
    const { record_version: _, ...threePairs } = earlier();
    await expectRefusedWithoutKeys(await foreign(threePairs), earlier());
    await expectRefusedWithoutKeys(await foreign({ ...earlier(), purpose: 'x' }), earlier());
  });

  it('is no stand-in for the present one, nor the other way round', async () => {
    await expectRefusedWithoutKeys(await foreign(earlier()), contextOf(patientA));
    await expectRefusedWithoutKeys(await encrypted(10), earlier());
    await expectRefusedWithoutKeys(await foreign({ ...earlier(), ...contextOf(patientA) }), earlier());
  });
});

describe('bad messages', () => {
  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('{"resourceType":"Patient"}')],
    ['zeros', () => Buffer.alloc(500)],
    ['base64 of a message', (message: Buffer) => Buffer.from(message.toString('base64'))],
    ['a header alone', (message: Buffer) => message.subarray(0, message.length - 156)],
    ['a message cut in its header', (message: Buffer) => message.subarray(0, 100)],
    ['a message cut in its frame', (message: Buffer) => message.subarray(0, -60)],
    ['two messages', (message: Buffer) => Buffer.concat([message, message])],
    ['one byte more', (message: Buffer) => Buffer.concat([message, Buffer.of(0)])],
    ['one byte less', (message: Buffer) => message.subarray(0, -1)],
    ['a suite that does not exist', (message: Buffer) => withSuite(message, 0xffff)],
    ['a suite that is not ours', (message: Buffer) => withSuite(message, 0x0578)],
    ['format version 1', (message: Buffer) => Buffer.concat([Buffer.of(1), message.subarray(1)])],
    ['a name that is not UTF-8', (message: Buffer) => replaced(message, 'record', Buffer.alloc(6, 0xff))],
    ["another keyring's", (message: Buffer) => replaced(message, 'aws-kms-hierarchy', 'raw-rsa-hierarchy')],
  ])('refuses %s before any key access', async (_, change) => {
    await expectRefusedWithoutKeys(change(await encrypted(100)));
  });

  it.each([
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
  ])('refuses suite %i, which this service never writes', async (suiteId) => {
    const isCommitting = suiteId > 0x0400;
    const sdk = isCommitting
      ? buildClient({
          commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
          maxEncryptedDataKeys: 1,
        })
      : buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);
    const { result } = await sdk.encrypt(platform.stock(patientA).keyring, randomBytes(9), {
      suiteId,
      encryptionContext: contextOf(patientA),
    });
    await expectRefusedWithoutKeys(result);
  });

  it('refuses a message of another patient key, though its context says patient A', async () => {
    await expectRefusedWithoutKeys(await foreign(contextOf(patientA), patientB));
  });
});

describe('a wrapped data key in another message', () => {
  const wrappedKeyOf = (message: Buffer) => {
    const [key] = parseMessage(message).header.encryptedDataKeys;
    if (key === undefined) throw new Error('The test expects a wrapped data key');
    return Buffer.from(key.encryptedDataKey);
  };
  const swapped = (message: Buffer, other: Buffer) =>
    replaced(message, wrappedKeyOf(message), wrappedKeyOf(other));
  const refused = async (cipher: RecordCipher, message: Buffer) =>
    expect(await refusalOf(cipher.decrypt(message, contextOf(patientA)))).toBe('integrity-failure');

  it.each([
    ['of the same record', (): RecordContext => contextOf(patientA)],
    ['of another record', () => contextOf(patientA, { record: 'Observation/AAAAAAAAAAAAAAAAAAAAAA/1' })],
    ['of another patient', () => contextOf(patientB)],
  ])('is refused: %s', async (_, context) => {
    const cipher = platform.cipher();
    const message = await encrypted(100);
    await refused(cipher, swapped(message, await encrypted(100, context())));
    await expect(cipher.decrypt(message, contextOf(patientA))).resolves.toHaveLength(100);
  });

  it("is refused when it names another version of the patient's key, and one that never was", async () => {
    const message = await encrypted(100);
    const cipher = platform.cipher();
    const version = Buffer.from(cipher.messageKeyVersion(message).replaceAll('-', ''), 'hex');
    await platform.keyStore.rotate(patientA);
    const active = cipher.messageKeyVersion(await encrypted(1));
    for (const name of [active, randomUUID()]) {
      await refused(cipher, replaced(message, version, Buffer.from(name.replaceAll('-', ''), 'hex')));
    }
    await expect(cipher.decrypt(message, contextOf(patientA))).resolves.toHaveLength(100);
  });

  it('is refused when there are two of them', async () => {
    const message = await encrypted(100);
    const at = message.indexOf('aws-kms-hierarchy') - 2;
    const end = message.indexOf(wrappedKeyOf(message)) + wrappedKeyOf(message).length;
    const doubled = Buffer.concat([
      message.subarray(0, end),
      message.subarray(at, end),
      message.subarray(end),
    ]);
    doubled.writeUInt16BE(2, at - 2);
    await expectRefusedWithoutKeys(doubled);
  });
});

function withSuite(message: Buffer, suiteId: number): Buffer {
  const changed = Buffer.from(message);
  changed.writeUInt16BE(suiteId, 1);
  return changed;
}
