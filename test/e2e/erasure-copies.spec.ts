import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { LmdbKeyStoreClient } from '@app/encryption';
import { LmdbPhiTable, type PhiItem } from '@app/phi-table';
import { ErasureUpkeep } from '../../apps/phi-api/src/patients/erasure-upkeep.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { filesBelow } from '../support/canaries.js';
import {
  type ErasablePatient,
  erasablePatient,
  erasureBody,
  officerScope,
  partitionOf,
} from '../support/erasable-patient.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

const hourMilliseconds = 60 * 60 * 1000;
const root = mkdtempSync(join(tmpdir(), 'phi-erasure-'));
const folder = (name: string) => join(root, name);
const copy = (from: string, to: string, part = '') =>
  cpSync(join(folder(from), part), join(folder(to), part), { recursive: true });

let erased: ErasablePatient;
let other: ErasablePatient;
let wrappedKeys: { erased: Buffer[]; other: Buffer[] };
let service: Service | undefined;

async function start(name: string): Promise<{ running: Service; client: PhiClient; officer: PhiClient }> {
  service = await startListening({}, folder(name));
  const officer = await clientOf(service, { scope: officerScope });
  return { running: service, client: await clientOf(service), officer };
}

async function stop(): Promise<void> {
  await service?.stop();
  service = undefined;
}

/** @returns every branch key of the patient as the key store holds it, wrapped */
async function wrappedKeysOf(name: string, patientId: string): Promise<Buffer[]> {
  const client = LmdbKeyStoreClient.open(join(folder(name), 'keys', 'key-store.lmdb'));
  const { Items = [] }: QueryCommandOutput = await client.send(
    new QueryCommand({
      TableName: 'phi-key-store',
      KeyConditionExpression: '#bkid = :bkid',
      ExpressionAttributeNames: { '#bkid': 'branch-key-id' },
      ExpressionAttributeValues: { ':bkid': { S: patientId } },
    }),
  );
  await client.close();
  return Items.flatMap(({ enc }) => (enc?.B === undefined ? [] : [Buffer.from(enc.B)]));
}

/** @returns how many of the keys some file below the folder holds */
function keysIn(name: string, keys: readonly Buffer[]): number {
  const files = filesBelow(folder(name)).map((file) => readFileSync(join(folder(name), file)));
  return keys.filter((key) => files.some((content) => content.includes(key))).length;
}

/**
 * `before`, `after` and `compacted` are the whole data folder at these moments; `stolen` is the records of before with the
 * keys and parameters of after, `restored` the other way round.
 */
beforeAll(async () => {
  const first = await start('live');
  erased = await erasablePatient(first.running, first.client, 'copied-1');
  other = await erasablePatient(first.running, first.client, 'copied-2');
  await stop();
  copy('live', 'before');
  wrappedKeys = {
    erased: await wrappedKeysOf('live', erased.id),
    other: await wrappedKeysOf('live', other.id),
  };

  const { officer } = await start('live');
  await succeeded(officer.post(`${erased.path}/erase`, erasureBody(erased.id)));
  await stop();
  copy('live', 'after');
  for (const part of ['keys', 'parameters']) copy('after', 'stolen', part);
  copy('before', 'stolen', 'records.lmdb');
  for (const part of ['records.lmdb', 'parameters']) copy('after', 'restored', part);
  copy('before', 'restored', 'keys');
});
afterEach(stop);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Where each stored message of such a patient is shown. */
const messagePaths = ({ path, records }: ErasablePatient) => [
  path,
  `${path}/history/1`,
  `${path}/records/${records.observation}`,
  `${path}/records/${records.observation}/history/1`,
  `${path}/records/${records.condition}`,
  `${path}/records/${records.deleted}/history/1`,
];

const statuses = async (client: PhiClient, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await client.get(path)).status));

describe('a copy of the records made before the erasure', () => {
  it('opens with the key store as it was then: the test can fail', async () => {
    const { running, client } = await start('before');
    const paths = messagePaths(erased);
    const messages = (await partitionOf(running.platform.table, erased.id)).filter(
      ({ attributes }) => attributes['message'] !== undefined,
    );
    // Each stored message is among those that the next test cannot read.
    expect(messages).toHaveLength(paths.length);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 200));
  });

  // NIST SP 800-88, cryptographic erase; 45 CFR 164.310(d)(2)(i), disposal.
  it('opens in no place with the key store as it is now, and raises an alarm for each', async () => {
    const { running, client } = await start('stolen');
    const paths = [
      ...messagePaths(erased),
      `${erased.path}/history`,
      `${erased.path}/records`,
      `${erased.path}/records/${erased.records.observation}/history`,
    ];
    for (const path of paths) {
      const { status, body } = await client.get(path);
      expect([status, body['type']]).toEqual([500, '/problems/integrity-failure']);
      const events = (await readAuditEvents(running.platform.table)).filter(
        ({ origin }) => origin.requestId === body.instance,
      );
      expect(events).toMatchObject([{ type: 'integrity-alarm', outcome: '12', patientId: erased.id }]);
    }
    expect(running.logged()).toContain('"class":"BranchKeyError"');
    expect(running.platform.localKms?.calls).toMatchObject({ Decrypt: 0 });
  });

  it('takes no write to him either', async () => {
    const { client } = await start('stolen');
    const { path } = erased;
    const answers = [
      await client.put(path, {}, { 'if-match': '*' }),
      await client.patch(path, { gender: 'other' }, { 'if-match': '*' }),
      await client.post(`${path}/records`, { recordType: 'Observation', content: {} }),
    ];
    for (const { status, body } of answers) {
      expect([status, body['type']]).toEqual([500, '/problems/integrity-failure']);
    }
  });

  it('opens for everybody else', async () => {
    const { client } = await start('stolen');
    const paths = messagePaths(other);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 200));
  });
});

