import { readFile } from 'node:fs/promises';
import { isJsonObject } from './json.js';

/** The file as a whole cannot be imported. The message is printed: nothing of the contents is in it. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** What can hold patients' resources. The others are answers, messages and versions of the past. */
const importableTypes: ReadonlySet<unknown> = new Set([
  'transaction',
  'batch',
  'collection',
  'searchset',
  'document',
]);

/**
 * @returns the entries of the FHIR bundle, in their order and unchecked
 * @throws UnusableFile
 */
export async function readBundleEntries(path: string): Promise<readonly unknown[]> {
  const bundle = parse(await read(path));
  if (!isJsonObject(bundle) || bundle['resourceType'] !== 'Bundle')
    throw new UnusableFile('not a FHIR bundle');
  if (!importableTypes.has(bundle['type'])) {
    throw new UnusableFile(`not a bundle of type ${[...importableTypes].join(', ')}`);
  }
  const entries = bundle['entry'] ?? [];
  if (!Array.isArray(entries)) throw new UnusableFile('not a FHIR bundle: entry is not a list');
  return entries;
}

async function read(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UnusableFile(readErrors[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read');
  }
  try {
    // Fatal: a wrong encoding must not turn names into other names. A byte order mark is skipped.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnusableFile('not UTF-8 text, or too large to be read at once');
  }
}

const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder',
  EACCES: 'may not be read',
  ERR_FS_FILE_TOO_LARGE: 'too large to be read at once',
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // V8 quotes the text around the place; only the number is free of content.
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    throw new UnusableFile(position === undefined ? 'not JSON' : `not JSON (at character ${position})`);
  }
}
