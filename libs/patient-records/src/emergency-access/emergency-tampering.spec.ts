import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { subjectToken } from '@app/authentication';
import { publicKeysByName, verifyTrail } from '@app/audit';
import { type PhiItem, type TableWrite } from '@app/phi-table';
import { auditTrail } from '../../../../test/support/audit-recording.js';
import {
  breakGlass,
  clinicianOf,
  emergency,
  entryAt,
  grantOf as grantRow,
} from '../../../../test/support/emergency.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../../../../test/support/phi-client.js';
import { type Service } from '../../../../test/support/service.js';
import { recordCensus } from '../stored-versions.js';
import { keys } from '../keys.js';
import { grantItem, grantOf } from './emergency-grant.js';

const queue = '/v1/audit/emergency-accesses';
const past = '2026-01-05T09:30:00.000Z';

let service: Service;
let system: PhiClient;
let officer: PhiClient;
let clinician: PhiClient;
let patient: string;
let people = 0;

beforeAll(async () => {
  service = await startListening({ PHI_EMERGENCY_ACCESSES_PER_HOUR: '0' });
  system = await clientOf(service);
  officer = await clientOf(service, { scope: 'phi/review', subject: 'officer' });
});
afterAll(() => service.stop());
beforeEach(async () => {
  clinician = await clinicianOf(service, `clinician-${(people += 1)}`);
  patient = (await succeeded(system.post('/v1/patients', {}))).body.id;
});

const put = (item: PhiItem): Promise<void> => service.platform.table.transactWrite([{ type: 'put', item }]);
const reads = async (by = clinician, id = patient) => (await by.get(`/v1/patients/${id}`)).status;
const alarms = async () =>
  (await auditTrail(service.platform)).filter(({ type }) => type === 'integrity-alarm').length;

/** Raises one alarm. */
async function expectFound(answer: Promise<{ status: number; body: object }>): Promise<void> {
  const before = await alarms();
  expect(await answer).toMatchObject({ status: 500, body: { type: '/problems/integrity-failure' } });
  expect(await alarms()).toBe(before + 1);
}

describe('an emergency access that is over', () => {
  /** Only who has the key of the seals can write it: it stands for the passing of time. */
  async function letItEnd(): Promise<PhiItem> {
    const row = await grantRow(service, patient);
    const ended = grantItem(service.platform.rowSeal, patient, { ...grantOf(row), expiresAt: past });
    // The row is there all the same: a store removes what has expired days late.
    const { expiresAt: _, ...kept } = ended;
    await put(kept);
    return row;
  }

  it('opens nothing although its row is still there', async () => {
    await breakGlass(clinician, patient);
    expect(await reads()).toBe(200);
    await letItEnd();
    expect(await reads()).toBe(404);
    expect((await grantRow(service, patient)).attributes['expiresAt']).toBe(past);
    const { origin, refusal } = (await auditTrail(service.platform)).at(-1)!;
    expect(refusal?.problem).toBe('out-of-reach');
    expect(origin).not.toHaveProperty('emergencyAccessId');
  });

  it('makes room for another one, with an entry of its own', async () => {
    const first = await breakGlass(clinician, patient);
    await letItEnd();
    const again = await clinician.post(`/v1/patients/${patient}/emergency-access`, emergency('Again.'));
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(first.id);
    expect(await reads()).toBe(200);
    const open = (await officer.get(queue)).body.items.map(({ id }) => id);
    expect(open.slice(0, 2)).toEqual([again.body.id, first.id]);
  });

  it('is found when somebody lengthens it, and when he puts it back', async () => {
    await breakGlass(clinician, patient);
    const row = await letItEnd();
    const lengthened = { ...row, attributes: { ...row.attributes, expiresAt: '2099-01-01T00:00:00.000Z' } };
    await put(lengthened);
    await expectFound(clinician.get(`/v1/patients/${patient}`));
    await expectFound(clinician.post(`/v1/patients/${patient}/emergency-access`, emergency()));
  });
});