describe('rows of before, put back into the records as they are now', () => {
  async function rowsBefore(): Promise<PhiItem[]> {
    const table = LmdbPhiTable.open({ path: join(folder('before'), 'records.lmdb') });
    const rows = await partitionOf(table, erased.id);
    await table.close();
    return rows;
  }

  it('are genuine and still cannot be read; and he can be erased again', async () => {
    const { running, client, officer } = await start('after');
    expect((await client.get(erased.path)).status).toBe(410);
    const items = await rowsBefore();
    await running.platform.table.transactWrite(items.map((item) => ({ type: 'put', item })));
    const paths = messagePaths(erased);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 500));
    const again = await officer.post(`${erased.path}/erase`, erasureBody(erased.id, 'created-in-error'));
    expect([again.status, again.body['destroyed']]).toEqual([
      200,
      expect.objectContaining({ branchKeyRows: 0, records: 3 }),
    ]);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 410));
  });
});

describe('a key store that was restored from a backup of before', () => {
  it('loses the keys of who was erased since at the next start, and no others', async () => {
    const { running, client } = await start('restored');
    await running.app.get(ErasureUpkeep).run();
    expect(running.logged()).toContain('restored keys of erased patients destroyed');
    expect(await running.platform.keyStore.activeVersion(erased.id)).toBeUndefined();
    const destroyed = (await readAuditEvents(running.platform.table)).filter(
      ({ type }) => type === 'key-destroy',
    );
    expect(destroyed.map(({ patientId, count }) => [patientId, count])).toEqual([
      [erased.id, 3],
      [erased.id, 3],
    ]);
    const paths = messagePaths(other);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 200));
  });

  it('loses such a key when the erasure is repeated, too', async () => {
    const { running, officer } = await start('after');
    await running.app.get(ErasureUpkeep).run();
    await running.platform.keyStore.create(erased.id);
    await succeeded(officer.post(`${erased.path}/erase`, erasureBody(erased.id)));
    expect(await running.platform.keyStore.activeVersion(erased.id)).toBeUndefined();
  });

  it('loses none for a forged list of erased patients', async () => {
    const { running } = await start('restored');
    const forged = { table: 'records', partition: 'ERASURES', sort: `ERASED#${other.id}` } as const;
    const attributes = { patientId: other.id };
    await running.platform.table.transactWrite([{ type: 'put', item: { ...forged, attributes } }]);
    await stop();
    const again = await start('restored');
    await again.running.app.get(ErasureUpkeep).run();
    expect(again.running.logged()).toContain('an erasure could not be completed');
    expect((await again.client.get(other.path)).status).toBe(200);
  });
});

// 45 CFR 164.310(d)(2)(ii), media re-use.
describe('the file of the key store', () => {
  it('held the wrapped keys before: the search finds them', () => {
    expect([wrappedKeys.erased.length, keysIn('before', wrappedKeys.erased)]).toEqual([3, 3]);
  });

  it('is compacted within the time that the receipt says, not at once', async () => {
    const { running } = await start('live');
    const pending = await running.platform.keyStoreCompaction?.pending();
    expect(pending).toMatchObject({ destroyedRows: 3 });
    const since = pending?.since.getTime() ?? 0;
    const upkeep = running.app.get(ErasureUpkeep);
    await upkeep.run(new Date(since + 22 * hourMilliseconds));
    expect(await running.platform.keyStoreCompaction?.pending()).toEqual(pending);
    await upkeep.run(new Date(since + 24 * hourMilliseconds));
    expect(await running.platform.keyStoreCompaction?.pending()).toBeUndefined();
    expect(running.logged()).toContain('key store compacted');
    await stop();
    copy('live', 'compacted');
  });

  it('holds no trace of the destroyed keys after that, freed pages included, and all of the others', () => {
    expect(keysIn('compacted', wrappedKeys.erased)).toBe(0);
    expect(keysIn('compacted', wrappedKeys.other)).toBe(wrappedKeys.other.length);
  });

  it('opens everybody else after that', async () => {
    const { client } = await start('compacted');
    const paths = messagePaths(other);
    expect(await statuses(client, paths)).toEqual(paths.map(() => 200));
    expect((await client.get(erased.path)).status).toBe(410);
  });
});
