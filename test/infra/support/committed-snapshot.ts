import { expect } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Holds a value to a file under `test/infra/snapshots`, so that a diff of it shows what a change does to the outside. To accept a
 * change, remove the file and run the test: it writes the file, and fails once more so that somebody looks at it.
 */
export function expectCommitted(name: string, value: unknown): void {
  const path = fileURLToPath(new URL(`../snapshots/${name}.json`, import.meta.url));
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  if (!existsSync(path)) {
    writeFileSync(path, text);
    throw new Error(
      `test/infra/snapshots/${name}.json was not there and has been written: look at it, format it (npm run format) and commit it`,
    );
  }
  expect(value).toEqual(JSON.parse(readFileSync(path, 'utf8')));
}
