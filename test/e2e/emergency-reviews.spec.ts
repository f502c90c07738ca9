import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalIssuer } from '@app/authentication';
import { auditTrail } from '../support/audit-recording.js';
import { breakGlass, clinicianOf, clinicianScope, entryAt, grantOf } from '../support/emergency.js';
import { allPages, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

const queue = '/v1/audit/emergency-accesses';
const reviewScope = 'phi/review';

let service: Service;
let system: PhiClient;
let officer: PhiClient;
let clinician: PhiClient;
let patient: string;
let people = 0;

beforeAll(async () => {
  service = await startListening({ PHI_EMERGENCY_ACCESSES_PER_HOUR: '0' });
  system = await clientOf(service);
  officer = await clientOf(service, { scope: reviewScope, subject: 'officer' });
});
afterAll(() => service.stop());
beforeEach(async () => {
  clinician = await clinicianOf(service, `clinician-${(people += 1)}`);
  patient = (await succeeded(system.post('/v1/patients', {}))).body.id;
});

const listed = (status: string, limit = 50) =>
  allPages((cursor) =>
    officer.get(`${queue}?status=${status}&limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`),
  );
const idsOf = async (status: string, limit?: number) => (await listed(status, limit)).map(({ id }) => id);
const review = (id: string, body: object = { finding: 'appropriate' }, by = officer) =>
  by.post(`${queue}/${id}/review`, body);
const eventsOf = async (id: string) =>
  (await auditTrail(service.platform)).filter(({ emergencyAccess }) => emergencyAccess?.id === id);
const erase = async (id: string) => {
  const eraser = await clientOf(service, { scope: 'phi/erase' });
  await succeeded(eraser.post(`/v1/patients/${id}/erase`, { confirm: id, reason: 'patient-request' }));
};

describe('the queue', () => {
  it('holds each emergency access until it is reviewed, newest first, page by page', async () => {
    const opened: string[] = [];
    for (let n = 0; n < 7; n++) {
      const by = await clinicianOf(service, `queued-${n}`);
      opened.push((await breakGlass(by, patient)).id);
    }
    const newestFirst = (ids: string[]) => ids.filter((id) => opened.includes(id));
    const byTime = [...opened].sort().toReversed();
    for (const limit of [50, 3]) expect(newestFirst(await idsOf('open', limit))).toEqual(byTime);
    expect((await officer.get(queue)).body.items.map(({ id }) => id)).toEqual(await idsOf('open', 20));

    await succeeded(review(opened[3] as string));

    expect(newestFirst(await idsOf('open'))).toEqual(byTime.filter((id) => id !== opened[3]));
    expect(newestFirst(await idsOf('reviewed'))).toEqual([opened[3]]);
  });

  it('shows who, whom, when and why in codes, and no text', async () => {
    const access = await breakGlass(clinician, patient, 'A reason in words.');
    const { items } = (await succeeded(officer.get(`${queue}?limit=1`))).body;
    expect(items).toEqual([
      {
        id: access.id,
        patientId: patient,
        holder: {
          issuer: LocalIssuer.issuer,
          subject: `clinician-${people}`,
          clientId: 'phi-development',
        },
        purpose: 'ETREAT',
        grantedAt: access['grantedAt'],
        expiresAt: access['expiresAt'],
        status: 'open',
      },
    ]);
    expect((await auditTrail(service.platform)).at(-1)).toMatchObject({
      type: 'audit-query',
      query: ['emergency-access', 'status'],
      count: 1,
      origin: { agent: { subject: 'officer' } },
    });
  });

  it('is for reviewers alone', async () => {
    const { id } = await breakGlass(clinician, patient);
    for (const scope of ['system/*.cruds', 'user/*.cruds user/AuditEvent.rs', clinicianScope, 'phi/erase']) {
      const by = await clientOf(service, { scope, subject: 'curious' });
      expect((await by.get(queue)).status).toBe(403);
      expect((await by.get(`${queue}/${id}`)).status).toBe(403);
      expect((await review(id, { finding: 'appropriate' }, by)).status).toBe(403);
    }
  });

  it('takes cursors of its own alone, and no other status', async () => {
    for (const subject of ['a', 'b']) await breakGlass(await clinicianOf(service, subject), patient);
    const { nextCursor } = (await officer.get(`${queue}?limit=1`)).body;
    const problem = async (path: string, by = officer) => (await by.get(path)).body['type'];
    expect(await problem(`${queue}?status=reviewed&cursor=${nextCursor}`)).toBe('/problems/invalid-cursor');
    const colleague = await clientOf(service, { scope: reviewScope, subject: 'colleague' });
    expect(await problem(`${queue}?cursor=${nextCursor}`, colleague)).toBe('/problems/invalid-cursor');
    expect(await problem(`${queue}?status=closed`)).toBe('/problems/validation-failed');
  });
});

describe('an emergency access', () => {
  it('is read with its reason and with what was read under it, and that is recorded first', async () => {
    const record = { recordType: 'AllergyIntolerance', content: {} };
    const recordId = (await succeeded(system.post(`/v1/patients/${patient}/records`, record))).body.id;
    const { id } = await breakGlass(clinician, patient, 'Unconscious, allergies unknown.');
    await succeeded(clinician.get(`/v1/patients/${patient}`));
    await succeeded(clinician.get(`/v1/patients/${patient}/records/${recordId}`));
    await succeeded(system.get(`/v1/patients/${patient}`));

    const { body } = await succeeded(officer.get(`${queue}/${id}`));

    expect(body).toMatchObject({ id, status: 'open', patientErased: false, moreReads: false });
    expect(body['reason']).toBe('Unconscious, allergies unknown.');
    expect(body['reads']).toEqual([
      {
        eventId: expect.any(String),
        recordedAt: expect.any(String),
        type: 'record-read',
        documents: [{ type: 'AllergyIntolerance', id: recordId, version: 1 }],
      },
      {
        eventId: expect.any(String),
        recordedAt: expect.any(String),
        type: 'patient-read',
        documents: [{ type: 'Patient', id: patient, version: 1 }],
      },
    ]);
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'emergency-access-read',
      outcome: '0',
      patientId: patient,
      entities: [{ type: 'EmergencyAccess', id }],
      origin: { agent: { subject: 'officer' } },
    });
  });

  it('that is not there answers 404', async () => {
    for (const id of [randomUUID(), patient]) {
      expect((await officer.get(`${queue}/${id}`)).status).toBe(404);
      expect((await review(id)).status).toBe(404);
    }
  });
});

