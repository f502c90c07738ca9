import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalIssuer } from '@app/authentication';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let system: PhiClient;
let creator: PhiClient;
let physician: PhiClient;
let patient: string;
let identifier: { system: string; value: string };

beforeAll(async () => {
  service = await startListening();
  system = await clientOf(service);
  creator = await clientOf(service, { scope: 'user/*.cruds', subject: 'creator' });
  physician = await clientOf(service, { scope: 'user/*.cruds', subject: 'physician' });
});
beforeEach(async () => {
  identifier = mrn(randomUUID());
  patient = `/v1/patients/${(await creator.post('/v1/patients', { identifier: [identifier] })).body.id}`;
});
afterAll(() => service.stop());

const since = { start: '2020-01-01T00:00:00.000Z' };
const member = (subject: string, period: object = since) => ({ subject, role: 'physician', period });
const replaceTeam = (members: object[], by = system) =>
  by.put(`${patient}/care-team`, { members }, { 'if-match': '*' });

/** Everything that a user might try on a patient; a record of his is at `recordId`. */
function attempts(by: PhiClient, path: string, recordId: string): Promise<Answer>[] {
  const any = { 'if-match': '*' };
  const record = { recordType: 'Observation', content: {} };
  return [
    by.get(path),
    by.put(path, {}, any),
    by.patch(path, {}, any),
    by.delete(path, any),
    by.get(`${path}/history`),
    by.get(`${path}/history/1`),
    by.get(`${path}/export`),
    by.get(`${path}/care-team`),
    by.put(`${path}/care-team`, { members: [] }, any),
    by.get(`${path}/records`),
    by.get(`${path}/records?type=Observation`),
    by.post(`${path}/records`, record),
    by.post(`${path}/records/batch`, { records: [record] }),
    by.get(`${path}/records/${recordId}`),
    by.put(`${path}/records/${recordId}`, record, any),
    by.put(`${path}/records/${randomUUID()}`, record, { 'if-none-match': '*' }),
    by.delete(`${path}/records/${recordId}`, any),
    by.get(`${path}/records/${recordId}/history`),
    by.get(`${path}/records/${recordId}/history/1`),
  ];
}

describe('the care team', () => {
  it('has the creator of the patient as its first member', async () => {
    const { status, headers, body } = await creator.get(`${patient}/care-team`);

    expect({ status, etag: headers['etag'] }).toEqual({ status: 200, etag: '"1"' });
    const { createdAt } = (await creator.get(patient)).body;
    expect(body).toEqual({
      version: 1,
      members: [
        { issuer: LocalIssuer.issuer, subject: 'creator', role: 'creator', period: { start: createdAt } },
      ],
    });
  });

  it('is replaced as a whole, its times in UTC, its issuer the caller\u2019s unless told', async () => {
    const members = [
      {
        subject: 'a@example.org',
        role: 'nurse',
        period: { start: '2026-01-05T09:30:00+02:00', end: '2030-01-05T09:30:00Z' },
      },
      { ...member('b'), issuer: 'https://issuer.example.org' },
    ];

    const replaced = await replaceTeam(members);

    expect(replaced).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    const expected = [
      {
        issuer: LocalIssuer.issuer,
        subject: 'a@example.org',
        role: 'nurse',
        period: { start: '2026-01-05T07:30:00.000Z', end: '2030-01-05T09:30:00.000Z' },
      },
      { issuer: 'https://issuer.example.org', subject: 'b', role: 'physician', period: since },
    ];
    expect(replaced.body).toEqual({ version: 2, members: expected });
    const read = await system.get(`${patient}/care-team`);
    expect(read.headers['etag']).toBe('"2"');
    expect(read.body['members']).toHaveLength(2);
    expect(read.body['members']).toEqual(expect.arrayContaining(expected));
  });

  it('may have 45 members, and all of them may change at once', async () => {
    const team = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, n) => member(`${prefix}${n}`));
    expect((await replaceTeam(team('a', 45))).status).toBe(200);
    expect((await replaceTeam(team('b', 45))).status).toBe(200);
    expect((await system.get(`${patient}/care-team`)).body['members']).toHaveLength(45);
    expect(await replaceTeam(team('c', 46))).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/members' }] },
    });
  });

  const refusals: [string, object, string][] = [
    ['the same member twice', { members: [member('a'), member('a')] }, '/members/1'],
    ['a role that is no word', { members: [{ ...member('a'), role: 'Dr. No' }] }, '/members/0/role'],
    ['a subject with a space', { members: [member('a b')] }, '/members/0/subject'],
    ['a period without a start', { members: [member('a', {})] }, '/members/0/period/start'],
    [
      'a day that the calendar does not have',
      { members: [member('a', { start: '2023-02-30T00:00:00Z' })] },
      '/members/0/period/start',
    ],
    [
      'a leap second',
      { members: [member('a', { start: '2016-12-31T23:59:60Z' })] },
      '/members/0/period/start',
    ],
    ['an unknown element', { members: [], note: 'x' }, ''],
    ['no members at all', {}, '/members'],
  ];
  it.each(refusals)('is refused with %s', async (_, body, pointer) => {
    const refused = await system.put(`${patient}/care-team`, body, { 'if-match': '"1"' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    expect((await system.get(`${patient}/care-team`)).headers['etag']).toBe('"1"');
  });

  it('has one winner of two concurrent changes', async () => {
    const change = (subject: string) =>
      system.put(`${patient}/care-team`, { members: [member(subject)] }, { 'if-match': '"1"' });
    const answers = await Promise.all([change('a'), change('b')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await system.get(`${patient}/care-team`)).body['members']).toHaveLength(1);
  });
});

