#!/usr/bin/env node
// npm run vectors -- FOLDER: both readers against every file of test vectors (*.json) in the folder.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const [folder, ...rest] = process.argv.slice(2);
const isFolder = folder !== undefined && existsSync(folder);

if (
  rest.length > 0 ||
  folder === '--help' ||
  !isFolder ||
  !readdirSync(folder).some((name) => name.endsWith('.json'))
) {
  process.stderr.write('usage: npm run vectors -- FOLDER, with files of test vectors (*.json) in it\n');
  process.exit(2);
}
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const { status } = spawnSync(
  process.execPath,
  [...jest, '--runInBand', '--verbose', '--testMatch', '**/test/vectors/*.vectors.ts'],
  { stdio: 'inherit', env: { ...process.env, PHI_VECTORS: resolve(folder) } },
);
process.exit(status ?? 2);
