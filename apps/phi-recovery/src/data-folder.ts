import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { BranchKeys, type KeyStoreRow } from './branch-keys.js';
import { LocalRootKey } from './local-root-key.js';
import { parseRow, parseRowKey, ROW_KEY, type StoredRow } from './stored-rows.js';
import { needs, Unreadable } from './unreadable.js';

/** What a wrapped branch key is bound to beside its row; the same in every embedded data folder. */
const KEY_STORE_NAME = 'phi-key-store';
const ROOT_KEY_FILE = /^kms-root-key(?:\.\d+)?$/;
const KEY_STORE_FILE = 'key-store.lmdb';
const PATIENT_PARTITION = 'PATIENT#';

/** A row of a patient, or that there is one which cannot be read. */
export type FoundRow = { patientId: string; sort: string } & (
  | { row: StoredRow }
  | { unreadable: Unreadable }
);

/**
 * The data folder of the embedded platform, read and never written: a running service may have it open.
 * (LMDB notes readers in the lock file beside each data file.)
 */
export class DataFolder {
  readonly branchKeys: BranchKeys;
  readonly #environments: RootDatabase[] = [];
  readonly #records: Database<Buffer, Buffer>;

  /** @throws Unreadable that names what is missing */
  constructor(path: string) {
    const records = this.#open<Buffer, Buffer>(join(path, 'records.lmdb'), 'binary').openDB<Buffer, Buffer>({
      name: 'records',
      encoding: 'binary',
      keyEncoding: 'binary',
    }) as Database<Buffer, Buffer> | undefined;
    needs(records !== undefined, 'records.lmdb holds no records.');
    this.#records = records;
    const keyFolder = join(path, 'keys');
    const keyRows = this.#open<KeyStoreRow, [string, string]>(keyStoreFile(keyFolder), 'msgpack');
    this.branchKeys = new BranchKeys(
      (id, type) => keyRows.get([id, type]),
      rootKeys(keyFolder),
      KEY_STORE_NAME,
    );
  }

  /** @returns the rows of one patient, or of all, in the order of the store */
  *rows(patientId?: string): Generator<FoundRow> {
    const wanted = patientId === undefined ? undefined : PATIENT_PARTITION + patientId;
    const range = { start: Buffer.of(ROW_KEY), end: Buffer.of(ROW_KEY + 1) };
    for (const key of this.#records.getKeys(range)) {
      // The memory of a key is used again for the next one.
      const own = Buffer.from(key);
      const { partition, sort } = parseRowKey(own);
      const isWanted = wanted === undefined ? partition.startsWith(PATIENT_PARTITION) : partition === wanted;
      if (!isWanted) continue;
      const place = { patientId: partition.slice(PATIENT_PARTITION.length), sort };
      const stored = this.#records.getBinary(own);
      if (stored === undefined) continue; // Deleted since by the service.
      yield { ...place, ...readable(own, stored) };
    }
  }

  async close(): Promise<void> {
    for (const environment of this.#environments) await environment.close();
  }

  #open<Value, Key extends Buffer | string[]>(path: string, encoding: 'binary' | 'msgpack') {
    needs(existsSync(path), 'A file of the data folder is missing: records.lmdb or the key store.');
    const keyEncoding = encoding === 'binary' ? ({ keyEncoding: 'binary' } as const) : {};
    const settings = {
      readOnly: true,
      noSubdir: true,
      permissionsMode: 0o600,
      maxDbs: 4,
      encoding,
      ...keyEncoding,
    };
    const environment = open<Value, Key>(path, settings);
    this.#environments.push(environment as unknown as RootDatabase);
    return environment;
  }
}

function readable(key: Buffer, stored: Buffer): { row: StoredRow } | { unreadable: Unreadable } {
  try {
    return { row: parseRow(key, stored) };
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error };
    throw error;
  }
}

function rootKeys(folder: string): LocalRootKey[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.filter((name) => ROOT_KEY_FILE.test(name));
  needs(files.length > 0, 'The root key is missing: keys/kms-root-key.');
  return files.map((name) => new LocalRootKey(readFileSync(join(folder, name))));
}

/**
 * Each compaction writes the key store into a file with the next number, and then its number into a file beside it; one
 * that is under way has a file already that does not count yet.
 */
function keyStoreFile(folder: string): string {
  const pointer = join(folder, `${KEY_STORE_FILE}.generation`);
  const generation = existsSync(pointer) ? Number.parseInt(readFileSync(pointer, 'utf8'), 10) : 1;
  return join(folder, generation === 1 ? KEY_STORE_FILE : `key-store.${generation}.lmdb`);
}
