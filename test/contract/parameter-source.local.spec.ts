import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalParameterSource } from '@app/configuration';
import { parameterSourceContract } from './parameter-source.contract.js';

parameterSourceContract('files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-parameters-contract-'));
  return {
    source: () => new LocalParameterSource(folder),
    close: async () => rmSync(folder, { recursive: true }),
  };
});
