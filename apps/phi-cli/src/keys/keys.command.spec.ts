import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MaintenanceJobReport, type KeyStatus } from '@app/patient-records';
import { readAuditEvents } from '../../../../test/support/audit-rows.js';
import { clientOf, type PhiClient, startListening } from '../../../../test/support/phi-client.js';
import { type Service } from '../../../../test/support/service.js';
import { BuiltCli } from '../../test/built-cli.js';

const variables = { PHI_KEY_CACHE_TTL_SECONDS: '1', PHI_PARAMETER_REFRESH_SECONDS: '1' };
const patients = 20;

describe('phi keys', () => {
  const cli = new BuiltCli();
  let service: Service;
  let client: PhiClient;
  let environment: Record<string, string>;
  const ids: string[] = [];

  beforeAll(async () => {
    service = await startListening(variables);
    client = await clientOf(service);
    environment = { ...variables, PHI_DATA_DIR: service.dataFolder };
    for (let n = 0; n < patients; n++) {
      const body = { identifier: [{ system: 'urn:mrn', value: `keys-${n}` }] };
      ids.push((await client.post('/v1/patients', body)).body.id);
    }
  });
  afterAll(async () => {
    await service.stop();
    cli.remove();
  });

  const job = (name: string) =>
    service.platform.table.get({ table: 'records', partition: `JOB#${name}`, sort: '-' });

  it('makes nothing where no records are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-nothing-'));
    const run = await cli.run(['keys', 'rotate'], { PHI_DATA_DIR: join(folder, 'mistyped') });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('PHI_DATA_DIR');
    expect(existsSync(join(folder, 'mistyped'))).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('cannot rotate for a patient who has no key', async () => {
    const args = ['keys', 'rotate', '--patient', '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11', '--json'];
    const run = await cli.run(args, environment);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toEqual({ outcome: 'could-not-run', error: 'the patient has no key' });
  });

  it('stops at Ctrl-C, says how to go on, and goes on; a second run meanwhile does not start', async () => {
    let interrupt: (signal?: NodeJS.Signals) => void = () => undefined;
    const first = cli.run(['keys', 'rotate', '--rate', '1', '--json'], environment, (kill) => {
      interrupt = kill;
    });
    while ((await job('rotate')) === undefined) await new Promise(setImmediate);
    const second = await cli.run(['keys', 'rotate', '--json'], environment);
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain('another run');
    interrupt('SIGINT');
    const stopped = await first;
    expect(stopped).toMatchObject({ exitCode: 2, signal: null });
    expect(stopped.stderr).toContain('run the same command again');
    const report = JSON.parse(stopped.stdout) as MaintenanceJobReport;
    expect(report).toMatchObject({ outcome: 'stopped', reason: 'interrupted' });
    expect(report.changed).toBeLessThan(patients);

    const last = await cli.run(['keys', 'rotate', '--json'], environment);
    expect(last.exitCode).toBe(0);
    // Counted over both runs.
    expect(JSON.parse(last.stdout)).toMatchObject({ outcome: 'done', patients, changed: patients });
    const rotations = (await readAuditEvents(service.platform.table)).filter(
      ({ type, patientId }) => type === 'key-rotate' && patientId !== undefined,
    );
    expect(rotations.map(({ patientId }) => patientId).sort()).toEqual([...ids].sort());
  }, 30_000);

  it('rotates one patient alone', async () => {
    const before = await Promise.all(ids.map((id) => service.platform.keyStore.activeVersion(id)));
    const run = await cli.run(['keys', 'rotate', '--patient', ids[0] as string], environment);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/changed\s+1\n/);
    const after = await Promise.all(ids.map((id) => service.platform.keyStore.activeVersion(id)));
    expect(after.map((version, n) => version !== before[n])).toEqual(ids.map((_, n) => n === 0));
  });

  const withTerminal = spawnSync('script', ['--version']).status === 0;
  const warning = 'a terminal is needed to see the bar: script(1) of util-linux is missing';
  it('has a terminal to draw on wherever CI=true', () => {
    expect(process.env['CI'] === 'true' && !withTerminal ? warning : undefined).toBeUndefined();
  });
  if (!withTerminal) it.todo(warning);
  else
    it('draws a bar on a terminal', () => {
      const command = `${process.execPath} ${cli.bin} keys rotate --rate 20`;
      const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
        cwd: cli.folder,
        env: { PATH: process.env['PATH'], ...environment },
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      expect(stdout).toMatch(/rotating branch keys.*%.*\d+\/20 patients/);
      expect(stdout).toContain('rotate: done');
    });

  it('compacts the key store and counts what is under which key', async () => {
    const compacted = await cli.run(['keys', 'compact', '--json'], environment);
    expect(compacted.exitCode).toBe(0);
    expect(JSON.parse(compacted.stdout)).toMatchObject({ outcome: 'done', destroyedRows: 0 });
    const run = await cli.run(['keys', 'status', '--json', '--rate', '100000'], environment);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout) as KeyStatus).toMatchObject({
      patients,
      erased: 0,
      messages: { underActiveKey: 0, underOlderKey: patients },
      seals: { 1: 3 * patients },
      damaged: 0,
    });
  });

  it('works on past a row that was altered, tells, and does not take the root away that others need', async () => {
    const { table } = service.platform;
    const key = { table: 'records', partition: `PATIENT#${ids[1]}`, sort: 'PROFILE' } as const;
    const head = await table.get(key);
    if (head === undefined) throw new Error('the patient is there');
    await table.transactWrite([
      { type: 'put', item: { ...head, attributes: { ...head.attributes, version: 7 } } },
    ]);

    const encrypted = await cli.run(['keys', 're-encrypt', '--json'], environment);
    expect(encrypted.exitCode).toBe(1);
    expect(JSON.parse(encrypted.stdout)).toMatchObject({
      outcome: 'done',
      changed: patients - 1,
      failed: 1,
      failures: [{ patientId: ids[1], row: 'PROFILE', problem: 'integrity-failure' }],
    });
    const reindexed = await cli.run(['keys', 'reindex', '--json'], environment);
    expect(reindexed.exitCode).toBe(1);
    expect(JSON.parse(reindexed.stdout)).toMatchObject({ outcome: 'blocked', failed: 1 });
    const alarms = (await readAuditEvents(table)).filter(({ type }) => type === 'integrity-alarm');
    expect(alarms.map(({ patientId, outcome }) => [patientId, outcome])).toEqual([
      [ids[1], '12'],
      [ids[1], '12'],
    ]);
    await service.platform.indexRoots.refresh();
    expect(service.platform.indexRoots.active).toBe(1);

    await table.transactWrite([{ type: 'put', item: head }]);
    const mended = await cli.run(['keys', 'reindex', '--json'], environment);
    expect(mended.exitCode).toBe(1);
    expect(JSON.parse(mended.stdout)).toMatchObject({ outcome: 'waiting', failed: 1 });
    await service.platform.indexRoots.refresh();
    expect(service.platform.indexRoots.retired).toEqual([1]);
    expect((await client.get(`/v1/patients/${ids[1]}`)).status).toBe(200);
  }, 40_000);
});
