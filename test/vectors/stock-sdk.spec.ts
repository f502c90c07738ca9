import { createCipheriv, randomBytes } from 'node:crypto';
import { AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy } from '@aws-crypto/client-node';
import { describe, expect, it } from '@jest/globals';
import { algorithmSuites } from '../../apps/phi-recovery/src/algorithm-suites.js';
import { decryptMessage, deriveKeys } from '../../apps/phi-recovery/src/message-decryption.js';
import { parseMessage } from '../../apps/phi-recovery/src/message-format.js';
import { decryptVector, GivenDataKeyring } from '../../libs/encryption/test/vector-decryption.js';

const readsAll = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
const suiteIds = Object.values(AlgorithmSuiteIdentifier).filter((id) => typeof id === 'number');
const suites = suiteIds.map((id) => ({ id, name: AlgorithmSuiteIdentifier[id] }));
const FRAME_LENGTH = 16;
const lengths = [0, 1, FRAME_LENGTH - 1, FRAME_LENGTH, FRAME_LENGTH + 1, 5 * FRAME_LENGTH];
const encryptionContext = { patient_id: 'a', record: 'Ünicode, \u{1F512} and more' };

const keyOf = (suiteId: number) => randomBytes(algorithmSuites.get(suiteId)!.keyBytes);
const read = (message: Buffer, dataKey: Buffer) =>
  Buffer.concat(decryptMessage(parseMessage(message), dataKey));

function writtenByTheSdk(suiteId: number, dataKey: Buffer, plaintext: Buffer, context = encryptionContext) {
  const { encrypt } = buildClient(
    algorithmSuites.get(suiteId)!.commits
      ? CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
      : CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
  );
  const options = { suiteId, frameLength: FRAME_LENGTH, encryptionContext: { ...context } };
  return encrypt(new GivenDataKeyring(dataKey), plaintext, options).then(({ result }) => result);
}

it('the reader knows every suite that the SDK has, and no other', () => {
  expect([...algorithmSuites.keys()].sort()).toEqual(suites.map(({ id }) => id).sort());
});

describe.each(suites)('what the SDK writes with $name', ({ id }) => {
  it.each(lengths)('is read: %i bytes in frames of 16', async (length) => {
    const [dataKey, plaintext] = [keyOf(id), randomBytes(length)];
    const message = await writtenByTheSdk(id, dataKey, plaintext);
    expect(read(message, dataKey).equals(plaintext)).toBe(true);
    const { context } = parseMessage(message);
    expect(Object.fromEntries(context)).toMatchObject(encryptionContext);
  });

  it('is refused with any byte changed, cut off or added', async () => {
    const dataKey = keyOf(id);
    const message = await writtenByTheSdk(id, dataKey, randomBytes(20));
    for (let at = 0; at < message.length; at += 1) {
      const changed = Buffer.from(message);
      changed[at]! ^= 1 << (at % 8);
      // The wrapped data key is not read where the data key is given; the header's tag covers it all the same.
      expect(() => read(changed, dataKey)).toThrow(expect.objectContaining({ name: 'Unreadable' }));
      expect(() => read(message.subarray(0, at), dataKey)).toThrow(
        expect.objectContaining({ name: 'Unreadable' }),
      );
    }
    expect(() => read(Buffer.concat([message, Buffer.of(0)]), dataKey)).toThrow('bytes after the message');
  });

  it('is refused under another data key', async () => {
    const message = await writtenByTheSdk(id, keyOf(id), randomBytes(20));
    expect(() => read(message, keyOf(id))).toThrow(/commitment|authentic/);
  });
});

describe('an unframed body', () => {
  // The SDK for JavaScript reads them but writes none, so one is made of a framed message; the SDK is its judge.
  it.each(suites.filter(({ id }) => algorithmSuites.get(id)!.signature === undefined))(
    'is read as the SDK reads it: $name',
    async ({ id }) => {
      const [dataKey, plaintext] = [keyOf(id), randomBytes(40)];
      const message = unframed(await writtenByTheSdk(id, dataKey, Buffer.alloc(0)), dataKey, plaintext);
      const bySdk = await readsAll.decrypt(new GivenDataKeyring(dataKey), message);
      expect(bySdk.plaintext.equals(plaintext)).toBe(true);
      expect(read(message, dataKey).equals(plaintext)).toBe(true);
    },
  );
});

/** @returns the message with another body, its header authenticated anew */
function unframed(framed: Buffer, dataKey: Buffer, plaintext: Buffer): Buffer {
  const parsed = parseMessage(framed);
  const { encryptionKey } = deriveKeys(parsed, dataKey);
  const header = Buffer.from(parsed.headerBody);
  // From the end: the frame length (4 bytes), behind the content type or behind what format 1 has in between.
  const frameLengthAt = header.length - 4 - (parsed.commitment?.length ?? 0);
  header.writeUInt32BE(0, frameLengthAt);
  header[frameLengthAt - (parsed.suite.messageVersion === 1 ? 6 : 1)] = 1;
  const algorithm = `aes-${(dataKey.length * 8) as 128 | 192 | 256}-gcm` as const;
  const seal = (iv: Buffer, aad: Buffer, content: Buffer) => {
    const cipher = createCipheriv(algorithm, encryptionKey, iv).setAAD(aad);
    return { content: Buffer.concat([cipher.update(content), cipher.final()]), tag: cipher.getAuthTag() };
  };
  const iv = randomBytes(12);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(plaintext.length));
  const label = Buffer.from('AWSKMSEncryptionClient Single Block');
  const body = seal(iv, Buffer.concat([parsed.messageId, label, Buffer.of(0, 0, 0, 1), length]), plaintext);
  const headerIv = parsed.suite.messageVersion === 1 ? parsed.headerIv : Buffer.alloc(0);
  const { tag } = seal(parsed.headerIv, header, Buffer.alloc(0));
  return Buffer.concat([header, headerIv, tag, iv, length, body.content, body.tag]);
}

describe('the encryption module', () => {
  const { ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY: ours } = AlgorithmSuiteIdentifier;
  const { ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384: signed } = AlgorithmSuiteIdentifier;

  it.each([
    ['one frame', ours, 10],
    ['stock', ours, 40],
    ['stock', signed, 10],
  ] as const)('decrypts what the SDK writes, by way of %s', async (by, id, length) => {
    const [dataKey, plaintext] = [keyOf(id), randomBytes(length)];
    const message = await writtenByTheSdk(id, dataKey, plaintext);
    const opened = await decryptVector(message, new GivenDataKeyring(dataKey));
    expect({ ...opened, plaintext: opened.plaintext.equals(plaintext) }).toEqual({ by, plaintext: true });
  });

  it('refuses a message that does not commit to its key', async () => {
    const id = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256;
    const dataKey = keyOf(id);
    const message = await writtenByTheSdk(id, dataKey, randomBytes(4));
    await expect(decryptVector(message, new GivenDataKeyring(dataKey))).rejects.toThrow(/[Cc]ommit/);
  });
});
