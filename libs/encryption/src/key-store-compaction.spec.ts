import { execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { CompiledSources } from '../../../test/support/compile-sources.js';
import { run } from '../../phi-table/test/child-process.js';
import { LmdbKeyStoreClient } from './lmdb-key-store.client.js';
import { LocalKmsClient } from './local-kms.client.js';
import { PatientKeyStore } from './patient-key-store.js';

let sources: CompiledSources;
let folder: string;
let open: ReturnType<typeof openStore>;

beforeAll(() => {
  sources = new CompiledSources();
});
afterAll(() => sources.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-compaction-'));
  open = openStore();
});
afterEach(async () => {
  await open.client.close();
  rmSync(folder, { recursive: true });
});

function openStore() {
  const kms = LocalKmsClient.open(join(folder, 'kms-root-key'));
  const client = LmdbKeyStoreClient.open(join(folder, 'key-store.lmdb'));
  const keyStore = new PatientKeyStore({
    dynamoDbClient: client,
    kmsClient: kms,
    kmsKeyArn: kms.aliasArn,
    earlierKmsKeyArns: () => kms.keyArns,
    kmsKeyLookupSeconds: 0,
    tableName: 'keys',
    logicalName: 'keys',
  });
  return { client, keyStore, compaction: client.compaction };
}

async function reopen(): Promise<void> {
  await open.client.close();
  open = openStore();
}

const inAnotherProcess = (...args: string[]) =>
  run(process.execPath, [sources.add('libs/encryption/test/key-store.child.ts'), folder, ...args]);

async function newPatients(count: number): Promise<string[]> {
  const patients = Array.from({ length: count }, () => randomUUID() as string);
  await Promise.all(patients.map((patient) => open.keyStore.create(patient)));
  return patients;
}

async function wrappedKey(patient: string): Promise<Buffer> {
  const Key = { 'branch-key-id': { S: patient }, type: { S: 'branch:ACTIVE' } };
  const { Item } = await open.client.send(new GetItemCommand({ TableName: 'keys', Key }));
  return Buffer.from(Item?.['enc']?.B ?? []);
}

const keyOf = async (patient: string) => {
  const material = await open.keyStore.fetchActive(patient);
  return Buffer.from(material.branchKey()).toString('hex');
};
const keysOf = (patients: string[]) => Promise.all(patients.map(keyOf));

/**
 * Names of the files that hold these bytes. Of copies that another process makes: one that opens and closes a lock file of
 * its own LMDB loses all its locks on it (fcntl).
 */
function filesWith(bytes: Buffer): string[] {
  const copy = mkdtempSync(join(tmpdir(), 'phi-compaction-copy-'));
  execFileSync('cp', ['-r', folder, copy]);
  const copied = join(copy, basename(folder));
  const names = readdirSync(copied).filter((name) => readFileSync(join(copied, name)).includes(bytes));
  rmSync(copy, { recursive: true });
  return names;
}
const storeFiles = () =>
  readdirSync(folder)
    .filter((name) => name.startsWith('key-store'))
    .sort();

