import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MaintenanceJobReport, type KeyStatus } from '@app/patient-records';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { KeyLoad } from '../support/key-load.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { messagesWithoutTheirHash } from '../support/stored-rows.js';
import { testConfig } from '../support/test.config.js';

const clients = testConfig.load(8);

const variables = { PHI_KEY_CACHE_TTL_SECONDS: '1', PHI_PARAMETER_REFRESH_SECONDS: '1' };

describe('branch keys and the KMS key under load', () => {
  let service: Service;
  let load: KeyLoad;
  const cli = new BuiltCli();

  beforeAll(async () => {
    service = await startListening(variables);
    load = await KeyLoad.prepare(service, clients, 5);
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    load.close();
    await service.stop();
    cli.remove();
  });

  async function phi<T>(...args: string[]): Promise<T> {
    const environment = { ...service.environment, ...variables };
    const run = await cli.run(['keys', ...args, '--json', '--operator', 'night-shift'], environment);
    expect({ ...run, stdout: '' }).toMatchObject({ exitCode: 0, stdout: '' });
    return JSON.parse(run.stdout) as T;
  }

  /** Who uses keys cannot make one on AWS: an administrator does it first. */
  async function pointAliasToNewKey(): Promise<void> {
    if (testConfig.platform === 'embedded') return;
    const run = await cli.run(['setup', '--new-kms-key', '--json'], { ...service.environment });
    expect({ ...run, stdout: '' }).toMatchObject({ exitCode: 0 });
  }

  it('are replaced without one error, and nothing stays under an old key', async () => {
    const before = load.patients;
    await pointAliasToNewKey();
    const wrapped = await phi<MaintenanceJobReport>('rotate', '--kms-key', '--rate', '1000');
    expect(wrapped).toMatchObject({ job: 'kms-key', outcome: 'done', failed: 0 });

    const rotated = await phi<MaintenanceJobReport>('rotate', '--rate', '1000');
    expect(rotated).toMatchObject({ job: 'rotate', outcome: 'done', failed: 0, skipped: 0 });
    expect(rotated.changed).toBeGreaterThanOrEqual(before);

    const encrypted = await phi<MaintenanceJobReport>('re-encrypt', '--rate', '5000');
    expect(encrypted).toMatchObject({ job: 're-encrypt', outcome: 'done', failed: 0, skipped: 0 });
    expect(encrypted.changed).toBeGreaterThan(2 * before);

    await load.stop();
    expect(load.surprises).toEqual([]);
    expect(load.answers).toBeGreaterThan(testConfig.load(200));

    const status = await phi<KeyStatus>('status', '--rate', '100000');
    expect(status.messages.underOlderKey).toBe(0);
    expect(status.messages.underActiveKey).toBeGreaterThan(encrypted.changed);
    expect(status.damaged).toBe(0);
    expect(Object.keys(status.kmsKeys)).toHaveLength(1);
    expect(status.jobs.map(({ unfinished }) => unfinished)).toEqual([false, false, false]);
  });

  it('leave every document and every version readable, by value', async () => {
    await load.readBack();
    expect(load.surprises).toEqual([]);
  });

  it('leave a trail that holds the hash of every stored message, and who did it', async () => {
    expect(await messagesWithoutTheirHash(service.platform)).toEqual([]);

    const events = await readAuditEvents(service.platform.table);
    events.sort((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1));
    const jobs = events.filter(({ job }) => job !== undefined);
    expect(jobs.map(({ type, job }) => `${type} ${job?.step}`)).toEqual([
      'key-rotate begun',
      'key-rotate completed',
      'key-rotate begun',
      'key-rotate completed',
      'record-re-encrypt begun',
      'record-re-encrypt completed',
    ]);
    for (const { origin } of jobs) {
      expect(origin.agent).toMatchObject({ issuer: 'phi-cli', subject: 'night-shift' });
    }
  });

  it('finds nothing to do the second time', async () => {
    expect(await phi<MaintenanceJobReport>('re-encrypt', '--rate', '100000')).toMatchObject({
      outcome: 'done',
      changed: 0,
    });
  });
});
