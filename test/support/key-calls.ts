import type { Platform } from '@app/platform';
import { testAccount } from './deployment.js';
import { testConfig } from './test.config.js';

/** What the key store asks of KMS. Signatures of checkpoints and looks at keys at the start are none of it. */
export type KeyOperation = 'Decrypt' | 'Encrypt' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncrypt';

export type KeyCalls = Record<KeyOperation, number>;

const none: KeyCalls = { Decrypt: 0, Encrypt: 0, GenerateDataKeyWithoutPlaintext: 0, ReEncrypt: 0 };

/** @returns what tells how many calls there were since now; on AWS by anybody in the account */
export async function countKeyCalls({ localKms }: Platform): Promise<() => KeyCalls> {
  const account = testConfig.platform === 'aws' ? await testAccount() : undefined;
  const calls = (): Record<string, number> => account?.kms.endpoint.counts() ?? localKms?.calls ?? {};
  const before = { ...calls() };
  return () => {
    const now = calls();
    const since = (operation: string) => (now[operation] ?? 0) - (before[operation] ?? 0);
    return Object.fromEntries(Object.keys(none).map((name) => [name, since(name)])) as KeyCalls;
  };
}