describe('a review', () => {
  it('closes it for good, and says who found what, and when', async () => {
    const { id } = await breakGlass(clinician, patient, 'A reason.');
    const comment = 'Confirmed by the shift log, call 617-555-0123.';

    const answer = await review(id, { finding: 'appropriate', comment });

    expect(answer).toMatchObject({
      status: 200,
      body: {
        id,
        status: 'reviewed',
        review: { finding: 'appropriate', reviewer: { issuer: LocalIssuer.issuer, subject: 'officer' } },
      },
    });
    const colleague = await clientOf(service, { scope: reviewScope, subject: 'colleague' });
    const again = await review(id, { finding: 'inappropriate' }, colleague);
    expect([again.status, again.body['type']]).toEqual([409, '/problems/already-reviewed']);
    const { body } = await succeeded(officer.get(`${queue}/${id}`));
    expect(body).toMatchObject({
      reason: 'A reason.',
      comment: 'Confirmed by the shift log, call {PHONE}.',
      review: { finding: 'appropriate' },
    });
    expect((await eventsOf(id)).filter(({ type }) => type === 'emergency-access-review')).toMatchObject([
      {
        patientId: patient,
        emergencyAccess: { id, step: 'reviewed', finding: 'appropriate' },
        entities: [{ type: 'EmergencyAccess', version: 1 }],
        screening: { PHONE: 1 },
      },
    ]);
  });

  it('of one who broke the glass himself is refused: others judge him', async () => {
    const both = await clientOf(service, { scope: `${clinicianScope} ${reviewScope}`, subject: 'both' });
    const { id } = await breakGlass(both, patient);
    const refused = await review(id, { finding: 'appropriate' }, both);
    expect([refused.status, refused.body['detail']]).toEqual([
      403,
      'Nobody reviews an emergency access of his own.',
    ]);
    expect(await idsOf('open')).toContain(id);
    expect((await review(id)).status).toBe(200);
  });

  it.each([
    ['inappropriate', 404],
    ['undetermined', 200],
    ['appropriate', 200],
  ])('with the finding %s leaves what is open answering %i', async (finding, status) => {
    const { id } = await breakGlass(clinician, patient);
    await succeeded(review(id, { finding }));
    expect((await clinician.get(`/v1/patients/${patient}`)).status).toBe(status);
  });

  it('of an earlier one does not end the one that came after it', async () => {
    const { id } = await breakGlass(clinician, patient);
    const other = await clinicianOf(service, 'second-holder');
    await breakGlass(other, patient);
    await succeeded(review(id, { finding: 'inappropriate' }));
    expect((await other.get(`/v1/patients/${patient}`)).status).toBe(200);
    await grantOf(service, patient);
  });

  it('has one winner of many at once', async () => {
    const { id } = await breakGlass(clinician, patient);
    const findings = ['appropriate', 'inappropriate', 'undetermined'];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => review(id, { finding: findings[n % 3], comment: 'Seen.' })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const { body } = await succeeded(officer.get(`${queue}/${id}`));
    expect(body['review']).toEqual(won[0]?.body['review']);
    expect(await service.platform.table.get(entryAt('open', id))).toBeUndefined();
  });

  it.each<[string, object, number, string]>([
    ['without a finding', { comment: 'x' }, 400, '/finding'],
    ['with a finding of his own', { finding: 'fine' }, 400, '/finding'],
    ['with an unknown element', { finding: 'appropriate', by: 'x' }, 400, ''],
    ['with a card number in it', { finding: 'appropriate', comment: '4111 1111 1111 1111' }, 422, '/comment'],
  ])('is refused %s, and the entry stays', async (_, body, status, pointer) => {
    const { id } = await breakGlass(clinician, patient);
    const refused = await review(id, body);
    expect(refused.status).toBe(status);
    expect((refused.body.errors ?? refused.body.findings)[0]?.pointer).toBe(pointer);
    expect(await idsOf('open')).toContain(id);
  });
});

