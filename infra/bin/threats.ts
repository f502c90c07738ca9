import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { threatPage } from '../compliance/threats/threat-page.js';
import { repositoryFolder } from '../lib/repository.js';

const help = `Writes docs/threat-detection.md from the catalogue of threats.

  npm run infra:threats            writes it
  npm run infra:threats -- --check says whether it is current

Exit code 0: done; 1: it is not current; 2: it could not run.
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
  const path = join(repositoryFolder, 'docs', 'threat-detection.md');
  const page = threatPage();
  if (!values.check) {
    writeFileSync(path, page);
    return 0;
  }
  if (readFileSync(path, 'utf8') === page) return 0;
  process.stderr.write('docs/threat-detection.md is not current: npm run infra:threats\n');
  return 1;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
