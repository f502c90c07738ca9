import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AlgorithmSuiteIdentifier, CommitmentPolicy, buildClient } from '@aws-crypto/client-node';
import { KMSInvalidStateException } from '@aws-sdk/client-kms';
import { Problem } from '@app/problem-details';
import { BranchKeyError } from './branch-key-error.js';
import type { RecordContext } from './record-context.js';
import { KeyPlatform, contextOf, refusalOf } from './spec-support.js';

const SIZES = [0, 1, 1024, 4096, 131_071, 131_072, 133_120, 262_144, 307_200];
const COMMIT_KEY = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

let platform: KeyPlatform;
let patientA: string;
let patientB: string;

beforeAll(async () => {
  platform = new KeyPlatform();
  [patientA, patientB] = [randomUUID(), randomUUID()];
  await Promise.all([platform.keyStore.create(patientA), platform.keyStore.create(patientB)]);
});
afterAll(() => platform.close());

const plainContext = (context: RecordContext) => ({ ...context });

describe('the message format', () => {
  it.each(SIZES)('is read by the stock SDK at %i bytes', async (size) => {
    const plaintext = randomBytes(size);
    const message = await platform.cipher().encrypt(plaintext, contextOf(patientA));
    const { sdk, keyring } = platform.stock(patientA);
    const { plaintext: read, messageHeader } = await sdk.decrypt(keyring, Buffer.from(message));
    expect(read.equals(plaintext)).toBe(true);
    expect({ ...messageHeader.encryptionContext }).toEqual(contextOf(patientA));
    expect(messageHeader.suiteId).toBe(COMMIT_KEY);
    expect(messageHeader.frameLength).toBe(131_072);
  });

  it.each(SIZES)('of the stock SDK is read at %i bytes', async (size) => {
    const plaintext = randomBytes(size);
    const { sdk, keyring } = platform.stock(patientA);
    const { result } = await sdk.encrypt(keyring, plaintext, {
      suiteId: COMMIT_KEY,
      encryptionContext: plainContext(contextOf(patientA)),
      frameLength: 131_072,
    });
    const read = await platform.cipher().decrypt(result, contextOf(patientA));
    expect(Buffer.from(read).equals(plaintext)).toBe(true);
  });

  it('is read with small frames too', async () => {
    const plaintext = randomBytes(10_000);
    const { sdk, keyring } = platform.stock(patientA);
    const { result } = await sdk.encrypt(keyring, plaintext, {
      suiteId: COMMIT_KEY,
      encryptionContext: plainContext(contextOf(patientA)),
      frameLength: 512,
    });
    const read = await platform.cipher().decrypt(result, contextOf(patientA));
    expect(Buffer.from(read).equals(plaintext)).toBe(true);
    expect(await refusalOf(platform.cipher().decrypt(result.subarray(0, -530), contextOf(patientA)))).toBe(
      'integrity-failure',
    );
  });

  it('differs each time, and nothing of the plaintext shows', async () => {
    const cipher = platform.cipher();
    const plaintext = Buffer.from('canary-7f1c9e');
    const [one, two] = await Promise.all([
      cipher.encrypt(plaintext, contextOf(patientA)),
      cipher.encrypt(plaintext, contextOf(patientA)),
    ]);
    expect(Buffer.compare(one, two)).not.toBe(0);
    expect(Buffer.from(one).includes(plaintext)).toBe(false);
  });
});

