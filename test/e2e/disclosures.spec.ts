import { randomUUID } from 'node:crypto';
import { auditIndexes, type AuditEvent, auditKeys } from '@app/audit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAuditEvents } from '../support/audit-rows.js';
import { recordedDuring } from '../support/audit-recording.js';
import {
  allPages,
  type AnswerBody,
  clientOf,
  type PhiClient,
  startListening,
  succeeded,
} from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let system: PhiClient;
let officer: PhiClient;
/** A patient with accesses of every kind, and what they were for. */
let patientId: string;
let recordId: string;

const csv = { accept: 'text/csv' };
const forPurpose = (purpose: string) => ({ 'x-purpose-of-use': purpose });
const place = (id = patientId) => `/v1/patients/${id}/disclosures`;

beforeAll(async () => {
  service = await startListening();
  system = await clientOf(service, { subject: 'clinic' });
  officer = await clientOf(service, { scope: 'user/AuditEvent.rs', subject: 'officer' });
  patientId = (await succeeded(system.post('/v1/patients', {}, forPurpose('TREAT')))).body.id;
  const path = `/v1/patients/${patientId}`;
  const record = { recordType: 'Observation', content: {} };
  recordId = (await succeeded(system.post(`${path}/records`, record, forPurpose('TREAT')))).body.id;

  const agency = await clientOf(service, { subject: 'registry' });
  const patient = await clientOf(service, {
    scope: 'patient/*.rs',
    subject: 'the-patient',
    patient: patientId,
  });
  const stranger = await clientOf(service, { scope: 'user/*.rs', subject: 'stranger' });
  for (const purpose of ['TREAT', 'HPAYMT', 'HOPERAT', 'PUBHLTH', 'HRESCH', 'HLEGAL']) {
    await succeeded(agency.get(path, forPurpose(purpose)));
  }
  await succeeded(agency.get(`${path}/records/${recordId}`));
  await succeeded(patient.get(`${path}/export`));
  await succeeded(patient.get(path, forPurpose('PUBHLTH')));
  await stranger.get(path);
  await succeeded(agency.get(`${path}/care-team`, forPurpose('THREAT')));
});
afterAll(() => service.stop());

const listed = (query = '', by = officer, id = patientId) =>
  allPages((cursor) =>
    by.get(`${place(id)}?limit=3${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`),
  );
const short = (items: readonly AnswerBody[]) =>
  items.map(({ type, category, purpose }) => [
    type,
    category,
    (purpose as unknown as { code: string } | undefined)?.code,
  ]);

describe('the accounting of disclosures', () => {
  it('lists what is not known to be treatment, payment, operations or the individual, newest first', async () => {
    expect(short(await listed())).toEqual([
      ['care-team-read', 'other', 'THREAT'],
      ['record-read', 'not-stated', undefined],
      ['patient-read', 'other', 'HLEGAL'],
      ['patient-read', 'other', 'HRESCH'],
      ['patient-read', 'other', 'PUBHLTH'],
    ]);
  });

  it('says when, to whom, what and for what purpose', async () => {
    const [, ofRecord, ofLegal] = await listed();
    const recipient = {
      issuer: 'https://issuer.phi.localhost',
      subject: 'registry',
      clientId: 'phi-development',
    };
    expect(ofRecord).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      recipient,
      type: 'record-read',
      description: 'Record read',
      documents: [{ type: 'Observation', id: recordId, version: 1 }],
      category: 'not-stated',
    });
    expect(ofLegal).toMatchObject({ recipient, purpose: { code: 'HLEGAL', display: 'legal' } });
  });

  it('lists every access and change with `include=access`, and no refusal', async () => {
    const items = await listed('&include=access');
    expect(short(items)).toEqual([
      ['care-team-read', 'other', 'THREAT'],
      ['patient-read', 'individual', 'PUBHLTH'],
      ['export', 'individual', undefined],
      ['record-read', 'not-stated', undefined],
      ['patient-read', 'other', 'HLEGAL'],
      ['patient-read', 'other', 'HRESCH'],
      ['patient-read', 'other', 'PUBHLTH'],
      ['patient-read', 'operations', 'HOPERAT'],
      ['patient-read', 'payment', 'HPAYMT'],
      ['patient-read', 'treatment', 'TREAT'],
      ['record-create', 'change', 'TREAT'],
      ['patient-create', 'change', 'TREAT'],
    ]);
    expect(JSON.stringify(items)).not.toContain('stranger');
  });

  it('goes six years back, or as far as it is told', async () => {
    const { body } = await officer.get(place());
    const to = new Date(String(body['to']));
    expect(Math.abs(to.getTime() - Date.now())).toBeLessThan(60_000);
    const sixYears = new Date(to);
    sixYears.setUTCFullYear(to.getUTCFullYear() - 6);
    expect([body['patientId'], body['from']]).toEqual([patientId, sixYears.toISOString()]);

    const dates = (await listed('&include=access')).map(({ date }) => String(date));
    const [from, until] = [dates[8] ?? '', dates[3] ?? ''];
    const within = await listed(`&include=access&from=${from}&to=${until}`);
    expect(within.map(({ date }) => date)).toEqual(dates.filter((date) => date >= from && date < until));
    expect(await listed('&from=2001-01-01&to=2001-12-31')).toEqual([]);
  });

  it('leaves an event for each page, and none of its own lines', async () => {
    const before = (await listed('&include=access')).length;
    const events = await recordedDuring(service.platform, () =>
      officer.get(`${place()}?include=access&from=2026-01-01`),
    );
    expect(events).toEqual([
      { type: 'disclosures-read', outcome: '0', patientId, query: ['from', 'include'], count: before },
    ]);
    expect(await listed('&include=access')).toHaveLength(before);
  });

  it.each([
    ['an unknown filter', 'agent=x', 'query:'],
    ['an inverted range', 'from=2026-01-02&to=2026-01-01', 'query:from'],
    ['another include', 'include=everything', 'query:include'],
  ])('refuses %s', async (_, query, pointer) => {
    const refused = await officer.get(`${place()}?${query}`);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('refuses a cursor of another patient or another include', async () => {
    const other = (await succeeded(system.post('/v1/patients', {}))).body.id;
    const { nextCursor } = (await officer.get(`${place()}?limit=1`)).body;
    for (const path of [`${place(other)}?limit=1`, `${place()}?limit=1&include=access`]) {
      const refused = await officer.get(`${path}&cursor=${nextCursor}`);
      expect(refused).toMatchObject({ status: 400, body: { type: '/problems/invalid-cursor' } });
    }
  });
});

