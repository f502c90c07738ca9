import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type MaintenanceJobReport,
  type MaintenanceJobRun,
  type KeyStatus,
  openPatientRecords,
} from '@app/patient-records';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { KeyLoad } from '../support/key-load.js';
import { clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { storedIndexRoot } from '../support/stored-index-root.js';
import { storedRows } from '../support/stored-rows.js';
import { testConfig } from '../support/test.config.js';

const variables = { PHI_KEY_CACHE_TTL_SECONDS: '1', PHI_PARAMETER_REFRESH_SECONDS: '1' };
const hourMilliseconds = 60 * 60 * 1000;

describe('the index root under load', () => {
  let service: Service;
  let load: KeyLoad;
  let client: PhiClient;
  const cli = new BuiltCli();
  const idempotent = { birthDate: '1970-01-01', notes: 'sent twice' };
  const key = { 'idempotency-key': 'before-the-reindex' };
  let firstId: string;
  let cursor: string | undefined;

  beforeAll(async () => {
    service = await startListening(variables);
    client = await clientOf(service);
    load = await KeyLoad.prepare(service, testConfig.load(8), 5);
    firstId = (await client.post('/v1/patients', idempotent, key)).body.id;
    cursor = (await searchByPhone()).body.nextCursor;
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    load.close();
    await service.stop();
    cli.remove();
  });

  /** Three patients with one phone number, found in pages of one. */
  async function searchByPhone(from?: string) {
    const phone = '202-555-0171';
    if (from === undefined) {
      const body = { telecom: [{ system: 'phone', value: phone }] };
      for (let n = 0; n < 3; n++) await client.post('/v1/patients', body);
    }
    const query = from === undefined ? '' : `&cursor=${from}`;
    return client.post(`/v1/patients/search?limit=1${query}`, { phone });
  }

  async function phi<T>(args: string[], exitCode = 0): Promise<T> {
    const environment = { ...service.environment, ...variables };
    const run = await cli.run(['keys', ...args, '--json'], environment);
    expect({ ...run, stdout: '' }).toMatchObject({ exitCode, stdout: '' });
    return JSON.parse(run.stdout) as T;
  }

  const parameter = async () =>
    JSON.parse((await storedIndexRoot(service)).read()) as {
      active: number;
      roots: Record<string, string>;
      retired?: number[];
    };

  /** The same job in this process, under a clock that is ahead. */
  async function finish(aheadMilliseconds: number): Promise<MaintenanceJobReport> {
    const terms = { keyCacheTtlSeconds: 1, keyStoreBackupDays: 0 };
    const { keyMaintenance } = openPatientRecords(service.platform, [], terms);
    const run: MaintenanceJobRun = {
      origin: { networkAddress: '', requestId: 'finish' },
      ratePerSecond: 100_000,
      signal: new AbortController().signal,
      clock: { now: () => Date.now() + aheadMilliseconds, wait: async () => undefined },
      keyCacheSeconds: 1,
      parameterRefreshSeconds: 1,
      onProgress: () => undefined,
    };
    return keyMaintenance.reindex(run, true);
  }

  it('is replaced without one error, missed search or duplicate', async () => {
    const before = load.patients;
    const report = await phi<MaintenanceJobReport>(['reindex', '--rate', '5000']);
    expect(report).toMatchObject({ job: 'reindex', outcome: 'waiting', failed: 0, skipped: 0 });
    expect(report.changed).toBeGreaterThan(3 * before);
    await load.stop();
    expect(load.surprises).toEqual([]);
    expect(load.answers).toBeGreaterThan(testConfig.load(200));
    expect(await parameter()).toMatchObject({ active: 2, retired: [1] });
  });

  it('leaves no row and no seal under the old root', async () => {
    const status = await phi<KeyStatus>(['status', '--rate', '100000']);
    expect(Object.keys(status.indexRows)).toEqual(['2']);
    expect(Object.keys(status.seals)).toEqual(['2']);
    expect(status.indexRows['2']).toBeGreaterThanOrEqual(2 * load.patients);
    expect(status.damaged).toBe(0);
    const listed = (await storedRows(service.platform)).flatMap(
      ({ attributes }) => (attributes['partitions'] ?? []) as string[],
    );
    const places = listed.map((partition) => ({ table: 'records' as const, partition, limit: 2 }));
    const counts = await Promise.all(
      places.map(async (place) => (await service.platform.table.query(place)).items.length),
    );
    expect(counts.filter((count) => count === 0)).toEqual([]);
  });

  it('knows a request and a cursor of before', async () => {
    const again = await client.post('/v1/patients', idempotent, key);
    expect({ status: again.status, id: again.body.id }).toEqual({ status: 201, id: firstId });
    const pages = [];
    for (let at = cursor; at !== undefined;) {
      const page = await searchByPhone(at);
      expect(page.status).toBe(200);
      pages.push(...page.body.items);
      at = page.body.nextCursor;
    }
    expect(new Set(pages.map(({ id }) => id)).size).toBe(2);
    expect(pages).toHaveLength(2);
  });

  it('keeps the old root for a day and not longer', async () => {
    expect(await finish(23 * hourMilliseconds)).toMatchObject({
      outcome: 'waiting',
      changed: expect.any(Number),
    });
    expect(Object.keys((await parameter()).roots)).toEqual(['1', '2']);
    expect(await finish(25 * hourMilliseconds)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(await parameter()).toEqual({ active: 2, roots: { 2: expect.any(String) } });
    expect(await finish(26 * hourMilliseconds)).toMatchObject({ outcome: 'done', examined: 0 });
    await load.readBack();
    expect(load.surprises).toEqual([]);
  });
});