describe('the context', () => {
  const swaps: [string, (context: RecordContext) => RecordContext][] = [
    ['another patient', (context) => ({ ...context, patient_id: patientB })],
    ['another record', (context) => ({ ...context, record_id: randomUUID() })],
    ['another record type', (context) => ({ ...context, record_type: 'Condition' })],
    ['another version', (context) => ({ ...context, record_version: '2' })],
  ];

  it.each(swaps)('refuses the message as %s, without any call to KMS or the key store', async (_, swap) => {
    const message = await platform.cipher().encrypt(randomBytes(100), contextOf(patientA));
    const cold = platform.cipher();
    const before = { kms: { ...platform.kms.calls }, keyStore: platform.keyStoreCalls };
    expect(await refusalOf(cold.decrypt(message, swap(contextOf(patientA))))).toBe('integrity-failure');
    expect({ kms: platform.kms.calls, keyStore: platform.keyStoreCalls }).toEqual(before);
    expect(cold.metrics).toMatchObject({ kmsDecrypts: 0, cacheHits: 0, integrityFailures: 1 });
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
    ['one pair more', (pairs: Record<string, string>) => ({ ...pairs, purpose: 'x' })],
    ['one pair less', ({ record_version: _, ...pairs }: Record<string, string>) => pairs],
  ])('refuses a genuine message with %s', async (_, change) => {
    const { sdk, keyring } = platform.stock(patientA);
    const { result } = await sdk.encrypt(keyring, randomBytes(10), {
      suiteId: COMMIT_KEY,
      encryptionContext: change(plainContext(contextOf(patientA))) as Record<string, string>,
    });
    expect(await refusalOf(platform.cipher().decrypt(result, contextOf(patientA)))).toBe('integrity-failure');
  });

  it.each([
    ['patient_id', { patient_id: '' }],
    ['record_type', { record_type: 'two words' }],
    ['record_id', { record_id: 'é' }],
    ['record_version', { record_version: '01' }],
  ])('must be opaque: refuses a wrong %s and names only the key', async (key, change) => {
    await expect(platform.cipher().encrypt(randomBytes(1), contextOf(patientA, change))).rejects.toThrow(
      `The encryption context needs an opaque ${key}`,
    );
  });
});

describe('bad messages', () => {
  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('{"resourceType":"Patient"}')],
    ['zeros', () => Buffer.alloc(500)],
    ['base64 of a message', (message: Buffer) => Buffer.from(message.toString('base64'))],
    ['a header alone', (message: Buffer) => message.subarray(0, 300)],
    ['two messages', (message: Buffer) => Buffer.concat([message, message])],
    ['one byte more', (message: Buffer) => Buffer.concat([message, Buffer.of(0)])],
    ['one byte less', (message: Buffer) => message.subarray(0, -1)],
  ])('refuses %s before any key access', async (_, change) => {
    const message = Buffer.from(await platform.cipher().encrypt(randomBytes(100), contextOf(patientA)));
    const before = platform.keyStoreCalls;
    expect(await refusalOf(platform.cipher().decrypt(change(message), contextOf(patientA)))).toBe(
      'integrity-failure',
    );
    expect(platform.keyStoreCalls).toBe(before);
  });

  it.each([
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
    AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
  ])('refuses suite %i, which this service never writes', async (suiteId) => {
    const sdk = buildClient({
      commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
      maxEncryptedDataKeys: 1,
    });
    const anySuite = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);
    const isCommitting = suiteId > 0x0400;
    const { result } = await (isCommitting ? sdk : anySuite).encrypt(
      platform.stock(patientA).keyring,
      randomBytes(9),
      {
        suiteId,
        encryptionContext: plainContext(contextOf(patientA)),
      },
    );
    const before = platform.keyStoreCalls;
    expect(await refusalOf(platform.cipher().decrypt(result, contextOf(patientA)))).toBe('integrity-failure');
    expect(platform.keyStoreCalls).toBe(before);
  });

  it("refuses a message that patient B's key wrapped, though its context says patient A", async () => {
    const { sdk, keyring } = platform.stock(patientB);
    const { result } = await sdk.encrypt(keyring, randomBytes(10), {
      suiteId: COMMIT_KEY,
      encryptionContext: plainContext(contextOf(patientA)),
    });
    const before = platform.keyStoreCalls;
    expect(await refusalOf(platform.cipher().decrypt(result, contextOf(patientA)))).toBe('integrity-failure');
    expect(platform.keyStoreCalls).toBe(before);
  });
});

