import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  cloudTrailRecord,
  creationRecords,
  type RecordValues,
} from '../../../../test/support/cloudtrail-records.js';
import type { AuditEvent } from '../audit-event.js';
import { TrailInThePast } from './spec-support.js';

const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/6d0c0f2e-7a54-4f0e-9d3b-0a1f5a6c7e10';
const foreignKey = 'arn:aws:kms:us-east-1:999988887777:key/5e5e0000-7a54-4f0e-9d3b-0a1f5a6c7e10';
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 21, 12);
const window = { from: noon - 6 * hour, to: noon + 6 * hour };

describe('CloudTrail held against the trail', () => {
  let trail: TrailInThePast;
  let patientId: string;
  beforeEach(async () => {
    trail = new TrailInThePast();
    patientId = randomUUID();
    await trail.patient(patientId);
  });
  afterEach(() => trail.remove());

  const decrypt = (at: number, values: Partial<RecordValues> = {}) =>
    cloudTrailRecord('decrypt', { at, patientId, ...values });
  const read = (at: number, more: Partial<AuditEvent> = {}) =>
    trail.event(at, { type: 'patient-read', patientId, ...more });
  const run = (
    records: readonly object[],
    options: Partial<Parameters<TrailInThePast['reconcile']>[1]> = {},
  ) => trail.reconcile(records, { ...window, keyArns: [keyArn], ...options });

  describe('a decrypt', () => {
    it('is explained by the access that it was made for', async () => {
      await read(noon + 240);
      const report = await run([decrypt(noon)]);
      expect(report).toMatchObject({
        outcome: 'reconciled',
        findings: [],
        explained: { accesses: 1 },
        unrelated: 0,
      });
    });

    it.each([
      ['just before', -4 * second, true],
      ['a slow request later', 30 * second, true],
      ['while the key was in the cache', 4 * minute, false],
      ['hours later', 3 * hour, false],
      ['a minute before', -minute, false],
    ])('with an access %s (%i ms): explained, %s', async (_, offset, explained) => {
      await read(noon + offset);
      const { findings } = await run([decrypt(noon)]);
      expect(findings.map(({ reasons }) => reasons)).toEqual(explained ? [] : [['no-event']]);
    });

    it('without any access is listed, with what is needed to find it in CloudTrail', async () => {
      const record = decrypt(noon, { session: 'jordan' });
      const { outcome, findings } = await run([record]);
      expect(outcome).toBe('findings');
      expect(findings).toEqual([
        {
          reasons: ['no-event'],
          operation: 'Decrypt',
          at: '2026-11-21T12:00:00.000Z',
          eventId: record.eventID,
          region: 'us-east-1',
          patientId,
          principal: 'arn:aws:iam::111122223333:role/phi-api-task',
          session: 'arn:aws:sts::111122223333:assumed-role/phi-api-task/jordan',
          sourceAddress: '10.0.12.34',
          notes: [],
        },
      ]);
    });

    it("is not explained by another patient's access", async () => {
      const other = randomUUID();
      await trail.patient(other);
      await trail.event(noon, { type: 'patient-read', patientId: other });
      expect((await run([decrypt(noon)])).findings).toMatchObject([{ patientId, reasons: ['no-event'] }]);
    });

    it('is one for each access and process: a second one at the same time is listed', async () => {
      await read(noon + 100);
      const { findings, explained } = await run([decrypt(noon), decrypt(noon + 2 * second)]);
      expect(findings).toMatchObject([{ reasons: ['more-than-events'], at: '2026-11-21T12:00:02.000Z' }]);
      expect(explained.accesses).toBe(1);
      // Two instances that serve two requests ask for the key each.
      await read(noon + 150);
      expect((await run([decrypt(noon), decrypt(noon + 2 * second)])).findings).toEqual([]);
    });

    it('of several key versions may serve one access: the history of a patient', async () => {
      await read(noon + 100);
      const rows = [1, 2, 3].map(() => ({ type: `branch:version:${randomUUID()}` }));
      const records = [decrypt(noon), ...rows.map((row) => decrypt(noon, { row }))];
      expect((await run(records)).explained.accesses).toBe(4);
    });

    it.each<[string, Partial<AuditEvent>, boolean]>([
      [
        'a conflict at the commit',
        { type: 'refusal', refusal: { problem: 'x', status: 412, method: 'PUT', route: '/' } },
        true,
      ],
      [
        'a failure of ours',
        { type: 'refusal', refusal: { problem: 'x', status: 503, method: 'PUT', route: '/' } },
        true,
      ],
      ['an integrity alarm', { type: 'integrity-alarm', outcome: '12' }, true],
      [
        'a refusal at the door',
        { type: 'refusal', refusal: { problem: 'x', status: 403, method: 'GET', route: '/' } },
        false,
      ],
      [
        'one out of reach',
        { type: 'refusal', refusal: { problem: 'x', status: 404, method: 'GET', route: '/' } },
        false,
      ],
      ['a look at the care team', { type: 'care-team-read' }, false],
      ['a look at the disclosures', { type: 'disclosures-read' }, false],
      ['a rotation of the key', { type: 'key-rotate' }, false],
    ])('beside %s', async (_, event, explained) => {
      await read(noon + 100, event);
      expect((await run([decrypt(noon)])).findings).toHaveLength(explained ? 0 : 1);
    });

    it('again and again is explained while an export lasts, or a job on the patient', async () => {
      await read(noon, { type: 'export' });
      const rows = Array.from({ length: 10 }, (_, n) => decrypt(noon + n * minute));
      expect((await run(rows)).explained).toMatchObject({ longAccesses: 10 });
      expect((await run([...rows, decrypt(noon + 20 * minute)])).findings).toHaveLength(1);
    });

    it('during a job over everybody is counted apart, as the weakest explanation', async () => {
      const job = { examined: 0, changed: 0, failed: 0 };
      await trail.event(noon - 20 * hour, { type: 'record-rescreen', job: { ...job, step: 'begun' } });
      await trail.event(noon + hour, { type: 'record-rescreen', job: { ...job, step: 'completed' } });
      const report = await run([decrypt(noon), decrypt(noon + 2 * hour)]);
      expect(report.explained.duringJobs).toBe(1);
      expect(report.findings).toMatchObject([{ at: '2026-11-21T14:00:00.000Z' }]);
    });

    it('is not hidden by a job that was killed and begun again', async () => {
      const job = { examined: 0, changed: 0, failed: 0 };
      await trail.event(noon - 2 * hour, { type: 'record-rescreen', job: { ...job, step: 'begun' } });
      await trail.event(noon - hour, { type: 'record-rescreen', job: { ...job, step: 'begun' } });
      await trail.event(noon - minute, { type: 'record-rescreen', job: { ...job, step: 'completed' } });
      expect((await run([decrypt(noon)])).findings).toHaveLength(1);
    });

    it('beside a search of others says so: it may have opened the patient to compare', async () => {
      await trail.event(noon + second, { type: 'patient-query', query: ['family', 'birthDate'], count: 0 });
      const { findings } = await run([decrypt(noon)]);
      expect(findings).toMatchObject([
        { reasons: ['no-event'], notes: [expect.stringContaining('a search ran')] },
      ]);
    });

    it('of an erased patient says that somebody has a copy of his key', async () => {
      await trail.patient(patientId, { erased: true });
      await trail.event(noon - 2 * minute, { type: 'patient-erase', patientId });
      const { findings } = await run([decrypt(noon)]);
      expect(findings).toMatchObject([{ reasons: ['no-event'], notes: [expect.stringContaining('erased')] }]);
    });
  });

  describe('a key that is made', () => {
    it('is explained by the creation of the patient, as is its first use', async () => {
      await read(noon + 300, { type: 'patient-create' });
      const report = await run(creationRecords({ at: noon, patientId }));
      expect(report).toMatchObject({ findings: [], explained: { accesses: 1, keyWork: 3 } });
    });

    it('without a creation is listed', async () => {
      await read(noon + 300);
      const { findings } = await run(creationRecords({ at: noon, patientId }));
      expect(findings.map(({ operation, reasons }) => [operation, reasons])).toEqual([
        ['GenerateDataKeyWithoutPlaintext', ['no-event']],
        ['ReEncrypt', ['no-event']],
        ['GenerateDataKeyWithoutPlaintext', ['no-event']],
      ]);
    });

    it('for a patient who was then refused is counted', async () => {
      const report = await run(creationRecords({ at: noon, patientId: randomUUID() }));
      expect(report).toMatchObject({ findings: [], explained: { refusedCreations: 4 } });
    });

    it('a moment before the window explains what follows in it', async () => {
      const records = creationRecords({ at: window.from - second, patientId: randomUUID() });
      const later = records
        .slice(2)
        .map((record) => ({ ...record, eventTime: new Date(window.from).toISOString() }));
      const report = await run([...records.slice(0, 2), ...later]);
      expect(report).toMatchObject({
        calls: { examined: 2 },
        findings: [],
        explained: { refusedCreations: 2 },
      });
    });

    it('does not make a decrypt hours later one of its own', async () => {
      const nobody = randomUUID();
      const { findings } = await run([
        ...creationRecords({ at: noon, patientId: nobody }),
        decrypt(noon + hour, { patientId: nobody }),
      ]);
      expect(findings).toMatchObject([{ reasons: ['no-such-patient'], patientId: nobody }]);
    });

    it('or wrapped anew is explained by a rotation', async () => {
      await read(noon + 300, { type: 'key-rotate' });
      const [generated, wrapped] = creationRecords({ at: noon, patientId });
      const authenticated = cloudTrailRecord('re-encrypt', {
        at: noon,
        patientId,
        row: { type: 'branch:ACTIVE' },
      });
      const report = await run([authenticated, generated!, wrapped!]);
      expect(report).toMatchObject({ findings: [], explained: { keyWork: 3 } });
    });

    it('wrapped under a KMS key that is none of ours is listed, whatever else happened', async () => {
      await read(noon + 300, { type: 'key-rotate' });
      const stolen = cloudTrailRecord('re-encrypt', { at: noon, patientId, destinationKeyArn: foreignKey });
      expect((await run([stolen])).findings).toMatchObject([{ reasons: ['to-other-key'] }]);
      // One that the operator names is ours.
      expect((await run([stolen], { keyArns: [keyArn, foreignKey] })).findings).toEqual([]);
    });
  });

  describe('a call', () => {
    const isExpected = (arn: string) => /:role\/phi-api-/.test(arn);

    it('by a principal that is not expected is listed, also at the time of an access, and takes none away', async () => {
      await read(noon + 100);
      const records = [decrypt(noon, { roleName: 'analyst', session: 'jordan' }), decrypt(noon)];
      const { findings, explained, principals } = await run(records, { isExpected });
      expect(findings).toMatchObject([
        { reasons: ['other-principal'], principal: 'arn:aws:iam::111122223333:role/analyst' },
      ]);
      expect(explained.accesses).toBe(1);
      expect(principals).toEqual([
        { principal: 'arn:aws:iam::111122223333:role/analyst', calls: 1 },
        { principal: 'arn:aws:iam::111122223333:role/phi-api-task', calls: 1 },
      ]);
    });

    it('that KMS refused is listed: with a wrong context, and denied', async () => {
      const records = [
        cloudTrailRecord('decrypt-invalid-ciphertext', { at: noon, patientId }),
        cloudTrailRecord('decrypt-access-denied', { at: noon + second }),
        cloudTrailRecord('decrypt-access-denied', { at: noon, keyArn: foreignKey }),
      ];
      const { findings, unrelated } = await run(records);
      expect(findings.map(({ errorCode, reasons }) => [errorCode, reasons])).toEqual([
        ['InvalidCiphertextException', ['refused']],
        ['AccessDenied', ['refused']],
      ]);
      expect(unrelated).toBe(1);
    });

    it('that was refused without naming a key is said to be unclear', async () => {
      const denied = { ...cloudTrailRecord('decrypt-access-denied', { at: noon }), errorMessage: 'denied' };
      const { refusedWithoutKey, blindSpots, findings } = await run([denied]);
      expect([refusedWithoutKey, findings]).toEqual([1, []]);
      expect(blindSpots.join()).toContain('name neither a key nor a patient');
    });

    it('that was throttled is no attempt', async () => {
      const throttled = { ...decrypt(noon), errorCode: 'ThrottlingException' };
      expect(await run([throttled])).toMatchObject({ findings: [], notServed: 1 });
    });

    it('for other keys and other patients is none of ours', async () => {
      const records = [
        cloudTrailRecord('decrypt-of-secrets-manager', { at: noon }),
        decrypt(noon, { patientId: randomUUID(), keyArn: foreignKey }),
        cloudTrailRecord('describe-key', { at: noon }),
        cloudTrailRecord('get-object', { at: noon }),
      ];
      expect(await run(records)).toMatchObject({ findings: [], unrelated: 2, calls: { examined: 2 } });
    });

    it('for our patient is ours under whatever key: an older one, from a copy of the key store', async () => {
      expect((await run([decrypt(noon, { keyArn: foreignKey })])).findings).toHaveLength(1);
    });

    it('under our key, for nobody of ours, is listed without what stood there', async () => {
      const { findings } = await run([
        decrypt(noon, { patientId: 'Zyxwquell' }),
        decrypt(noon, { patientId: randomUUID() }),
      ]);
      expect(findings.map(({ reasons }) => reasons)).toEqual([['no-such-patient'], ['no-such-patient']]);
      expect(JSON.stringify(findings)).not.toContain('Zyxwquell');
    });

    it('that was delivered twice, also in two Regions, counts once', async () => {
      await read(noon + 100);
      const once = decrypt(noon, { region: 'eu-central-1' });
      expect(await run([once, { ...once }, { ...once }])).toMatchObject({
        calls: { examined: 1, duplicates: 2 },
        findings: [],
      });
    });

    it('outside of the window is not judged', async () => {
      const report = await run([decrypt(window.from - second), decrypt(window.to)]);
      expect(report).toMatchObject({ calls: { examined: 0 }, findings: [] });
    });

    it('before the window takes the access that it was made for', async () => {
      await read(window.from - 500);
      const report = await run([decrypt(window.from - second), decrypt(window.from)]);
      expect(report.findings).toMatchObject([{ reasons: ['more-than-events'] }]);
    });
  });

  it('says what it could not see', async () => {
    const { blindSpots } = await run([], { now: window.to + minute });
    expect(blindSpots).toEqual([
      expect.stringContaining('what happened after 2026-11-21T17:46:00.000Z may not be there yet'),
      expect.stringContaining('No call for a key of ours was found'),
    ]);
    await read(noon);
    expect((await run([decrypt(noon)])).blindSpots).toEqual([]);
    const expired = await run([decrypt(noon)], { retentionDays: 30, now: noon + 31 * 24 * hour });
    expect(expired.blindSpots).toEqual([
      expect.stringContaining('from before 2026-11-22T12:00:00.000Z have expired'),
    ]);
  });

  it('counts records that cannot be read', async () => {
    const report = await run([{ ...decrypt(noon), eventID: 'x' }]);
    expect(report.calls).toMatchObject({ examined: 0, damaged: 1 });
    expect(report.blindSpots.join()).toContain('1 records could not be read');
  });

  it('ends when it is interrupted', async () => {
    await expect(run([decrypt(noon)], { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});
