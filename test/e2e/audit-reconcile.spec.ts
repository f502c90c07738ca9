import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ReconciliationReport } from '@app/audit';
import { openPatientRecords } from '@app/patient-records';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import {
  type CloudTrailRecord,
  cloudTrailRecord,
  trailFile,
  trailPath,
  writeTrail,
} from '../support/cloudtrail-records.js';
import {
  cloudTrailEnvironment,
  type CloudTrailServer,
  startCloudTrailServer,
} from '../support/cloudtrail-server.js';
import { erasureBody } from '../support/erasable-patient.js';
import { recordKmsCalls } from '../support/kms-recording.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

const minute = 60_000;
const patient = (mrn: string) => ({
  identifier: [{ system: 'urn:mrn', value: mrn }],
  name: [{ family: 'Lindqvist' }],
  birthDate: '1970-02-03',
});
const record = { recordType: 'Observation', content: { resourceType: 'Observation', status: 'final' } };

describe('phi audit reconcile', () => {
  const cli = new BuiltCli();
  const trails = mkdtempSync(join(tmpdir(), 'phi-trails-'));
  let service: Service;
  let client: PhiClient;
  let calls: CloudTrailRecord[];
  let environment: Record<string, string>;
  let from: number;
  let erased: string;
  let read: string;

  beforeAll(async () => {
    from = Math.floor(Date.now() / 1000) * 1000 - 60 * minute;
    service = await startListening();
    const recorded = await recordKmsCalls(service);
    client = await clientOf(service, { scope: 'system/*.cruds phi/erase' });
    environment = { ...service.environment };
    await useKeysInEveryWay();
    calls = recorded();
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    cli.remove();
    rmSync(trails, { recursive: true });
  });

  /** Forgets the patient's key, so that the next access asks KMS. */
  const cold = (id: string) => service.platform.cipher.evict(id);

  async function useKeysInEveryWay(): Promise<void> {
    const ids: string[] = [];
    for (const mrn of ['a', 'b', 'c']) {
      const { body } = await succeeded(client.post('/v1/patients', patient(`reconcile-${mrn}`)));
      ids.push(body['id'] as string);
    }
    const [one = '', two = '', three = ''] = ids;
    expect((await client.post('/v1/patients', patient('reconcile-a'))).status).toBe(409);
    const put = await client.put(`/v1/patients/${randomUUID()}`, patient('reconcile-b'), {
      'if-none-match': '*',
    });
    expect(put.status).toBeGreaterThanOrEqual(400);
    const each: (() => Promise<{ status: number }>)[] = [
      () => client.get(`/v1/patients/${one}`),
      () => client.put(`/v1/patients/${one}`, patient('reconcile-a'), { 'if-match': '*' }),
      () => client.patch(`/v1/patients/${one}`, { gender: 'other' }, { 'if-match': '*' }),
      () => client.get(`/v1/patients/${one}/history`),
      () => client.get(`/v1/patients/${one}/export`),
      () => client.post('/v1/patients/search', { family: 'Lindqvist', birthDate: '1970-02-03' }),
      () => client.get('/v1/patients'),
      () => client.post(`/v1/patients/${two}/records`, record),
      () => client.post(`/v1/patients/${two}/records/batch`, { records: [record, record] }),
      () => client.get(`/v1/patients/${two}/records`),
    ];
    for (const use of each) {
      for (const id of ids) cold(id);
      expect((await use()).status).toBeLessThan(300);
    }
    await maintain();
    await succeeded(client.post(`/v1/patients/${three}/erase`, erasureBody(three)));
    [read, erased] = [one, three];
  }

  async function maintain(): Promise<void> {
    const { keyMaintenance } = openPatientRecords(service.platform, [], {
      keyCacheTtlSeconds: 0,
      keyStoreBackupDays: 0,
    });
    const run = {
      origin: { networkAddress: '', requestId: randomUUID() },
      ratePerSecond: 100_000,
      signal: new AbortController().signal,
      clock: { now: () => Date.now(), wait: async () => undefined },
      keyCacheSeconds: -60,
      parameterRefreshSeconds: -60,
      onProgress: () => undefined,
    };
    for (const report of [await keyMaintenance.rotate(run), await keyMaintenance.reEncrypt(run)])
      expect(report).toMatchObject({ outcome: 'done', failed: 0 });
  }

  /** @returns what the command answers to a trail of these files, over the time of this test */
  async function reconcile(files: Record<string, Buffer | string>, ...more: string[]) {
    const folder = mkdtempSync(join(trails, 'trail-'));
    writeTrail(folder, files);
    return cli.run(windowed('--trail', folder, ...more), environment);
  }
  const windowed = (...more: string[]) => [
    ...['audit', 'reconcile', '--from', new Date(from).toISOString()],
    ...['--to', new Date(Date.now() + 5000).toISOString(), ...more],
  ];
  const reportOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as ReconciliationReport;
  const path = (unique: string, region?: string) => trailPath(Date.now(), region, unique);

  it('explains every call that the service itself made', async () => {
    expect(new Set(calls.map((call) => call['eventName'])).size).toBe(3);
    const { exitCode, stdout } = await reconcile({ [path('a')]: trailFile(calls) }, '--json');
    const report = JSON.parse(stdout) as ReconciliationReport;
    expect(report.findings).toEqual([]);
    expect([exitCode, report.outcome, report.calls.examined]).toEqual([0, 'reconciled', calls.length]);
    const { accesses, longAccesses, keyWork, refusedCreations } = report.explained;
    for (const count of [accesses, longAccesses, keyWork, refusedCreations]) expect(count).toBeGreaterThan(0);
    expect(accesses + longAccesses + keyWork + refusedCreations).toBe(calls.length);
    expect(report.blindSpots).toEqual(
      expect.arrayContaining([expect.stringContaining('may not be there yet')]),
    );
  });

  // 45 CFR 164.308(a)(1)(ii)(D), 164.308(a)(6)(ii): what nobody recorded is found.
  it('finds every use past the service among them, and nothing else', async () => {
    const keyArn = await service.platform.keyStore.currentKmsKey();
    const at = Date.now();
    const orphans = {
      'without an access': cloudTrailRecord('decrypt', { at: from + 20 * minute, keyArn, patientId: erased }),
      'long before': cloudTrailRecord('decrypt', { at: from + 30 * minute, keyArn, patientId: read }),
      "another role's": cloudTrailRecord('decrypt', {
        at,
        keyArn,
        patientId: read,
        roleName: 'analyst',
        session: 'jordan',
      }),
      'of nobody': cloudTrailRecord('decrypt', { at, keyArn, patientId: randomUUID() }),
      refused: cloudTrailRecord('decrypt-invalid-ciphertext', { at, keyArn, patientId: read }),
      denied: cloudTrailRecord('decrypt-access-denied', { at, keyArn }),
      exported: cloudTrailRecord('re-encrypt', {
        at,
        keyArn,
        patientId: read,
        destinationKeyArn: 'arn:aws:kms:us-east-1:999988887777:key/stolen',
      }),
    };
    const harmless = [
      cloudTrailRecord('decrypt-of-secrets-manager', { at }),
      cloudTrailRecord('describe-key', { at, keyArn }),
      cloudTrailRecord('get-object', { at }),
      cloudTrailRecord('decrypt', { at, patientId: randomUUID() }),
    ];
    const digest = path('digest').replaceAll('CloudTrail', 'CloudTrail-Digest');
    const run = await reconcile(
      {
        [path('a')]: trailFile([...calls.slice(0, 20), ...harmless, ...Object.values(orphans).slice(0, 4)]),
        [path('b')]: trailFile([...calls.slice(10), ...Object.values(orphans).slice(3)]),
        [path('c', 'eu-central-1')]: trailFile([orphans.denied]),
        [digest]: trailFile([cloudTrailRecord('decrypt', { at, keyArn, patientId: randomUUID() })]),
      },
      '--json',
      '--principal',
      'arn:aws:iam::*:role/phi-api-*',
    );
    const report = reportOf(run);
    const names = new Map(Object.entries(orphans).map(([name, { eventID }]) => [eventID, name]));
    const found = report.findings.map(({ eventId, reasons }) => [names.get(eventId), reasons]);
    expect(Object.fromEntries(found) as unknown).toEqual({
      'without an access': ['no-event'],
      'long before': ['no-event'],
      "another role's": ['other-principal'],
      'of nobody': ['no-such-patient'],
      refused: ['refused'],
      denied: ['refused'],
      exported: ['to-other-key'],
    });
    expect(run.exitCode).toBe(1);
    expect(report.calls.duplicates).toBeGreaterThan(2);
    expect(report.findings.find(({ patientId }) => patientId === erased)?.notes.join()).toContain('erased');
  });

  it('reads a trail that is cut off as far as it goes, names the file, and does not say that all is well', async () => {
    const whole = trailFile(calls);
    const files = { [path('a')]: whole, [path('b')]: whole.subarray(0, whole.length - 50) };
    const { exitCode, stdout, stderr } = await reconcile(files);
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/_b\.json\.gz: its gzip ends early: it is cut off/);
    expect(stdout).toContain('reconcile: nothing was found in what could be read, but not everything could');
  });

  it('prints for people what was found and where to look', async () => {
    const orphan = cloudTrailRecord('decrypt', {
      at: from,
      patientId: read,
      row: { type: 'beacon:ACTIVE' },
      session: 'jordan',
    });
    const { stdout } = await reconcile(
      { [path('a')]: trailFile([orphan, orphan]) },
      '--principal',
      'arn:aws:iam::*:role/other',
    );
    expect(stdout).toContain(
      `Decrypt, patient ${read}\n  made by a principal that --principal does not name\n`,
    );
    expect(stdout).toContain(
      `assumed-role/phi-api-task/jordan\n  from 10.0.12.34 in us-east-1, CloudTrail event ${orphan.eventID}`,
    );
    expect(stdout).toMatch(/to be looked into +1\ndelivered twice +1\n/);
    expect(stdout).toContain('reconcile: 1 calls have to be looked into');
  });

  describe('without files', () => {
    let server: CloudTrailServer;
    beforeAll(async () => {
      server = await startCloudTrailServer();
    });
    afterAll(() => server.close());
    const lookUp = async () =>
      cli.run(windowed('--region', 'us-east-1', '--json'), {
        ...environment,
        ...cloudTrailEnvironment(server),
      });

    it("asks CloudTrail's event history", async () => {
      server.events = [...calls];
      expect(reportOf(await lookUp())).toMatchObject({ findings: [], calls: { examined: calls.length } });
      server.refusal = 'AccessDeniedException';
      const { exitCode, stdout } = await lookUp();
      expect([exitCode, JSON.parse(stdout)]).toEqual([
        2,
        {
          outcome: 'could-not-run',
          error: 'CloudTrail does not answer LookupEvents (AccessDeniedException)',
        },
      ]);
    }, 60_000);

    it('ends at Ctrl-C, and shows nothing of what it has read', async () => {
      Object.assign(server, { refusal: undefined, throttled: 1000 });
      server.requests.length = 0;
      let interrupt: (signal?: NodeJS.Signals) => void = () => undefined;
      const args = windowed('--region', 'us-east-1', '--json');
      const running = cli.run(args, { ...environment, ...cloudTrailEnvironment(server) }, (kill) => {
        interrupt = kill;
      });
      while (server.requests.length === 0) await new Promise(setImmediate);
      interrupt('SIGINT');
      const { exitCode, signal, stdout } = await running;
      expect([exitCode, signal, JSON.parse(stdout)]).toEqual([
        2,
        null,
        { outcome: 'could-not-run', error: 'interrupted; nothing was changed' },
      ]);
    }, 60_000);
  });

  it('is in the trail itself, under the name of the operator', async () => {
    const before = await reconciliations();
    await reconcile({ [path('a')]: trailFile(calls) }, '--operator', 'privacy-officer');
    const event = (await reconciliations()).find(({ id }) => !before.some((known) => known.id === id));
    expect(event).toMatchObject({
      outcome: '0',
      origin: { agent: { subject: 'privacy-officer', issuer: 'phi-cli' } },
      job: { step: 'completed', examined: calls.length, failed: 0 },
    });
  });
  const reconciliations = async () =>
    (await readAuditEvents(service.platform.table)).filter(({ type }) => type === 'audit-reconcile');

  it('prints nothing that somebody wrote into the request', async () => {
    const search = new LeakSearch(canaries);
    const marked = Object.values(canaries).join(' ');
    const parameters = {
      encryptionContext: { [marked]: marked, 'aws-crypto-ec:patient_id': marked, type: marked },
    };
    const leaking = {
      ...cloudTrailRecord('decrypt', { at: from, keyArn: await service.platform.keyStore.currentKmsKey() }),
      requestParameters: parameters,
      userAgent: marked,
      sourceIPAddress: marked,
      errorMessage: marked,
      errorCode: marked,
      userIdentity: { type: marked, arn: marked, userName: marked, invokedBy: marked },
    };
    for (const more of [[], ['--json']]) {
      const { stdout, stderr, exitCode } = await reconcile({ [path('a')]: trailFile([leaking]) }, ...more);
      expect(exitCode).toBe(1);
      expect(search.in(stdout + stderr)).toEqual([]);
    }
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['no window', [], /--from/],
    ['a time without a zone', ['--from', '2026-11-21T08:00:00'], /a time with its zone/],
    [
      'a window that ends before it begins',
      ['--from', '2026-11-21', '--to', '2026-11-20'],
      /--from must be before --to/,
    ],
    [
      'a window that has not begun',
      ['--from', new Date(Date.now() - minute).toISOString()],
      /--from must be before --to/,
    ],
    ['a bucket that is none', ['--from', '2026-11-21', '--trail', 's3://'], /s3:\/\/bucket\/prefix/],
    ['a pattern that is no ARN', ['--from', '2026-11-21', '--principal', '*'], /ARN/],
    // On AWS there always is one.
    ...(testConfig.platform === 'aws'
      ? []
      : [['no Region to ask', ['--from', '2026-11-20', '--to', '2026-11-21'], /give --region/] as const]),
    ['a folder that is not there', ['--from', '2026-11-21', '--trail', '/mistyped'], /folder cannot be read/],
  ])('cannot run with %s', async (_, args, told) => {
    const { exitCode, stdout, stderr } = await cli.run(
      ['audit', 'reconcile', ...args, '--json'],
      environment,
    );
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      2,
      expect.objectContaining({ outcome: 'could-not-run' }),
    ]);
    expect(stderr).toMatch(told);
  });

  it('tells how it is used', async () => {
    const { exitCode, stdout } = await cli.run(['audit', 'reconcile', '--help']);
    expect(exitCode).toBe(0);
    for (const part of ['--trail', '--principal', '--region', '$ phi audit reconcile', 'Exit codes:']) {
      expect(stdout).toContain(part);
    }
  });
});