describe('of a patient who was erased', () => {
  it('the entry stays and can be reviewed; reason and comment are gone with his key', async () => {
    const { id } = await breakGlass(clinician, patient, 'A reason that goes.');
    await succeeded(clinician.get(`/v1/patients/${patient}`));
    await erase(patient);
    const { body } = await succeeded(officer.get(`${queue}/${id}`));
    expect(body).toMatchObject({ id, patientId: patient, patientErased: true, status: 'open' });
    expect(body).not.toHaveProperty('reason');
    expect(body['reads']).toHaveLength(1);

    const commented = await review(id, { finding: 'appropriate', comment: 'Too late.' });
    expect([commented.status, commented.body['type']]).toEqual([410, '/problems/gone']);
    expect((await review(id)).status).toBe(200);
    expect(await idsOf('reviewed')).toContain(id);
  });

  it('a review from before keeps its finding, and its comment is gone', async () => {
    const { id } = await breakGlass(clinician, patient);
    await succeeded(review(id, { finding: 'undetermined', comment: 'Nobody remembers.' }));
    await erase(patient);
    const { body } = await succeeded(officer.get(`${queue}/${id}`));
    expect(body).toMatchObject({ patientErased: true, review: { finding: 'undetermined' } });
    expect(body).not.toHaveProperty('comment');
  });
});
