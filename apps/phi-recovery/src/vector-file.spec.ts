import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BranchKeys } from './branch-keys.js';
import { LocalRootKey } from './local-root-key.js';
import { unwrapDataKey } from './hierarchical-keyring.js';
import { parseMessage } from './message-format.js';
import { checkVectorFile } from './vector-file.js';

const frozen = fileURLToPath(new URL('../../../test/fixtures/vectors/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'phi-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file in the SDK's own form, made of a frozen message and its unwrapped data key. */
function published(changes: Record<string, unknown>): string {
  const { kms, keyStore } = JSON.parse(readFileSync(join(frozen, 'v1/vectors.json'), 'utf8'));
  const message = readFileSync(join(frozen, 'v1/one-byte.message'));
  const parsed = parseMessage(message);
  const find = (id: string, type: string) => {
    const row = keyStore.rows.find(
      (each: Record<string, { S: string }>) => each['branch-key-id']?.S === id && each['type']?.S === type,
    );
    return { ...row, enc: { B: Buffer.from(row.enc.B, 'base64') } };
  };
  const keys = new BranchKeys(
    find,
    [new LocalRootKey(Buffer.from(kms.rootKeyBase64, 'base64'))],
    keyStore.logicalName,
  );
  const vector = {
    ciphertext: message.toString('base64'),
    comment: 'one byte',
    commitment: parsed.commitment!.toString('base64'),
    'decrypted-dek': unwrapDataKey(parsed, (name) => keys.get(name)).toString('base64'),
    'encryption-context': Object.fromEntries(parsed.context),
    'message-id': parsed.messageId.toString('base64'),
    'plaintext-frames': ['\u0007'],
    status: true,
    exception: null,
    ...changes,
  };
  const file = join(folder, 'published.json');
  writeFileSync(file, JSON.stringify({ tests: [vector] }));
  return file;
}

describe('the frozen messages', () => {
  it.each(readdirSync(frozen).filter((name) => /^v\d+$/.test(name)))('of %s are read', (version) => {
    const results = checkVectorFile(join(frozen, version, 'vectors.json'));
    expect(results.length).toBeGreaterThan(4);
    expect(results.filter(({ met }) => !met)).toEqual([]);
  });

  it('are found wrong where one was changed or stands in the place of another', () => {
    const names = readdirSync(join(frozen, 'v1'));
    for (const name of names) copyFileSync(join(frozen, 'v1', name), join(folder, name));
    const file = join(folder, 'full-frame.message');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    copyFileSync(join(frozen, 'v1', 'one-byte.message'), join(folder, 'empty.message'));
    const wrong = checkVectorFile(join(folder, 'vectors.json')).filter(({ met }) => !met);
    expect(wrong.map(({ name }) => name)).toEqual(['empty.message', 'full-frame.message']);
  });
});

describe('a vector of the SDK', () => {
  const other = Buffer.alloc(32, 1).toString('base64');

  it.each<[string, boolean, Record<string, unknown>]>([
    ['as it is', true, {}],
    ['with another plaintext', false, { 'plaintext-frames': ['x'] }],
    ['with another context', false, { 'encryption-context': { a: 'b' } }],
    ['with another message id', false, { 'message-id': other }],
    ['with another commitment', false, { commitment: other }],
    ['with another data key', false, { 'decrypted-dek': other }],
    ['that must fail and does not', false, { status: false, exception: 'Invalid commitment' }],
    [
      'that must fail, and does for its reason',
      true,
      { status: false, exception: 'Invalid commitment', 'decrypted-dek': other },
    ],
    [
      'that must fail, and does for another reason',
      false,
      { status: false, exception: 'Invalid commitment', ciphertext: 'AgR4' },
    ],
  ])('%s is as expected: %s', (_, met, changes) => {
    expect(checkVectorFile(published(changes)).map((result) => result.met)).toEqual([met]);
  });

  it.each(['nothing', '{"tests": 3}', 'null', '[]'])('is not in a file with %s', (text) => {
    const file = join(folder, 'other.json');
    writeFileSync(file, text);
    expect(() => checkVectorFile(file)).toThrow(expect.objectContaining({ name: 'Unreadable' }));
  });
});
