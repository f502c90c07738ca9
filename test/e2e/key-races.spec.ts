import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditTrail } from '@app/audit';
import { type KeyMaintenance, type MaintenanceJobRun, openPatientRecords } from '@app/patient-records';
import { type Answer, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { type Service } from '../support/service.js';
import { messagesWithoutTheirHash } from '../support/stored-rows.js';

/** Runs once: between the moment that somebody has read the rows of a patient, and the moment that he writes them. */
let beforeRowsAreWritten: (() => Promise<unknown>) | undefined;

function interruptible(audit: AuditTrail): AuditTrail {
  return new Proxy(audit, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'transactWrite') return member.bind(target);
      return async (...[writes, events]: Parameters<AuditTrail['transactWrite']>) => {
        const [first] = writes;
        const ofPatient = first?.type === 'put' && first.item.partition.startsWith('PATIENT#');
        const interrupt = ofPatient ? beforeRowsAreWritten : undefined;
        if (interrupt !== undefined) {
          beforeRowsAreWritten = undefined;
          await interrupt();
        }
        return target.transactWrite(writes, events);
      };
    },
  });
}

describe('a change that a key job overtakes', () => {
  let service: Service;
  let client: PhiClient;
  let keyMaintenance: KeyMaintenance;
  let path: string;
  let recordPath: string;
  const record = { recordType: 'Observation', content: {}, recordedAt: '2026-01-05T09:30:00.000Z' };
  /** A clock far ahead: no instance has a key of before. */
  const run: MaintenanceJobRun = {
    origin: { networkAddress: '', requestId: 'race' },
    ratePerSecond: 100_000,
    signal: new AbortController().signal,
    clock: { now: () => Date.now() + (ahead += 1000) * 1000, wait: async () => undefined },
    keyCacheSeconds: 1,
    parameterRefreshSeconds: 3600,
    onProgress: () => undefined,
  };
  let ahead = 0;

  beforeEach(async () => {
    service = await startListening({}, undefined, (platform) => ({
      ...platform,
      audit: interruptible(platform.audit),
    }));
    client = await clientOf(service);
    const terms = { keyCacheTtlSeconds: 1, keyStoreBackupDays: 0 };
    ({ keyMaintenance } = openPatientRecords(service.platform, [], terms));
    const { id } = (await succeeded(client.post('/v1/patients', { notes: 'first' }))).body;
    path = `/v1/patients/${id}`;
    recordPath = `${path}/records/${(await succeeded(client.post(`${path}/records`, record))).body.id}`;
  });
  afterEach(async () => {
    beforeRowsAreWritten = undefined;
    await service.stop();
  });

  const replaceKeys = async () => {
    expect(await keyMaintenance.rotate(run)).toMatchObject({ outcome: 'done', changed: 1 });
    expect(await keyMaintenance.reEncrypt(run)).toMatchObject({ outcome: 'done', changed: 2, failed: 0 });
  };

  const changes: [string, () => Promise<Answer>][] = [
    ['replacing a patient', () => client.put(path, { notes: 'second' }, { 'if-match': '"1"' })],
    ['changing a patient', () => client.patch(path, { notes: 'second' }, { 'if-match': '"1"' })],
    ['deleting a patient', () => client.delete(path, { 'if-match': '"1"' })],
    ['replacing a record', () => client.put(recordPath, record, { 'if-match': '"1"' })],
    ['deleting a record', () => client.delete(recordPath, { 'if-match': '"1"' })],
  ];

  it.each(changes)('%s goes through and keeps the message that the trail names', async (_, change) => {
    beforeRowsAreWritten = replaceKeys;
    expect((await change()).status).toBeLessThan(300);
    expect(beforeRowsAreWritten).toBeUndefined();
    expect(await messagesWithoutTheirHash(service.platform)).toEqual([]);
    const { messages, damaged } = await keyMaintenance.status(run, () => undefined);
    expect({ ...messages, damaged }).toMatchObject({ underOlderKey: 0, damaged: 0 });
  });

  it.each(changes)('%s is still refused when it is a client that was first', async (_, change) => {
    beforeRowsAreWritten = async () => {
      await succeeded(client.put(path, { notes: 'another' }, { 'if-match': '"1"' }));
      await succeeded(client.put(recordPath, record, { 'if-match': '"1"' }));
    };
    expect((await change()).status).toBe(412);
  });

  it('is met again by the job when the client was first', async () => {
    await keyMaintenance.rotate(run);
    beforeRowsAreWritten = () => succeeded(client.put(path, { notes: 'second' }, { 'if-match': '"1"' }));
    expect(await keyMaintenance.reEncrypt(run)).toMatchObject({ outcome: 'done', failed: 0 });
    const { messages } = await keyMaintenance.status(run, () => undefined);
    expect(messages).toEqual({ underActiveKey: 3, underOlderKey: 0 });
    expect(await messagesWithoutTheirHash(service.platform)).toEqual([]);
  });

  it('is encrypted anew only when no instance can have the key of before in memory', async () => {
    let now = Date.now();
    let waited = 0;
    const wait = async (milliseconds: number) => {
      now += milliseconds;
      waited += milliseconds;
    };
    const patient = { ...run, clock: { now: () => now, wait }, keyCacheSeconds: 300 };
    await keyMaintenance.rotate(patient);
    let waitedFirst = 0;
    beforeRowsAreWritten = async () => (waitedFirst = waited);
    expect(await keyMaintenance.reEncrypt(patient)).toMatchObject({ outcome: 'done', changed: 2 });
    expect(waitedFirst).toBeGreaterThanOrEqual(300_000);
    expect(await keyMaintenance.reEncrypt(patient)).toMatchObject({ outcome: 'done', changed: 0 });
    expect(waited).toBe(waitedFirst);
  });
});