describe('who may ask', () => {
  it('officers for every patient; nobody else for another', async () => {
    const scopes: [string, number][] = [
      ['user/AuditEvent.rs', 200],
      ['system/AuditEvent.s', 200],
      ['user/AuditEvent.r', 403],
      ['system/*.cruds', 403],
      ['user/*.cruds', 403],
      ['patient/*.cruds', 403],
    ];
    for (const [scope, status] of scopes) {
      const by = await clientOf(service, { scope, patient: patientId });
      expect([scope, (await by.get(place())).status]).toEqual([scope, status]);
    }
  });

  it('the patient for himself; another is like one who never was, and the trail tells', async () => {
    const other = (await succeeded(system.post('/v1/patients', {}))).body.id;
    const scope = 'patient/AuditEvent.rs patient/*.rs';
    const patient = await clientOf(service, { scope, subject: 'the-patient', patient: patientId });
    expect(short(await listed('', patient))).toHaveLength(5);
    expect((await patient.get(place(), csv)).status).toBe(200);

    const refused = [await patient.get(place(other)), await patient.get(place(randomUUID()))];
    const withoutPatient = await clientOf(service, { scope });
    refused.push(await withoutPatient.get(place()));
    for (const { status, body } of refused) {
      expect([status, body['type'], body['detail']]).toEqual([404, '/problems/not-found', undefined]);
    }
    const events = await readAuditEvents(service.platform.table);
    const told = events.find(({ origin }) => origin.requestId === refused[0]?.body.instance);
    expect(told).toMatchObject({ outcome: '8', patientId: other, refusal: { problem: 'out-of-reach' } });
  });

  it('gets 404 for a patient whom the trail does not know, instead of an empty list', async () => {
    const unknown = randomUUID();
    expect((await officer.get(place(unknown))).status).toBe(404);
    // The refusal itself is an event that names the id.
    expect((await officer.get(place(unknown))).status).toBe(404);
  });
});

describe('the trail outlives the patient', () => {
  it('answers for a deleted and for an erased patient', async () => {
    const id = (await succeeded(system.post('/v1/patients', {}))).body.id;
    const path = `/v1/patients/${id}`;
    await succeeded(system.get(path, forPurpose('PUBHLTH')));
    await succeeded(system.delete(path, { 'if-match': '*' }));
    expect(short(await listed('', officer, id))).toEqual([['patient-read', 'other', 'PUBHLTH']]);

    const eraser = await clientOf(service, { scope: 'phi/erase' });
    await succeeded(eraser.post(`${path}/erase`, { confirm: id, reason: 'created-in-error' }));
    expect(short(await listed('', officer, id))).toEqual([['patient-read', 'other', 'PUBHLTH']]);
    const own = await clientOf(service, { scope: 'patient/AuditEvent.rs', patient: id });
    expect(await listed('', own, id)).toHaveLength(1);
    const types = new Set((await listed('&include=access', officer, id)).map(({ type }) => type));
    expect(types).toEqual(new Set(['patient-create', 'patient-read', 'patient-delete', 'patient-erase']));
  });
});

