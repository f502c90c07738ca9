import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryFolder } from '../lib/repository.js';
import { scalingDocuments, staleAmong } from './documents.js';

const help = `Simulates how the service grows on AWS, with fixed seeds: docs/scaling.md and its picture.

  npm run scaling               writes both
  npm run scaling -- --check    writes nothing

Exit code 0: done, or the files are what would be written; 1: they are not; 2: it could not run.
`;

/** @returns exit code */
function main(): number {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const documents = scalingDocuments();
  if (values.check) {
    const stale = staleAmong(documents);
    for (const path of stale) process.stderr.write(`${path} is not what is simulated: npm run scaling\n`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const [path, text] of Object.entries(documents)) {
    const file = join(repositoryFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${path}\n`);
  }
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