describe('a compaction', () => {
  it('leaves no trace of destroyed keys in any file, and every other key as it was', async () => {
    const [destroyed = '', ...others] = await newPatients(30);
    await open.keyStore.rotate(destroyed);
    const wrapped = await wrappedKey(destroyed);
    const keys = await keysOf(others);

    expect(await open.keyStore.destroy(destroyed)).toBe(4);
    expect(filesWith(wrapped)).toEqual(['key-store.lmdb']);
    expect(filesWith(Buffer.from(destroyed))).toEqual(['key-store.lmdb']);

    const { bytesBefore, bytesAfter } = await open.compaction.run();
    expect(bytesBefore).toBeGreaterThanOrEqual(bytesAfter);
    expect(filesWith(wrapped)).toEqual([]);
    expect(filesWith(Buffer.from(destroyed))).toEqual([]);
    expect(await keysOf(others)).toEqual(keys);
    await expect(keyOf(destroyed)).rejects.toMatchObject({ failure: 'no-key' });
    await reopen();
    expect(await keysOf(others)).toEqual(keys);
    for (const name of storeFiles()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('is pending from the first destroyed row until it was done, over restarts and for other processes', async () => {
    const [first = '', second = ''] = await newPatients(3);
    expect(await open.compaction.pending()).toBeUndefined();
    const before = Date.now();
    await open.keyStore.destroy(first);
    expect(await open.compaction.pending()).toMatchObject({ destroyedRows: 3 });
    const { lines, ended } = inAnotherProcess('destroy', second);
    expect(await ended).toBe(0);
    expect(lines).toEqual(['3']);
    await reopen();
    const pending = await open.compaction.pending();
    expect(pending?.destroyedRows).toBe(6);
    expect(pending?.since.getTime()).toBeGreaterThanOrEqual(before);
    await open.compaction.run();
    expect(await open.compaction.pending()).toBeUndefined();
    await open.keyStore.destroy(first);
    expect(await open.compaction.pending()).toBeUndefined();
  });

  it('can be run again and again, with nothing to do and on an empty store', async () => {
    await open.compaction.run();
    const patients = await newPatients(2);
    const keys = await keysOf(patients);
    const progress: [number, number][] = [];
    await open.compaction.run((copied, rows) => progress.push([copied, rows]));
    expect(progress.at(-1)).toEqual([6, 6]);
    await open.compaction.run();
    expect(await keysOf(patients)).toEqual(keys);
    expect(storeFiles()).toEqual(['key-store.4.lmdb', 'key-store.4.lmdb-lock', 'key-store.lmdb.generation']);
  });

  it('lets others in the same process go on reading and writing', async () => {
    const other = openStore();
    const [patient = ''] = await newPatients(1);
    const written: string[] = [];
    for (let round = 0; round < 5; round++) {
      const creations = Array.from({ length: 20 }, () => {
        const id = randomUUID();
        written.push(id);
        return (round % 2 === 0 ? open : other).keyStore.create(id);
      });
      await Promise.all([open.compaction.run(), ...creations, other.keyStore.rotate(patient)]);
    }
    expect(await other.keyStore.activeVersion(patient)).toBe(await open.keyStore.activeVersion(patient));
    for (const id of written) {
      expect(await other.keyStore.activeVersion(id)).toBe(await open.keyStore.activeVersion(id));
      expect(await open.keyStore.activeVersion(id)).toBeDefined();
    }
    await other.client.close();
  });
});

describe('a compaction beside other processes', () => {
  it('loses no key that was acknowledged, wherever both are killed', async () => {
    const acknowledged = new Set(await newPatients(50));
    const doomed = [...acknowledged][0] ?? '';
    const wrapped = await wrappedKey(doomed);
    await open.keyStore.destroy(doomed);
    acknowledged.delete(doomed);
    for (let round = 0; round < 3; round++) {
      const compactor = inAnotherProcess('compact');
      const creators = [inAnotherProcess('create'), inAnotherProcess('create')];
      await Promise.all(creators.map((creator) => creator.hasWritten(40)));
      // Reads and writes of this process, which has the store open all the time.
      for (const id of await newPatients(20)) acknowledged.add(id);
      await compactor.hasWritten(randomInt(10, 30));
      for (const { child } of [compactor, ...creators]) child.kill('SIGKILL');
      await Promise.all([compactor, ...creators].map(({ ended }) => ended));
      for (const id of creators.flatMap(({ lines }) => lines)) acknowledged.add(id);
      expect([...creators, compactor].map(({ errors }) => errors())).toEqual(['', '', '']);
      if (round % 2 === 1) await reopen();
      await expect(keysOf([...acknowledged])).resolves.toHaveLength(acknowledged.size);
    }
    const listed = await open.keyStore.patients(100_000);
    expect([...acknowledged].filter((id) => !listed.patientIds.includes(id))).toEqual([]);
    expect(filesWith(wrapped)).toEqual([]);
    await open.compaction.run();
    expect(storeFiles()).toHaveLength(3);
  }, 60_000);

  it('is noticed by who only reads', async () => {
    const [known = ''] = await newPatients(1);
    const key = await keyOf(known);
    const patient = randomUUID();
    expect(await inAnotherProcess('compact-and-create', patient).ended).toBe(0);
    expect(await open.keyStore.activeVersion(patient)).toBeDefined();
    expect(await keyOf(known)).toBe(key);
  });

  it('that is killed over it is as if there had been none, and the next one clears up', async () => {
    const [destroyed = '', ...others] = await newPatients(20);
    const keys = await keysOf(others);
    const { ended, child } = inAnotherProcess('die');
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    expect(storeFiles()).toEqual([
      'key-store.2.lmdb',
      'key-store.2.lmdb-lock',
      'key-store.lmdb',
      'key-store.lmdb-lock',
    ]);
    const wrapped = await wrappedKey(destroyed);
    await open.keyStore.destroy(destroyed);
    expect(await keysOf(others)).toEqual(keys);
    await reopen();
    expect(await keysOf(others)).toEqual(keys);
    expect(await open.compaction.pending()).toMatchObject({ destroyedRows: 3 });
    await open.compaction.run();
    expect(filesWith(wrapped)).toEqual([]);
    expect(await keysOf(others)).toEqual(keys);
  });

  it('that is killed before it removed the old file has that done by who comes next', async () => {
    const [destroyed = '', other = ''] = await newPatients(2);
    const wrapped = await wrappedKey(destroyed);
    const key = await keyOf(other);
    await open.keyStore.destroy(destroyed);
    const kept = join(folder, 'kept');
    copyFileSync(join(folder, 'key-store.lmdb'), kept);
    await open.compaction.run();
    copyFileSync(kept, join(folder, 'key-store.lmdb'));
    rmSync(kept);
    expect(filesWith(wrapped)).toEqual(['key-store.lmdb']);
    await reopen();
    expect(filesWith(wrapped)).toEqual([]);
    expect(await keyOf(other)).toBe(key);
  });
});

describe('the file that is over', () => {
  const claim = () => join(folder, `key-store.lmdb.generation.${'0'.repeat(16)}.opening`);

  it('stays while another process is about to open it, and goes when that is done', async () => {
    await newPatients(1);
    writeFileSync(claim(), '');
    let isDone = false;
    const compacted = open.compaction.run().then(() => (isDone = true));
    // The new file is in use at once.
    const [patient = ''] = await newPatients(1);
    expect(readFileSync(join(folder, 'key-store.lmdb.generation'), 'utf8')).toBe('2\n');
    expect(isDone).toBe(false);
    expect(storeFiles()).toContain('key-store.lmdb');
    rmSync(claim());
    await compacted;
    expect(storeFiles()).not.toContain('key-store.lmdb');
    expect(await open.keyStore.activeVersion(patient)).toBeDefined();
  });

  it('goes when who was about to open it was killed over that', async () => {
    await newPatients(1);
    writeFileSync(claim(), '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(claim(), longAgo, longAgo);
    await open.compaction.run();
    expect(storeFiles()).toEqual(['key-store.2.lmdb', 'key-store.2.lmdb-lock', 'key-store.lmdb.generation']);
  });
});

describe('a key store that is not whole', () => {
  it('is not opened when the file that is the current one is missing', async () => {
    await newPatients(1);
    await open.compaction.run();
    const kept = join(folder, 'kept');
    copyFileSync(join(folder, 'key-store.2.lmdb'), kept);
    await open.client.close();
    rmSync(join(folder, 'key-store.2.lmdb'));
    expect(openStore).toThrow('The key store file key-store.2.lmdb is missing');
    expect(storeFiles()).not.toContain('key-store.2.lmdb');
    copyFileSync(kept, join(folder, 'key-store.2.lmdb'));
    open = openStore();
  });

  it.each([1, 16, 5000])('is not opened when the file holds %i bytes of something else', async (size) => {
    const file = join(folder, 'key-store.lmdb');
    await open.client.close();
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.alloc(size, 7));
    expect(openStore).toThrow('key-store.lmdb is not a key store');
    expect(readFileSync(file).equals(Buffer.alloc(size, 7))).toBe(true);
    writeFileSync(file, whole);
    open = openStore();
  });

  it('is not taken for a new one when it lost the file that says which one is the current', async () => {
    await newPatients(1);
    await open.compaction.run();
    await open.client.close();
    rmSync(join(folder, 'key-store.lmdb.generation'));
    expect(openStore).toThrow('The key store file key-store.lmdb is missing');
    writeFileSync(join(folder, 'key-store.lmdb.generation'), '2\n');
    open = openStore();
  });

  it.each(['', '0\n', '2', '../2\n', '-1\n', '1e3\n', '99999999999\n'])(
    'is not opened when that file holds %j',
    async (content) => {
      const pointer = join(folder, 'key-store.lmdb.generation');
      await open.client.close();
      writeFileSync(pointer, content);
      expect(openStore).toThrow('key-store.lmdb.generation does not name a generation');
      expect(readFileSync(pointer, 'utf8')).toBe(content);
      rmSync(pointer);
      open = openStore();
    },
  );
});
