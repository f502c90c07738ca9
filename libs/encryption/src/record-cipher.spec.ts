import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AlgorithmSuiteIdentifier } from '@aws-crypto/client-node';
import { KMSInvalidStateException } from '@aws-sdk/client-kms';
import { Problem } from '@app/problem-details';
import { BranchKeyError } from './branch-key-error.js';
import { KeyPlatform, contextOf, refusalOf, replaced } from './spec-support.js';

const SIZES = [0, 1, 1024, 4096, 131_071, 131_072, 133_120, 262_144, 307_200];
const COMMIT_KEY = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

let platform: KeyPlatform;
let patientA: string;

beforeAll(async () => {
  platform = new KeyPlatform();
  patientA = randomUUID();
  await platform.keyStore.create(patientA);
});
afterAll(() => platform.close());

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
    const result = await platform.stock(patientA).encrypt(plaintext, contextOf(patientA));
    const read = await platform.cipher().decrypt(result, contextOf(patientA));
    expect(Buffer.from(read).equals(plaintext)).toBe(true);
  });

  it('is read with small frames too', async () => {
    const plaintext = randomBytes(10_000);
    const result = await platform.stock(patientA).encrypt(plaintext, contextOf(patientA), 512);
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

describe('the overhead', () => {
  const id = '/AAAAAAAAAAAAAAAAAAAAAA/';
  it.each([
    ['PROFILE', 1, 377],
    ['Observation', 99_999, 385],
    ['CoverageEligibilityResponse', 9999, 400],
    // The longest type of FHIR R4, which is of a product catalogue.
    ['MedicinalProductUndesirableEffect', 1, 403],
  ])('of a message of type %s, version %i, is %i bytes', async (type, version, overhead) => {
    const context = contextOf(patientA, { record: `${type}${id}${version}` });
    for (const size of [0, 4096, 131_072]) {
      const message = await platform.cipher().encrypt(randomBytes(size), context);
      expect(message.byteLength - size).toBe(overhead);
    }
  });
});

describe('the key version of a message', () => {
  it('is the version that was active when it was written, whatever its size', async () => {
    const patient = randomUUID();
    await platform.keyStore.create(patient);
    const cipher = platform.cipher();
    const versions = [];
    for (const size of [0, 1, 200_000]) {
      versions.push(cipher.messageKeyVersion(await cipher.encrypt(randomBytes(size), contextOf(patient))));
    }
    const { branchKeyVersion } = await platform.keyStore.fetchActive(patient);
    expect(new Set(versions)).toEqual(new Set([branchKeyVersion.toString('utf8')]));
  });

  it('stays as it was when the key is rotated, and is read without any key', async () => {
    const patient = randomUUID();
    await platform.keyStore.create(patient);
    const [before, after] = [platform.cipher(), platform.cipher()];
    const message = await before.encrypt(Buffer.from('x'), contextOf(patient));
    const version = before.messageKeyVersion(message);
    await platform.keyStore.rotate(patient);
    const accesses = platform.keyAccesses();
    expect(platform.cipher().messageKeyVersion(message)).toBe(version);
    expect(platform.keyAccesses()).toEqual(accesses);
    const later = await after.encrypt(Buffer.from('x'), contextOf(patient));
    expect(after.messageKeyVersion(later)).not.toBe(version);
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['half a message', (message: Buffer) => message.subarray(0, 200)],
    ['a message with bytes after it', (message: Buffer) => Buffer.concat([message, Buffer.of(0)])],
    ["another keyring's", (message: Buffer) => replaced(message, 'aws-kms-hierarchy', 'raw-rsa-hierarchy')],
  ])('is not told of %s', async (_, change) => {
    const cipher = platform.cipher();
    const message = Buffer.from(await cipher.encrypt(randomBytes(100), contextOf(patientA)));
    const telling = async () => cipher.messageKeyVersion(change(message));
    expect(await refusalOf(telling())).toBe('integrity-failure');
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
