import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryFolder } from '../lib/repository.js';
import { examineDeployment } from './deployment.js';
import { evidenceDocuments, staleAmong } from './documents.js';

const help = `Writes what implements, watches and proves each paragraph of the HIPAA Security Rule: docs/compliance.md and docs/compliance.oscal.json.

  npm run evidence               writes both
  npm run evidence -- --check    writes nothing

Exit code 0: every citation and every paragraph is in order, and the files say so; 1: something is not; 2: it could not run.
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
  const documents = evidenceDocuments(examineDeployment(), new Date());
  const stale = values.check ? staleAmong(documents) : [];
  const faults = [
    ...documents.faults,
    ...stale.map((path) => `${path} is not what the repository says: npm run evidence`),
  ];
  if (!values.check) {
    for (const [path, text] of Object.entries(documents.files)) {
      writeFileSync(join(repositoryFolder, path), text);
      process.stdout.write(`${path}\n`);
    }
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
