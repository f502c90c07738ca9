import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { LocalKmsClient } from '@app/encryption';
import { kmsContract } from './kms.contract.js';

describe('KMS of the embedded platform', () => {
  kmsContract(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-kms-contract-'));
    const client = LocalKmsClient.open(join(folder, 'root.key'));
    return {
      client,
      aliasArn: client.aliasArn,
      replaceKey: async () => client.addKey(),
      close: async () => rmSync(folder, { recursive: true }),
    };
  });
});
