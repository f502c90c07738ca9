import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkVectorFile } from '../../apps/phi-recovery/src/vector-file.js';
import {
  decryptVector,
  GivenDataKeyring,
  givenBranchKeyring,
} from '../../libs/encryption/test/vector-decryption.js';
import { vectorsFolder } from './vectors.config.js';

interface Vector {
  ciphertext: string;
  comment: string;
  'decrypted-dek': string;
  'plaintext-frames'?: string[];
  plaintextBase64?: string;
  status: boolean;
}

interface VectorFile {
  branchKey?: { branchKeyId: string; version: string; materialBase64: string };
  tests: Vector[];
}

const files = readdirSync(vectorsFolder).filter((name) => name.endsWith('.json'));
const fromBase64 = (text: string) => Buffer.from(text, 'base64');

describe.each(files)('%s', (name) => {
  const path = join(vectorsFolder, name);
  const { tests, branchKey } = JSON.parse(readFileSync(path, 'utf8')) as VectorFile;
  const results = checkVectorFile(path);

  it.each(results.map((result, index) => ({ ...result, number: index + 1 })))(
    'the independent reader: $number $expected: $name',
    ({ met, detail }) => {
      expect({ met, detail }).toEqual({ met: true, detail });
    },
  );

  const keyringOf = (vector: Vector) =>
    branchKey === undefined
      ? new GivenDataKeyring(fromBase64(vector['decrypted-dek']))
      : givenBranchKeyring({ ...branchKey, material: fromBase64(branchKey.materialBase64) });
  const expected = ({ plaintextBase64, 'plaintext-frames': frames }: Vector) =>
    plaintextBase64 === undefined ? Buffer.from((frames ?? []).join('')) : fromBase64(plaintextBase64);

  it.each(tests.filter(({ status }) => status))('the encryption module decrypts $comment', async (vector) => {
    const { plaintext } = await decryptVector(fromBase64(vector.ciphertext), keyringOf(vector));
    expect(plaintext.equals(expected(vector))).toBe(true);
  });

  const marked = tests.filter(({ status }) => !status);
  if (marked.length > 0) {
    it.each(marked)('the encryption module refuses $comment', async (vector) => {
      const attempt = decryptVector(fromBase64(vector.ciphertext), keyringOf(vector));
      await expect(attempt).rejects.toThrow(/[Cc]ommitment/);
    });
  }
});
