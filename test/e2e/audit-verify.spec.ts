import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditKeys, type Checkpoint, type VerificationReport } from '@app/audit';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { erasablePatient, erasureBody, officerScope } from '../support/erasable-patient.js';
import { KeyLoad } from '../support/key-load.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

const variables = {
  PHI_KEY_CACHE_TTL_SECONDS: '1',
  PHI_PARAMETER_REFRESH_SECONDS: '1',
  PHI_AUDIT_SEAL_SECONDS: '1',
};

describe('phi audit', () => {
  const cli = new BuiltCli();
  const folder = mkdtempSync(join(tmpdir(), 'phi-export-'));
  const file = (name: string) => join(folder, name);
  let service: Service;

  beforeAll(async () => {
    service = await startListening(variables);
    const client = await clientOf(service);
    await erasablePatient(service, client, 'verify-1');
    const erased = await erasablePatient(service, client, 'verify-2');
    const officer = await clientOf(service, { scope: officerScope });
    await succeeded(officer.post(`${erased.path}/erase`, erasureBody(erased.id)));
  });
  afterAll(async () => {
    await service.stop();
    cli.remove();
    rmSync(folder, { recursive: true });
  });

  const phi = (...args: string[]) =>
    cli.run(['audit', ...args, '--operator', 'officer'], { ...service.environment, ...variables });

  async function verified(...args: string[]): Promise<VerificationReport> {
    const run = await phi('verify', '--json', ...args);
    return JSON.parse(run.stdout) as VerificationReport;
  }

  it('finds nothing wrong while the service reads, writes and replaces keys', async () => {
    const load = await KeyLoad.prepare(service, testConfig.load(4), 3);
    load.start();
    const keys = (...args: string[]) =>
      cli.run(['keys', ...args, '--rate', '5000'], { ...service.environment, ...variables });
    const replaced = keys('rotate').then(() => keys('re-encrypt'));
    const during = [await verified(), await verified()];
    expect((await replaced).exitCode).toBe(0);
    await load.stop();
    load.close();
    expect(load.surprises).toEqual([]);
    const after = await verified();
    for (const report of [...during, after])
      expect(report).toMatchObject({ outcome: 'intact', findings: [] });
    expect(after.records?.patients).toBeGreaterThanOrEqual(2 + load.patients);
    expect(after.events.sealed).toBeGreaterThan(testConfig.load(100));
    expect(after.chains.closed).toBeGreaterThanOrEqual(4);
  }, 120_000);

  it('says it in words, and leaves an event of its own', async () => {
    const run = await phi('verify', '--since', '2020-01-01');
    expect(run).toMatchObject({ exitCode: 0, stderr: 'phi: audit verify: the audit trail is intact\n' });
    expect(run.stdout).toMatch(/^the audit trail is intact\ncheckpoints +\d+ verified, 1 to \d+; digest/);
    const events = await readAuditEvents(service.platform.table);
    const own = events.filter(({ type }) => type === 'audit-verify');
    expect(own.at(-1)).toMatchObject({
      outcome: '0',
      origin: { agent: { subject: 'officer' } },
      job: { failed: 0 },
    });
  });

  it('exports what can be checked without the service, with the public key alone', async () => {
    const out = file('trail.ndjson');
    const key = await cli.run(['audit', 'public-key'], { ...service.environment, ...variables });
    writeFileSync(file('key.pem'), key.stdout);
    const run = await phi('export', '--out', out, '--json');
    expect(run.exitCode).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(await phi('export', '--out', out)).toMatchObject({ exitCode: 2, stdout: '' });

    const nowhere = { PHI_DATA_DIR: file('missing') };
    const offline = (...args: string[]) =>
      cli.run(['audit', 'verify', '--export', ...args, '--json'], nowhere);
    const intact = await offline(out, '--public-key', file('key.pem'));
    expect(intact.exitCode).toBe(0);
    expect(JSON.parse(intact.stdout)).toMatchObject({
      outcome: 'intact',
      events: { sealed: JSON.parse(run.stdout).events },
    });

    const lines = readFileSync(out, 'utf8').split('\n');
    const event = lines.findIndex((line) => line.includes('patient-create'));
    lines[event] = lines[event]!.replace('patient-create', 'patient-read');
    writeFileSync(file('altered.ndjson'), lines.join('\n'));
    const altered = await offline(file('altered.ndjson'), '--public-key', file('key.pem'));
    expect(altered.exitCode).toBe(1);
    expect(JSON.parse(altered.stdout).findings).toMatchObject([{ kind: 'event-altered' }]);

    for (const args of [
      [file('missing')],
      [file('key.pem')],
      [out, '--public-key', out],
      [out, '--since', '2020-01-01'],
    ]) {
      expect((await offline(...args)).exitCode).toBe(2);
    }
    expect(await verified('--evidence', out)).toMatchObject({ outcome: 'intact' });
    const events = await readAuditEvents(service.platform.table);
    expect(events.filter(({ type }) => type === 'audit-export')).toHaveLength(1);
  });

  it('holds the log of the service against the trail', async () => {
    writeFileSync(file('service.log'), service.logged());
    const { outcome, notices } = await verified('--evidence', file('service.log'));
    expect(outcome).toBe('intact');
    expect(Number(/holds (\d+) signed/.exec(notices.join())?.[1])).toBeGreaterThan(1);
  });

  it('has nothing to expire within the retention', async () => {
    const run = await phi('expire', '--dry-run', '--json');
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'done', events: 0, dryRun: true });
  });

  it('names what was altered, and ends with 1', async () => {
    const { table } = service.platform;
    const { items } = await table.query({ table: 'audit', partition: auditKeys.checkpoints, limit: 10 });
    const checkpoints = items.map(
      ({ attributes }) => JSON.parse(attributes['checkpoint'] as string) as Checkpoint,
    );
    // The first ones may only say that a chain was opened.
    const sealed = checkpoints.find(({ first, last }) => last >= first)!;
    const item = (await table.get(auditKeys.event(sealed.chain, sealed.first)))!;
    const event = (item.attributes['event'] as string).replace('"outcome":"0"', '"outcome":"4"');
    await table.transactWrite([{ type: 'put', item: { ...item, attributes: { event } } }]);
    const run = await phi('verify', '--no-records');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain(
      `event-altered: event ${sealed.first} of chain ${sealed.chain} was altered: its text no longer matches checkpoint ${sealed.number} of `,
    );
    expect(run.stderr).toBe('phi: audit verify: the audit trail is NOT intact: 1 finding\n');
    await table.transactWrite([{ type: 'put', item }]);
  });

  it('tells how it is used', async () => {
    for (const command of ['verify', 'export', 'expire', 'public-key']) {
      const run = await cli.run(['audit', command, '--help']);
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.stdout).toContain(`$ phi audit ${command}`);
    }
  });

  it.each([
    [['verify', '--since', 'yesterday']],
    [['verify', '--retention-days', '0']],
    [['verify', '--public-key', 'missing']],
    [['verify', '--evidence', 'missing']],
    [['export']],
    [['export', '--out', 'missing/file']],
    [['export', '--out', 'x', '--since', '2020-01-01', '--from-checkpoint', '2']],
    [['expire', '--operator', 'two words']],
  ])('cannot run with %j', async (args) => {
    const run = await cli.run(['audit', ...args, '--json'], service.environment);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'could-not-run' });
  });
});