describe('an emergency access in another place', () => {
  it('opens no other patient', async () => {
    await breakGlass(clinician, patient);
    const row = await grantRow(service, patient);
    const other = (await succeeded(system.post('/v1/patients', {}))).body.id;
    await put({ ...row, ...keys.grant(other, row.sort.slice('GRANT#'.length)) });
    await expectFound(clinician.get(`/v1/patients/${other}`));
  });

  it('serves no other person', async () => {
    await breakGlass(clinician, patient);
    const { attributes } = await grantRow(service, patient);
    const issuer = attributes['issuer'] as string;
    const thief = await clinicianOf(service, 'thief');
    const key = keys.grant(patient, subjectToken({ issuer, subject: 'thief' }));
    await put({ ...key, attributes: { ...attributes, subject: 'thief' } });
    await expectFound(thief.get(`/v1/patients/${patient}`));
  });
});

describe('the queue of emergency accesses', () => {
  const verify = () => {
    const { table, checkpointSigner } = service.platform;
    const ports = {
      table,
      publicKeys: publicKeysByName([checkpointSigner.publicKey]),
      records: recordCensus(service.platform),
    };
    return verifyTrail(ports, { retentionDays: 2192, indexLagSeconds: 0 });
  };
  const messagesOf = async (id: string) =>
    (await verify()).findings
      .map(({ message }) => message.replaceAll(patient, 'P').replaceAll(id, 'E'))
      .filter((message) => message.includes('E'));
  const entry = async (status: 'open' | 'reviewed', id: string) =>
    (await service.platform.table.get(entryAt(status, id))) as PhiItem;
  const changed = async (...writes: TableWrite[]) => service.platform.table.transactWrite(writes);

  it('is what the trail says', async () => {
    const { id } = await breakGlass(clinician, patient);
    expect(await messagesOf(id)).toEqual([]);
    await succeeded(
      officer.post(`${queue}/${id}/review`, { finding: 'appropriate', comment: 'Looked into.' }),
    );
    expect(await messagesOf(id)).toEqual([]);
  });

  it('misses an entry that was taken out, and a reason', async () => {
    const { id } = await breakGlass(clinician, patient);
    const kept = await entry('open', id);
    await changed({ type: 'delete', key: entryAt('open', id) });
    expect(await messagesOf(id)).toEqual([
      'emergency access E to patient P was removed from the review queue',
    ]);
    await put(kept);
    const { table } = service.platform;
    const text = (await table.get(keys.emergencyText(patient, id))) as PhiItem;
    await changed({ type: 'delete', key: keys.emergencyText(patient, id) });
    expect(await messagesOf(id)).toEqual(['record E of patient P was removed: the trail knows version 1']);
    await expectFound(officer.get(`${queue}/${id}`));
    await put(text);
    expect(await messagesOf(id)).toEqual([]);
  });

  it('notices a review that was taken back', async () => {
    const { id } = await breakGlass(clinician, patient);
    const before = await entry('open', id);
    await succeeded(officer.post(`${queue}/${id}/review`, { finding: 'inappropriate' }));
    const reviewed = await entry('reviewed', id);
    await changed({ type: 'delete', key: entryAt('reviewed', id) }, { type: 'put', item: before });
    expect(await messagesOf(id)).toEqual([
      'emergency access E to patient P was put back into the review queue: the trail says that it was reviewed',
    ]);
    await changed({ type: 'delete', key: entryAt('open', id) }, { type: 'put', item: reviewed });
    expect(await messagesOf(id)).toEqual([]);
  });

  it('shows no entry that was changed, or moved to where the reviewed ones are', async () => {
    const { id } = await breakGlass(clinician, patient);
    const kept = await entry('open', id);
    const text = (kept.attributes['access'] as string).replace(`clinician-${people}`, 'somebody-else');
    await put({ ...kept, attributes: { ...kept.attributes, access: text } });
    await expectFound(officer.get(queue));
    await expectFound(officer.get(`${queue}/${id}`));
    await changed(
      { type: 'delete', key: entryAt('open', id) },
      { type: 'put', item: { ...kept, ...entryAt('reviewed', id) } },
    );
    await expectFound(officer.get(`${queue}?status=reviewed`));
    await expectFound(officer.post(`${queue}/${id}/review`, { finding: 'appropriate' }));
    await changed({ type: 'delete', key: entryAt('reviewed', id) }, { type: 'put', item: kept });
  });
});
