import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BranchKeys, type KeyStoreRow } from './branch-keys.js';
import { LocalRootKey } from './local-root-key.js';
import { parseMessage } from './message-format.js';
import { openStoredMessage } from './recovery.js';

interface Frozen {
  kms: { rootKeyBase64: string; keyArn: string };
  keyStore: { logicalName: string; rows: Record<string, { S?: string; N?: string; B?: string }>[] };
}

const folder = new URL('../../../test/fixtures/vectors/v1/', import.meta.url);
const { kms, keyStore } = JSON.parse(readFileSync(new URL('vectors.json', folder), 'utf8')) as Frozen;
const rootKey = new LocalRootKey(Buffer.from(kms.rootKeyBase64, 'base64'));
const message = readFileSync(new URL('one-frame.message', folder));
const rows: KeyStoreRow[] = keyStore.rows.map(({ enc, ...row }) => ({
  ...row,
  enc: { B: Buffer.from(enc?.B ?? '', 'base64') },
}));

/** @param change of every row that is found */
function open({
  change = (row) => row,
  rootKeys = [rootKey],
  logicalName = keyStore.logicalName,
}: {
  change?: (row: KeyStoreRow) => KeyStoreRow | undefined;
  rootKeys?: LocalRootKey[];
  logicalName?: string;
} = {}) {
  const find = (id: string, type: string) => {
    const row = rows.find((each) => each['branch-key-id']?.S === id && each['type']?.S === type);
    return row && change(row);
  };
  return openStoredMessage(message, new BranchKeys(find, rootKeys, logicalName));
}

const flipped = (bytes: Uint8Array | undefined) => {
  const copy = Buffer.from(bytes ?? []);
  copy[20]! ^= 1;
  return copy;
};

describe('a message under a branch key', () => {
  it('opens with the root key and the rows of the key store', () => {
    const { context, plaintext } = open();
    expect(context.get('patient_id')).toBe(rows[0]?.['branch-key-id']?.S);
    expect(plaintext).toHaveLength(4096);
  });

  it('finds its root key among several', () => {
    expect(rootKey.arn).toBe(kms.keyArn);
    const others = [new LocalRootKey(randomBytes(32)), rootKey, new LocalRootKey(randomBytes(32))];
    expect(open({ rootKeys: others }).plaintext).toHaveLength(4096);
  });

  it.each<[string, Parameters<typeof open>[0], string]>([
    ['no row: the key was destroyed', { change: () => undefined }, 'not in the key store'],
    ['another root key', { rootKeys: [new LocalRootKey(randomBytes(32))] }, 'root key that the row names'],
    ['another logical name', { logicalName: 'other' }, 'not authentic'],
    ['a row without its wrapped key', { change: ({ enc: _, ...row }) => row }, 'incomplete'],
    [
      'a wrapped key with a bit flipped',
      { change: (row) => ({ ...row, enc: { B: flipped(row['enc']?.B) } }) },
      'not authentic',
    ],
    [
      'a wrapped key that ends early',
      { change: (row) => ({ ...row, enc: { B: Buffer.of(1, 2) } }) },
      'end too early',
    ],
    [
      'a wrapped key in another format',
      { change: (row) => ({ ...row, enc: { B: Buffer.alloc(61, 2) } }) },
      'unknown format',
    ],
    [
      'another time of creation',
      { change: (row) => ({ ...row, 'create-time': { S: 'x' } }) },
      'not authentic',
    ],
    ['an attribute more', { change: (row) => ({ ...row, note: { S: 'x' } }) }, 'not authentic'],
    [
      'an attribute of another type',
      { change: (row) => ({ ...row, note: { B: Buffer.of(1) } }) },
      'foreign attribute',
    ],
    [
      'the row of another patient',
      { change: (row) => ({ ...row, 'branch-key-id': { S: 'x' } }) },
      'place of another',
    ],
    [
      'the row of the beacon key',
      { change: () => rows.find((row) => row['type']?.S === 'beacon:ACTIVE') },
      'place of another',
    ],
  ])('is refused with %s', (_, changes, why) => {
    expect(() => open(changes)).toThrow(expect.objectContaining({ name: 'Unreadable' }));
    expect(() => open(changes)).toThrow(why);
  });

  it('is refused when the wrapped data key is that of another message', () => {
    const other = readFileSync(new URL('one-byte.message', folder));
    const [mine, theirs] = [parseMessage(message), parseMessage(other)].map(
      ({ encryptedDataKeys }) => encryptedDataKeys[0]!.ciphertext,
    );
    const swapped = Buffer.from(message);
    theirs!.copy(swapped, message.indexOf(mine!));
    const find = (id: string, type: string) =>
      rows.find((row) => row['branch-key-id']?.S === id && row['type']?.S === type);
    const branchKeys = new BranchKeys(find, [rootKey], keyStore.logicalName);
    expect(() => openStoredMessage(swapped, branchKeys)).toThrow('The data key is not authentic.');
  });

  it('needs a root key of 32 bytes', () => {
    expect(() => new LocalRootKey(randomBytes(31))).toThrow('exactly 32 bytes');
  });
});