describe('outages', () => {
  it('reports KMS as not available, and recovers', async () => {
    const cipher = platform.cipher();
    const message = await platform.cipher().encrypt(Buffer.from('x'), contextOf(patientA));
    platform.kmsOutage = new KMSInvalidStateException({ message: 'disabled', $metadata: {} });
    try {
      expect(await refusalOf(cipher.decrypt(message, contextOf(patientA)))).toBe('key-service-unavailable');
      expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patientA)))).toBe(
        'key-service-unavailable',
      );
      expect(await refusalOf(platform.keyStore.create(randomUUID()))).toBe('key-service-unavailable');
    } finally {
      platform.kmsOutage = undefined;
    }
    expect(Buffer.from(await cipher.decrypt(message, contextOf(patientA))).toString()).toBe('x');
  });

  it('reports the key store as not available', async () => {
    const cipher = platform.cipher();
    const message = await platform.cipher().encrypt(Buffer.from('x'), contextOf(patientA));
    platform.keyStoreOutage = new Error('connection refused');
    try {
      expect(await refusalOf(cipher.decrypt(message, contextOf(patientA)))).toBe('key-service-unavailable');
      expect(await refusalOf(cipher.encrypt(Buffer.from('x'), contextOf(patientA)))).toBe(
        'key-service-unavailable',
      );
    } finally {
      platform.keyStoreOutage = undefined;
    }
  });

  it('goes on with keys that are in the cache', async () => {
    const cipher = platform.cipher();
    const message = await cipher.encrypt(Buffer.from('x'), contextOf(patientA));
    platform.kmsOutage = new Error('timeout');
    try {
      expect(Buffer.from(await cipher.decrypt(message, contextOf(patientA))).toString()).toBe('x');
      cipher.evict(patientA);
      expect(await refusalOf(cipher.decrypt(message, contextOf(patientA)))).toBe('key-service-unavailable');
    } finally {
      platform.kmsOutage = undefined;
    }
  });

  it('says that a patient has no key', async () => {
    const stranger = randomUUID();
    const attempt = platform.cipher().encrypt(Buffer.from('x'), contextOf(stranger));
    const error: unknown = await attempt.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).type.name).toBe('key-service-unavailable');
    expect((error as Problem).cause).toBeInstanceOf(BranchKeyError);
    expect(((error as Problem).cause as BranchKeyError).failure).toBe('no-key');
  });
});

describe('KMS calls', () => {
  it('makes one for a cold patient, whether he is first written or first read, and none afterwards', async () => {
    const message = await platform.cipher().encrypt(Buffer.from('x'), contextOf(patientA));
    for (const readFirst of [true, false]) {
      const cipher = platform.cipher();
      const before = platform.kms.calls.Decrypt;
      const read = () => cipher.decrypt(message, contextOf(patientA));
      const write = () => cipher.encrypt(Buffer.from('y'), contextOf(patientA));
      for (const step of readFirst ? [read, write, read] : [write, read, write]) await step();
      expect(platform.kms.calls.Decrypt - before).toBe(1);
      expect(cipher.metrics.kmsDecrypts).toBe(1);
    }
  });

  it('reads messages of a retired key version, and writes under the new one', async () => {
    const patient = randomUUID();
    await platform.keyStore.create(patient);
    const cipher = platform.cipher();
    const before = await cipher.encrypt(Buffer.from('before'), contextOf(patient));
    await platform.keyStore.rotate(patient);
    cipher.evict(patient);
    const after = await cipher.encrypt(Buffer.from('after'), contextOf(patient));
    const cold = platform.cipher();
    expect(Buffer.from(await cold.decrypt(before, contextOf(patient))).toString()).toBe('before');
    expect(Buffer.from(await cold.decrypt(after, contextOf(patient))).toString()).toBe('after');
    expect(cold.metrics.kmsDecrypts).toBe(2);
    await cold.encrypt(Buffer.from('x'), contextOf(patient));
    expect(cold.metrics.kmsDecrypts).toBe(2);
  });
});
