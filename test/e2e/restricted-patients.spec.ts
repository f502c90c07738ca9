import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type PhiItem } from '@app/phi-table';
import { auditTrail } from '../support/audit-recording.js';
import { breakGlass, clinicianOf } from '../support/emergency.js';
import { allPages, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const any = { 'if-match': '*' };
const label = (code: string, system?: string) => ({
  meta: { security: [{ code, ...(system === undefined ? {} : { system }) }] },
});

let service: Service;
let system: PhiClient;
let everybody: PhiClient;
let member: PhiClient;
let outsider: PhiClient;
let identifier: { system: string; value: string };

beforeAll(async () => {
  service = await startListening();
  system = await clientOf(service);
  everybody = await clientOf(service, { scope: 'system/*.rs phi/restricted', subject: 'registry' });
  member = await clientOf(service, { scope: 'user/*.cruds', subject: 'member' });
  outsider = await clinicianOf(service, 'outsider');
});
afterAll(() => service.stop());
beforeEach(() => {
  identifier = mrn(randomUUID());
});

/** @returns the id of a patient whom `member` created, and so belongs to */
const create = async (more: object, by = member) =>
  (await succeeded(by.post('/v1/patients', { identifier: [identifier], ...more }))).body.id;
const found = async (by: PhiClient) =>
  (await succeeded(by.post('/v1/patients/search', { identifier }))).body.items.map(({ id }) => id);
const listed = async (by: PhiClient) =>
  (
    await allPages((cursor) =>
      by.get(`/v1/patients?limit=50${cursor === undefined ? '' : `&cursor=${cursor}`}`),
    )
  ).map(({ id }) => id);
const headOf = async (id: string) =>
  (await service.platform.table.get({
    table: 'records',
    partition: `PATIENT#${id}`,
    sort: 'PROFILE',
  })) as PhiItem;

/** HL7 v3 Confidentiality: what restricts, and what does not. A code of that system that we do not know restricts. */
const labels: [string, object, boolean][] = [
  ['R', label('R', confidentiality), true],
  ['V', label('V', confidentiality), true],
  ['R without a system', label('R'), true],
  ['V of the older system', label('V', 'urn:oid:2.16.840.1.113883.5.25'), true],
  ['a code that the system does not have', label('restricted', confidentiality), true],
  ['R in lower case', label('r', confidentiality), true],
  ['N', label('N', confidentiality), false],
  ['M', label('M', confidentiality), false],
  ['L', label('L', confidentiality), false],
  ['U', label('U', confidentiality), false],
  [
    'a sensitivity, which is of another system',
    label('PSY', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'),
    false,
  ],
  ['nothing', {}, false],
  ['N and V', { meta: { security: [{ code: 'N', system: confidentiality }, { code: 'V' }] } }, true],
];

describe('a patient', () => {
  it.each(labels)('labelled %s is or is not restricted', async (_, labelled, restricted) => {
    const id = await create(labelled);
    expect((await headOf(id)).attributes['restricted']).toBe(restricted);
    expect(await found(system)).toEqual(restricted ? [] : [id]);
    expect((await listed(system)).includes(id)).toBe(!restricted);
    expect(await found(everybody)).toEqual([id]);
    expect(await listed(everybody)).toContain(id);
    expect(await found(member)).toEqual([id]);
    expect(await found(outsider)).toEqual([]);
  });

  it('who is restricted is read by his team, his own app, a service that knows his id, and in an emergency', async () => {
    const id = await create(label('R'));
    const path = `/v1/patients/${id}`;
    const app = await clientOf(service, { scope: 'patient/*.rs', subject: 'app', patient: id });
    for (const by of [member, app, system]) expect((await by.get(path)).status).toBe(200);
    expect((await outsider.get(path)).status).toBe(404);
    await breakGlass(outsider, id);
    expect((await outsider.get(path)).status).toBe(200);
    expect(await found(outsider)).toEqual([]);
  });

  it('is found by a member whose token has a system scope as well', async () => {
    const id = await create(label('V'));
    const both = await clientOf(service, { scope: 'user/*.rs system/*.rs', subject: 'member' });
    expect(await found(both)).toEqual([id]);
  });

  it('is not found with phi/restricted alone, nor by a user who holds it', async () => {
    await create(label('R'));
    const user = await clientOf(service, { scope: 'user/*.rs phi/restricted', subject: 'outsider' });
    expect(await found(user)).toEqual([]);
    expect((await user.get('/v1/patients')).status).toBe(403);
    const alone = await clientOf(service, { scope: 'phi/restricted' });
    expect((await alone.post('/v1/patients/search', { identifier })).status).toBe(403);
  });
});

// 45 CFR 164.308(a)(1)(ii)(D).
describe('the trail', () => {
  const marks = async (id: string, look: () => Promise<unknown>) => {
    const before = (await auditTrail(service.platform)).length;
    await look();
    return (await auditTrail(service.platform))
      .slice(before)
      .filter(({ patientId }) => patientId === id)
      .map(({ type, origin }) => [type, origin.restrictedPatient === true]);
  };
  const looks = (id: string) => async () => {
    for (const path of ['', '/history', '/care-team', '/records', '/export'])
      await succeeded(member.get(`/v1/patients/${id}${path}`));
    await found(everybody);
    await outsider.get(`/v1/patients/${id}`);
  };

  it.each([
    ['R', true],
    ['N', false],
  ])('says of each event that shows a patient labelled %s: restricted, %s', async (code, restricted) => {
    const id = await create(label(code, confidentiality));
    expect(await marks(id, looks(id))).toEqual([
      ['patient-read', restricted],
      ['patient-read', restricted],
      ['care-team-read', restricted],
      ['record-query', restricted],
      ['export', restricted],
      ['patient-query', restricted],
      // Nothing was shown.
      ['refusal', false],
    ]);
  });

  it('says nothing of it where his own app reads him', async () => {
    const id = await create(label('R'));
    const app = await clientOf(service, { scope: 'patient/*.rs', subject: 'own-app', patient: id });
    await app.get(`/v1/patients/${id}`);
    const shown = await marks(id, () => succeeded(app.get(`/v1/patients/${id}`)));
    expect(shown).toEqual([['patient-read', false]]);
  });
});

describe('a change of the label', () => {
  it('counts from its acknowledgement on, by each way to make it', async () => {
    const id = await create({});
    const path = `/v1/patients/${id}`;
    const body = { identifier: [identifier] };
    const ways: [() => Promise<unknown>, boolean][] = [
      [() => succeeded(member.patch(path, label('R'), any)), true],
      [() => succeeded(member.patch(path, { meta: null }, any)), false],
      [() => succeeded(member.put(path, { ...body, ...label('V') }, any)), true],
      [() => succeeded(member.put(path, { ...body, ...label('N') }, any)), false],
    ];
    for (const [change, restricted] of ways) {
      await change();
      expect((await headOf(id)).attributes['restricted']).toBe(restricted);
      expect(await found(system)).toEqual(restricted ? [] : [id]);
      expect((await listed(system)).includes(id)).toBe(!restricted);
    }
  });

  it('is never overtaken: no search that begins after it shows the patient', async () => {
    const id = await create({});
    const path = `/v1/patients/${id}`;
    for (let round = 0; round < 10; round++) {
      const meanwhile = Array.from({ length: 6 }, () => found(system));
      await succeeded(member.patch(path, label('R'), any));
      const [searched, inList] = await Promise.all([found(system), listed(system)]);
      expect(searched).toEqual([]);
      expect(inList).not.toContain(id);
      for (const ids of await Promise.all(meanwhile)) expect([[], [id]]).toContainEqual(ids);
      await succeeded(member.patch(path, { meta: null }, any));
      expect(await found(system)).toEqual([id]);
    }
  });

  it('leaves the deleted patient restricted, and him who is there again as he is labelled', async () => {
    const id = await create(label('R'));
    await succeeded(member.delete(`/v1/patients/${id}`, any));
    expect((await headOf(id)).attributes).toMatchObject({ deleted: true, restricted: true });
    expect(await listed(everybody)).not.toContain(id);
  });
});

describe('the mark in the head', () => {
  const alarms = async () =>
    (await auditTrail(service.platform)).filter(({ type }) => type === 'integrity-alarm');
  const edits: [string, (attributes: PhiItem['attributes']) => PhiItem['attributes']][] = [
    ['set to false', (attributes) => ({ ...attributes, restricted: false })],
    ['taken away', ({ restricted: _, ...rest }) => rest],
    ['written as a text', (attributes) => ({ ...attributes, restricted: 'false' })],
  ];
  it.each(edits)('is missed when it is %s: nothing is shown, and there is an alarm', async (_, edit) => {
    const id = await create(label('R'));
    const head = await headOf(id);
    const { table } = service.platform;
    await table.transactWrite([{ type: 'put', item: { ...head, attributes: edit(head.attributes) } }]);
    const before = (await alarms()).length;
    for (const answer of [
      await system.post('/v1/patients/search', { identifier }),
      await outsider.get(`/v1/patients/${id}`),
      await member.get(`/v1/patients/${id}`),
    ]) {
      expect(answer).toMatchObject({ status: 500, body: { type: '/problems/integrity-failure' } });
    }
    const raised = (await alarms()).slice(before);
    expect(raised.map(({ patientId }) => patientId)).toEqual([id, id, id]);
    await table.transactWrite([{ type: 'put', item: head }]);
    expect(await found(system)).toEqual([]);
  });
});

describe('a deployment without care teams', () => {
  let open: Service;
  beforeAll(async () => {
    open = await startListening({ PHI_CARE_TEAM_REQUIRED: 'false' });
  });
  afterAll(() => open.stop());

  it('lets users reach everybody but restricted patients, who stay with their teams', async () => {
    const creator = await clientOf(open, { scope: 'user/*.cruds', subject: 'creator' });
    const user = await clinicianOf(open, 'anybody');
    const made = async (more: object) => create(more, creator);
    const normal = await made({});
    expect(await found(user)).toEqual([normal]);
    for (const path of ['', '/history', '/care-team', '/records', '/export'])
      expect((await user.get(`/v1/patients/${normal}${path}`)).status).toBe(200);
    expect((await user.patch(`/v1/patients/${normal}`, label('R'), any)).status).toBe(200);

    for (const path of ['', '/history', '/care-team', '/records', '/export'])
      expect((await user.get(`/v1/patients/${normal}${path}`)).status).toBe(404);
    expect(await found(user)).toEqual([]);
    expect(await found(creator)).toEqual([normal]);
    await breakGlass(user, normal);
    expect((await user.get(`/v1/patients/${normal}`)).status).toBe(200);
    expect((await user.get('/v1/patients')).status).toBe(403);
  });
});