// 45 CFR 164.308(a)(3)(i), 164.308(a)(4)(ii)(B): those in who need it, and everybody else out.
describe('a user', () => {
  it('reaches the patients of his teams', async () => {
    await replaceTeam([member('physician')]);
    const { body: record } = await system.post(`${patient}/records`, {
      recordType: 'Observation',
      content: {},
    });

    expect((await physician.get(patient)).status).toBe(200);
    expect((await physician.get(`${patient}/records/${record.id}`)).status).toBe(200);
    expect((await physician.post(`${patient}/records`, { recordType: 'Flag', content: {} })).status).toBe(
      201,
    );
    expect((await physician.get(`${patient}/export`)).status).toBe(200);
    const found = await physician.post('/v1/patients/search', { identifier });
    expect(found.body.items.map(({ id }) => `/v1/patients/${id}`)).toEqual([patient]);
  });

  it('does not reach others: the answer is that of a patient who never was', async () => {
    const { body: record } = await system.post(`${patient}/records`, {
      recordType: 'Observation',
      content: {},
    });
    const before = (await system.get(`${patient}/history`)).body;

    const refused = await Promise.all(attempts(physician, patient, record.id));
    const absent = await Promise.all(attempts(physician, `/v1/patients/${randomUUID()}`, record.id));

    // To the byte, but for what is drawn anew for each request.
    const comparable = ({ status, headers, text, body: { instance } }: Answer) => {
      const { 'x-request-id': requestId, date: _, ...same } = headers;
      expect(requestId).toBe(instance);
      return { status, headers: same, text: text.replace(instance, '') };
    };
    expect(refused.map(comparable)).toEqual(absent.map(comparable));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([404]));
    expect((await system.get(`${patient}/history`)).body).toEqual(before);
    expect((await physician.post('/v1/patients/search', { identifier })).body.items).toEqual([]);
    const refusalsOf = async (answers: Answer[]) => {
      const requests = new Set(answers.map(({ body }) => body.instance));
      const events = await readAuditEvents(service.platform.table);
      const refusals = events.filter(({ origin }) => requests.has(origin.requestId));
      expect(refusals).toHaveLength(answers.length);
      return new Set(refusals.map((event) => `${event.refusal?.problem} ${event.outcome}`));
    };
    // The trail tells them apart.
    expect(await refusalsOf(refused)).toEqual(new Set(['out-of-reach 8']));
    expect(await refusalsOf(absent)).toEqual(new Set(['not-found 4']));
  });

  it('does not learn that a patient out of reach was deleted', async () => {
    await system.delete(patient, { 'if-match': '*' });
    expect((await physician.get(patient)).status).toBe(404);
    expect((await physician.get(`${patient}/history`)).status).toBe(404);
    expect((await creator.get(patient)).status).toBe(410);
    expect((await creator.get(`${patient}/history`)).status).toBe(200);
  });

  const now = Date.now();
  const hours = (count: number) => new Date(now + count * 3_600_000).toISOString();
  const periods: [string, object, number][] = [
    ['has begun', { start: hours(-1) }, 200],
    ['has begun and not ended', { start: hours(-1), end: hours(1) }, 200],
    [
      'has begun by the clock of another place',
      { start: `${new Date(now + 7_200_000).toISOString().slice(0, 19)}+03:00` },
      200,
    ],
    ['has not begun', { start: hours(1) }, 404],
    ['has ended', { start: hours(-2), end: hours(-1) }, 404],
    ['ended before it began', { start: hours(-1), end: hours(-2) }, 404],
  ];
  it.each(periods)('whose membership %s', async (_, period, status) => {
    await replaceTeam([member('physician', period)]);
    expect((await physician.get(patient)).status).toBe(status);
    const { body } = await physician.post('/v1/patients/search', { identifier });
    expect(body.items.length).toBe(status === 200 ? 1 : 0);
  });

  it('is a member by issuer and subject: the same subject of another issuer is another', async () => {
    await replaceTeam([{ ...member('physician'), issuer: 'https://issuer.example.org' }]);
    expect((await physician.get(patient)).status).toBe(404);
  });

  // 45 CFR 164.308(a)(4)(ii)(C), 164.308(a)(3)(ii)(C): a right that is taken away ends.
  it('may hand the patient over, and is out from then on', async () => {
    const handover = await replaceTeam([member('physician')], creator);
    expect(handover.status).toBe(200);
    expect((await creator.get(patient)).status).toBe(404);
    expect((await physician.get(patient)).status).toBe(200);
  });
});
