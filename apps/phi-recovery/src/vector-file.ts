import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BranchKeys, type KeyStoreRow } from './branch-keys.js';
import { unwrapDataKey } from './hierarchical-keyring.js';
import { LocalRootKey } from './local-root-key.js';
import { decryptMessage } from './message-decryption.js';
import { parseMessage } from './message-format.js';
import { openStoredMessage } from './recovery.js';
import { needs, Unreadable } from './unreadable.js';

/** What became of one test vector. */
export interface VectorResult {
  readonly name: string;
  readonly expected: 'decrypts' | 'is refused';
  readonly met: boolean;
  /** What happened. */
  readonly detail: string;
}

/** The Encryption SDK's own file: messages with their data keys, or with one branch key for all. Bytes are base64. */
interface PublishedVectors {
  branchKey?: { branchKeyId: string; version: string; materialBase64: string };
  tests: {
    ciphertext: string;
    comment?: string;
    commitment: string;
    'decrypted-dek': string;
    'encryption-context': Record<string, string>;
    'message-id': string;
    'plaintext-frames'?: string[];
    plaintextBase64?: string;
    status: boolean;
    exception?: string | null;
  }[];
}

/** A file of `test/fixtures/vectors`, with the messages beside it. */
interface FrozenVectors {
  kms: { rootKeyBase64: string };
  keyStore: { logicalName: string; rows: Record<string, { S?: string; N?: string; B?: string }>[] };
  messages: { file: string; plaintextBytes: number; context: Record<string, string> }[];
}

type PublishedVector = PublishedVectors['tests'][number];

const fromBase64 = (text: string) => Buffer.from(text, 'base64');

/** @throws Unreadable if it is no file of vectors */
export function checkVectorFile(path: string): VectorResult[] {
  const content = readVectors(path);
  if ('tests' in content) {
    return content.tests.map((vector, index) =>
      outcomeOf(vector.comment ?? String(index + 1), vector.status ? undefined : vector.exception, () =>
        checkPublished(vector, content.branchKey),
      ),
    );
  }
  const branchKeys = frozenBranchKeys(content);
  return content.messages.map((vector) =>
    outcomeOf(vector.file, undefined, () => checkFrozen(vector, dirname(path), branchKeys)),
  );
}

function readVectors(path: string): PublishedVectors | FrozenVectors {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Unreadable('A file of vectors cannot be read or is not JSON.');
  }
  const lists = content as { tests?: unknown; messages?: unknown } | null;
  needs(Array.isArray(lists?.tests) || Array.isArray(lists?.messages), 'A file holds no test vectors.');
  return content as PublishedVectors | FrozenVectors;
}

/** @param exception why it must fail; undefined where it must decrypt */
function outcomeOf(name: string, exception: string | null | undefined, check: () => string): VectorResult {
  const expected = exception === undefined ? 'decrypts' : 'is refused';
  try {
    return { name, expected, met: exception === undefined, detail: check() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    // A vector about the commitment that is refused for another reason was not understood.
    const isReason =
      exception !== undefined && /commitment/i.test(exception ?? '') === /commitment/i.test(error.message);
    return { name, expected, met: isReason, detail: error.message };
  }
}

function checkPublished(vector: PublishedVector, branchKey: PublishedVectors['branchKey']): string {
  const message = parseMessage(fromBase64(vector.ciphertext));
  needs(message.messageId.equals(fromBase64(vector['message-id'])), 'Differs in the message id.');
  needsSameContext(message.context, vector['encryption-context']);
  const dataKey =
    branchKey === undefined
      ? fromBase64(vector['decrypted-dek'])
      : unwrapDataKey(message, ({ branchKeyId, version }) => {
          const isNamed = branchKeyId === branchKey.branchKeyId && version === branchKey.version;
          needs(isNamed, 'Names another branch key.');
          return fromBase64(branchKey.materialBase64);
        });
  const plaintext = Buffer.concat(decryptMessage(message, dataKey));
  const isCommitment = message.commitment?.equals(fromBase64(vector.commitment)) ?? false;
  needs(isCommitment, 'Differs in what the header commits to.');
  // The frames of some are listed as one: what they make together is compared.
  const expected =
    vector.plaintextBase64 === undefined
      ? Buffer.from((vector['plaintext-frames'] ?? []).join(''))
      : fromBase64(vector.plaintextBase64);
  needs(plaintext.equals(expected), 'Differs in the plaintext.');
  return shapeOf(message.suite.id, message.body.length, plaintext.length);
}

function checkFrozen(
  { file, plaintextBytes, context }: FrozenVectors['messages'][number],
  folder: string,
  branchKeys: BranchKeys,
): string {
  const message = readFileSync(join(folder, file));
  const opened = openStoredMessage(message, branchKeys);
  needsSameContext(opened.context, context);
  const expected = Buffer.from(Array.from({ length: plaintextBytes }, (_, index) => (31 * index + 7) & 0xff));
  needs(opened.plaintext.equals(expected), 'Differs in the plaintext.');
  const { suite, body } = parseMessage(message);
  return shapeOf(suite.id, body.length, plaintextBytes);
}

const shapeOf = (suite: number, parts: number, bytes: number) =>
  `suite 0x${suite.toString(16).padStart(4, '0')}, parts ${parts}, bytes ${bytes}`;

function needsSameContext(context: ReadonlyMap<string, string>, expected: Record<string, string>): void {
  const isSame =
    Object.keys(expected).length === context.size &&
    Object.entries(expected).every(([name, value]) => context.get(name) === value);
  needs(isSame, 'Differs in the context.');
}

function frozenBranchKeys({ kms, keyStore }: FrozenVectors): BranchKeys {
  const rows = keyStore.rows.map((row): KeyStoreRow => {
    const attributes = Object.entries(row).map(([name, { S, N, B }]) => [
      name,
      {
        ...(S !== undefined && { S }),
        ...(N !== undefined && { N }),
        ...(B !== undefined && { B: fromBase64(B) }),
      },
    ]);
    return Object.fromEntries(attributes) as KeyStoreRow;
  });
  const find = (id: string, type: string) =>
    rows.find((row) => row['branch-key-id']?.S === id && row['type']?.S === type);
  return new BranchKeys(find, [new LocalRootKey(fromBase64(kms.rootKeyBase64))], keyStore.logicalName);
}