describe('as CSV', () => {
  const header =
    '"date","recipient","recipient issuer","client","what","documents","purpose","purpose code","category","event id"';
  const lines = (text: string) => text.split('\r\n').slice(0, -1);

  it('holds everything that the pages hold', async () => {
    const answer = await officer.get(`${place()}?include=access`, csv);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'cache-control': 'no-store',
      vary: 'accept',
    });
    const items = await listed('&include=access');
    const [first, ...rest] = lines(answer.text);
    expect(first).toBe(header);
    expect(rest.map((line) => line.slice(-37, -1))).toEqual(items.map(({ eventId }) => eventId));
    expect(rest[3]).toContain(
      `"Record read","Observation/${recordId} version 1","not stated","","not-stated"`,
    );
  });

  it.each([
    ['text/csv', true],
    ['text/csv, application/json', true],
    ['application/json;q=0.5, text/csv', true],
    ['application/json, text/csv', false],
    ['text/csv;q=0', false],
    ['text/csv;q=0.4, application/json;q=0.5', false],
    ['*/*', false],
    ['text/html', false],
  ])('Accept: %s asks for it: %s', async (accept, isCsv) => {
    const { headers } = await officer.get(place(), { accept });
    expect(headers['content-type']?.startsWith('text/csv')).toBe(isCsv);
  });

  it('turns no name into a formula', async () => {
    const id = (await succeeded(system.post('/v1/patients', {}))).body.id;
    for (const subject of ['=1+1', '+1', '-1', '@SUM(A1)', 'a","=1+1']) {
      const by = await clientOf(service, { subject });
      await succeeded(by.get(`/v1/patients/${id}`));
    }
    const { text } = await officer.get(place(id), csv);
    const recipients = lines(text)
      .slice(1)
      .map((line) => /^"[^"]*","((?:[^"]|"")*)"/.exec(line)?.[1]);
    expect(recipients).toEqual(['a"",""=1+1', "'@SUM(A1)", "'-1", "'+1", "'=1+1"]);
  });

  it('takes no cursor', async () => {
    const { nextCursor } = (await officer.get(`${place()}?limit=1`)).body;
    const refused = await officer.get(`${place()}?limit=1&cursor=${nextCursor}`, csv);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'query:cursor' }] } });
  });

  it('leaves its event before the first line', async () => {
    const events = await recordedDuring(service.platform, () => officer.get(place(), csv));
    expect(events).toEqual([{ type: 'disclosures-read', outcome: '0', patientId, query: [] }]);
  });

  const disclosuresOf = (id: string, count: number): AuditEvent[] =>
    Array.from({ length: count }, () => ({
      type: 'patient-read',
      outcome: '0',
      origin: {
        agent: { issuer: 'https://issuer.example.org', subject: 'registry', clientId: 'app', scopes: [] },
        networkAddress: '203.0.113.7',
        requestId: randomUUID(),
      },
      patientId: id,
    }));

  it('holds more than a piece of it', async () => {
    const id = randomUUID();
    await service.platform.audit.append(disclosuresOf(id, 1203));
    const rows = lines((await officer.get(place(id), csv)).text).slice(1);
    expect(new Set(rows).size).toBe(1203);
  });

  it('breaks off where the trail was altered, and raises an alarm', async () => {
    const id = randomUUID();
    await service.platform.audit.append(disclosuresOf(id, 600));
    // In the middle of the patient's index, and no event.
    const [disclosure] = disclosuresOf(id, 1) as [AuditEvent];
    const event = { ...disclosure, id: randomUUID(), recordedAt: new Date().toISOString() };
    const key = {
      table: 'audit',
      partition: auditKeys.chain(randomUUID(), randomUUID()),
      sort: '000000000001',
    } as const;
    await service.platform.table.transactWrite([
      { type: 'put', item: { ...key, indexed: auditIndexes(event), attributes: { event: 'altered' } } },
    ]);
    await service.platform.audit.append(disclosuresOf(id, 600));
    await expect(officer.get(place(id), csv)).rejects.toThrow(/aborted|hang up|terminated/);
    await service.platform.table.transactWrite([{ type: 'delete', key }]);
    const alarms = (await readAuditEvents(service.platform.table)).filter(
      ({ type }) => type === 'integrity-alarm',
    );
    expect(alarms).toMatchObject([{ outcome: '12', patientId: id }]);
  });
});
