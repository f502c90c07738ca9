import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSecretFile } from '@app/configuration';
import { MAX, NIL, v5, validate } from 'uuid';
import { CouldNotRun } from '../command-context.js';

/** Namespaces that everybody knows: RFC 9562, appendix C (DNS, URL, OID, X.500), nil and max. */
const publicNamespaces: ReadonlySet<string> = new Set([
  NIL,
  MAX,
  v5.DNS,
  v5.URL,
  '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
]);

/** @returns whether it can serve as a secret namespace */
export function isSecretNamespace(value: string): boolean {
  return validate(value) && !publicNamespaces.has(value.toLowerCase());
}

export interface ImportNamespace {
  readonly namespace: string;
  /** Path of the file, if this call made it: its owner should know that there is something to keep. */
  readonly createdFile?: string;
}

/**
 * Reads the namespace of the imports into this data folder, making it the first time.
 * @param dryRun then nothing is written: without a file the ids are made up, as they are not used
 * @throws CouldNotRun if the file cannot be read or made, others can read it, or it holds something else
 */
export function readImportNamespace(dataFolder: string, dryRun: boolean): ImportNamespace {
  const path = join(dataFolder, 'import-namespace');
  const isNew = !existsSync(path);
  if (dryRun && isNew) return { namespace: randomUUID() };
  let text: string;
  try {
    text = openSecretFile(path, 'import namespace', () => Buffer.from(`${randomUUID()}\n`)).toString('utf8');
  } catch (error) {
    throw new CouldNotRun(`${path}: ${(error as Error).message}`);
  }
  const namespace = text.trim();
  if (!isSecretNamespace(namespace)) throw new CouldNotRun(`${path}: holds no namespace (a secret UUID)`);
  return isNew ? { namespace, createdFile: path } : { namespace };
}
