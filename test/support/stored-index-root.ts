import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testAccount } from './deployment.js';
import type { Service } from './service.js';
import { testConfig } from './test.config.js';

/** The parameter `index-root` as it is stored, past the service. */
export interface StoredIndexRoot {
  read(): string;
  /** Writes over it, as nobody should. */
  write(text: string): void;
}

export async function storedIndexRoot({ dataFolder, environment }: Service): Promise<StoredIndexRoot> {
  return testConfig.platform === 'aws'
    ? inParameterStore(`phi-${environment['PHI_STAGE']}`, `/phi/${environment['PHI_STAGE']}/index-root`)
    : inFolder(join(dataFolder, 'parameters'));
}

function inFolder(folder: string): StoredIndexRoot {
  const file = () => {
    const [name = '', ...others] = readdirSync(folder);
    if (others.length > 0) throw new Error('a parameter was replaced and left behind');
    return join(folder, name);
  };
  return { read: () => readFileSync(file(), 'utf8'), write: (text) => writeFileSync(file(), text) };
}

async function inParameterStore(prefix: string, name: string): Promise<StoredIndexRoot> {
  const { parameters } = (await testAccount()).ssm;
  return {
    read() {
      const { parameter, version } = parameters.find(name);
      // Which version it was written after stands in a last line.
      return parameters.plaintext(parameter, version).replace(/\n#after \d+$/, '');
    },
    write(value) {
      const keyId = `alias/${prefix}-parameters`;
      parameters.put({ name, value, keyId, type: 'SecureString', overwrite: true });
    },
  };
}
