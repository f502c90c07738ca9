import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { breakGlass, clinicianOf } from '../../../../test/support/emergency.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../../../../test/support/phi-client.js';
import { type Service } from '../../../../test/support/service.js';
import { type MaintenanceJobRun } from '../maintenance/maintenance-job.js';
import { openPatientRecords } from '../open-patient-records.js';

const queue = '/v1/audit/emergency-accesses';
const dayMilliseconds = 24 * 60 * 60 * 1000;

let service: Service;
let officer: PhiClient;
beforeAll(async () => {
  service = await startListening();
  officer = await clientOf(service, { scope: 'phi/review', subject: 'officer' });
});
afterAll(() => service.stop());

/** Nobody waits: a wait sets the clock ahead. */
let ahead = 0;
const wait = async (milliseconds: number): Promise<void> => {
  ahead += milliseconds;
};
const run = (): MaintenanceJobRun => ({
  origin: { networkAddress: '', requestId: 'maintenance' },
  ratePerSecond: 100_000,
  signal: new AbortController().signal,
  clock: { now: () => Date.now() + ahead, wait },
  keyCacheSeconds: 1,
  parameterRefreshSeconds: 1,
  onProgress: () => undefined,
});

describe('a new index root and new keys', () => {
  it('reach grants, reasons and the queue: nothing is left under the old ones, and all of it is read', async () => {
    const patient = (await succeeded((await clientOf(service)).post('/v1/patients', {}))).body.id;
    const clinician = await clinicianOf(service, 'clinician');
    const held = await breakGlass(clinician, patient, 'Before the change.');
    const closed = await breakGlass(await clinicianOf(service, 'closed'), patient);
    const comment = 'Also before.';
    await succeeded(officer.post(`${queue}/${closed.id}/review`, { finding: 'undetermined', comment }));
    const terms = { keyCacheTtlSeconds: 1, keyStoreBackupDays: 0 };
    const { keyMaintenance } = openPatientRecords(service.platform, [], terms);
    expect(await keyMaintenance.reindex(run())).toMatchObject({ outcome: 'waiting' });
    // Requests and cursors of before are over by then.
    await wait(2 * dayMilliseconds);
    const report = await keyMaintenance.reindex(run());
    expect(report).toMatchObject({ outcome: 'done', failed: 0, skipped: 0 });
    await keyMaintenance.rotate(run());
    expect(await keyMaintenance.reEncrypt(run())).toMatchObject({ failed: 0 });

    const status = await keyMaintenance.status(run(), () => undefined);
    expect(Object.keys(status.seals)).toEqual(['2']);
    expect([status.damaged, status.messages.underOlderKey]).toEqual([0, 0]);
    expect((await clinician.get(`/v1/patients/${patient}`)).status).toBe(200);
    const readCase = async (id: string) => (await succeeded(officer.get(`${queue}/${id}`))).body;
    expect(await readCase(held.id)).toMatchObject({ status: 'open', reason: 'Before the change.' });
    expect(await readCase(closed.id)).toMatchObject({ status: 'reviewed', comment });
  });
});
