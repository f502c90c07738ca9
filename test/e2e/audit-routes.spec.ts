import { createPublicKey, randomUUID } from 'node:crypto';
import { keyIdOf, verifyCheckpoint, verifyInclusion } from '@app/audit';
import { LocalIssuer } from '@app/authentication';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedDuring } from '../support/audit-recording.js';
import { readAuditRows } from '../support/audit-rows.js';
import {
  allPages,
  type Answer,
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
let patientId: string;
let otherId: string;

const observation = { recordType: 'Observation', content: {} };

beforeAll(async () => {
  // Sealed when a test says so: a minute is more than the tests before it take.
  service = await startListening({ PHI_AUDIT_SEAL_SECONDS: '60', PHI_AUDIT_LEASE_SECONDS: '180' });
  system = await clientOf(service);
  officer = await clientOf(service, { scope: 'user/AuditEvent.rs', subject: 'officer' });
  patientId = (await succeeded(system.post('/v1/patients', {}))).body.id;
  otherId = (await succeeded(system.post('/v1/patients', {}))).body.id;
  await succeeded(system.post(`/v1/patients/${patientId}/records`, observation));
  await succeeded(system.get(`/v1/patients/${patientId}`));
  await system.get(`/v1/patients/${randomUUID()}`);
  await succeeded(system.get(`/v1/patients/${otherId}`));
});
afterAll(() => service.stop());

const path = '/v1/audit/events';
const listed = (query: string, by = officer) =>
  allPages((cursor) => by.get(`${path}?${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`));
/** Our own code of an event. */
const typeOf = (event: AnswerBody) => (event['subtype'] as { code: string }[]).at(-1)?.code;
const typesOf = (events: readonly AnswerBody[]) => events.map(typeOf);

describe('GET /v1/audit/events', () => {
  it('lists what happened to a patient, newest first, as FHIR AuditEvents', async () => {
    const events = await listed(`patient=${patientId}&limit=2`);
    expect(typesOf(events).slice(-3)).toEqual(['patient-read', 'record-create', 'patient-create']);
    for (const event of events) expect(event['resourceType']).toBe('AuditEvent');
    const times = events.map((event) => String(event['recorded']));
    expect(times).toEqual([...times].sort().toReversed());
  });

  it('filters by agent, action, type, outcome, request and time, alone and together', async () => {
    expect(new Set(typesOf(await listed('agent=tester&action=C')))).toEqual(
      new Set(['record-create', 'patient-create']),
    );
    expect(typesOf(await listed('type=refusal&outcome=4&agent=tester'))).toEqual(['refusal']);
    expect(typesOf(await listed(`agent=tester&action=R&patient=${otherId}`))).toEqual(['patient-read']);
    expect(await listed('agent=nobody')).toEqual([]);
    expect(await listed(`agent=tester&issuer=${encodeURIComponent('https://other.example.org')}`)).toEqual(
      [],
    );
    const issuer = encodeURIComponent(LocalIssuer.issuer);
    expect(typesOf(await listed(`agent=tester&issuer=${issuer}&type=login`))).toEqual(['login']);

    const answer = await system.get(`/v1/patients/${otherId}`);
    const ofRequest = await listed(`requestId=${answer.headers['x-request-id']}`);
    expect(typesOf(ofRequest)).toEqual(['patient-read']);
    const at = String(ofRequest[0]?.['recorded']);
    const later = new Date(Date.parse(at) + 1).toISOString();
    expect(typesOf(await listed(`from=${at}&to=${later}&patient=${otherId}&agent=tester`))).toContain(
      'patient-read',
    );
    expect(await listed(`to=${at}&requestId=${answer.headers['x-request-id']}`)).toEqual([]);
    expect(await listed('to=2020-01-01&from=2019-01-01')).toEqual([]);
    expect(typesOf(await listed(`from=${at.slice(0, 10)}&agent=tester&type=patient-create`))).toHaveLength(2);
  });

  it('walks the whole trail without a filter: each event once, though reading adds more', async () => {
    const before = (await readAuditRows(service.platform.table)).map(({ event }) => event.id);
    const ids = (await listed('limit=4')).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(before));
    expect(ids.length).toBe(before.length);
  });

  it('leaves an event for each page, which names the fields asked for and the patient', async () => {
    const events = await recordedDuring(service.platform, async () => {
      await officer.get(`${path}?patient=${patientId}&action=C&limit=1`);
      await officer.get(`${path}?agent=tester&from=2026-01-01&limit=5`);
    });
    expect(events).toEqual([
      { type: 'audit-query', outcome: '0', patientId, query: ['action', 'patient'], count: 1 },
      { type: 'audit-query', outcome: '0', query: ['agent', 'from'], count: 5 },
    ]);
  });

  it.each([
    // Its name is the caller's, and is not repeated.
    ['an unknown filter', 'subject=x', 'query:'],
    ['a filter twice', `patient=${randomUUID()}&patient=${randomUUID()}`, 'query:patient'],
    ['a range that ends before it begins', 'from=2026-02-01&to=2026-01-01', 'query:from'],
    ['an empty range', 'from=2026-02-01T00:00:00Z&to=2026-02-01T00:00:00Z', 'query:from'],
    ['a time that is none', 'from=yesterday', 'query:from'],
    ['a day outside the calendar', 'to=2026-02-30', 'query:to'],
    ['an unknown action', 'action=X', 'query:action'],
    ['an unknown outcome', 'outcome=1', 'query:outcome'],
    ['an unknown type', 'type=everything', 'query:type'],
    ['a patient that is no id', 'patient=me', 'query:patient'],
    ['an issuer alone', 'issuer=x', 'query:issuer'],
    ['a limit beyond a page', 'limit=51', 'query:limit'],
  ])('refuses %s', async (_, query, pointer) => {
    const refused = await officer.get(`${path}?${query}`);
    expect(refused).toMatchObject({
      status: 400,
      body: { type: '/problems/validation-failed', errors: [{ pointer }] },
    });
  });

  it('refuses a cursor that was forged, is of another filter, route or caller', async () => {
    const cursor = (await officer.get(`${path}?limit=1`)).body.nextCursor ?? '';
    const other = await clientOf(service, { scope: 'user/AuditEvent.rs', subject: 'other-officer' });
    const forged = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    for (const answer of [
      await officer.get(`${path}?limit=1&cursor=${forged}`),
      await officer.get(`${path}?limit=1&action=R&cursor=${cursor}`),
      await officer.get(`/v1/audit/checkpoints?cursor=${cursor}`),
      await other.get(`${path}?limit=1&cursor=${cursor}`),
    ]) {
      expect(answer).toMatchObject({ status: 400, body: { type: '/problems/invalid-cursor' } });
    }
    expect((await officer.get(`${path}?limit=1&cursor=${cursor}`)).status).toBe(200);
  });
});

describe('GET /v1/audit/events/{eventId}', () => {
  it('answers the event, and leaves one that names it and its patient', async () => {
    const [event] = await listed(`patient=${patientId}&type=patient-create`);
    let answer: Answer | undefined;
    const recorded = await recordedDuring(service.platform, async () => {
      answer = await officer.get(`${path}/${event?.id}`);
    });
    expect(answer).toMatchObject({ status: 200, body: event });
    expect(recorded).toEqual([
      { type: 'audit-read', outcome: '0', patientId, entities: [{ type: 'AuditEvent', id: event?.id }] },
    ]);
  });

  it('answers 404 for an id that no event has', async () => {
    for (const id of [randomUUID(), '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11']) {
      expect((await officer.get(`${path}/${id}`)).status).toBe(404);
      expect((await officer.get(`${path}/${id}/proof`)).status).toBe(404);
    }
  });
});

describe('GET /v1/audit/events/{eventId}/proof', () => {
  const proofOf = (event: AnswerBody | undefined) => officer.get(`${path}/${event?.id}/proof`);

  it('says when to come again as long as the event is not sealed', async () => {
    const answer = await system.get(`/v1/patients/${otherId}`);
    const [event] = await listed(`requestId=${answer.headers['x-request-id']}`);
    const refused = await proofOf(event);
    expect(refused).toMatchObject({
      status: 409,
      headers: { 'retry-after': '60' },
      body: { type: '/problems/not-sealed-yet' },
    });
  });

  it('proves each sealed event to whoever has the public key', async () => {
    await service.platform.audit.seal();
    const events = await listed(`patient=${patientId}&limit=50`);
    const publicKey = createPublicKey(service.platform.checkpointSigner.publicKey);
    for (const event of events.slice(-3)) {
      const { status, body } = await proofOf(event);
      expect(status).toBe(200);
      const { chain, sequence, text, checkpoint, ...rest } = body as unknown as Record<string, never>;
      const proof = { ...(rest as object), checkpoint } as unknown as Parameters<typeof verifyInclusion>[0];
      const row = { chain, sequence, text } as unknown as Parameters<typeof verifyInclusion>[1];
      expect(verifyInclusion(proof, row, publicKey)).toBe(true);
      expect(
        verifyInclusion(proof, { ...row, text: row.text.replace(/read|create/, 'delete') }, publicKey),
      ).toBe(false);
      expect([body['eventId'], JSON.parse(row.text).id]).toEqual([event.id, event.id]);
      expect(body['keyId']).toBe(keyIdOf(String(body['publicKey'])));
    }
  });
});

describe('GET /v1/audit/checkpoints', () => {
  const place = '/v1/audit/checkpoints';

  it('answers the register in order, signed, with the key', async () => {
    for (let round = 0; round < 3; round++) {
      await system.get(`/v1/patients/${otherId}`);
      await service.platform.audit.seal();
    }
    const items = await allPages((cursor) =>
      officer.get(`${place}?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`),
    );
    const { publicKey, keyId } = (await officer.get(place)).body;
    expect(keyId).toBe(keyIdOf(String(publicKey)));
    expect(items.map((item) => item['number'])).toEqual(items.map((_, index) => index + 1));
    expect(items.length).toBeGreaterThanOrEqual(4);
    for (const item of items) {
      const signed = { ...item, checkpoint: undefined } as unknown as Parameters<typeof verifyCheckpoint>[0];
      expect(verifyCheckpoint(signed, createPublicKey(String(publicKey)))).toBe(true);
    }
    const [first] = (await officer.get(`${place}?from=3&limit=1`)).body.items;
    expect(first).toEqual(items[2]);
    expect((await officer.get(`${place}?from=1000000`)).body.items).toEqual([]);
  });

  it('says that the register was altered, and raises an alarm', async () => {
    const key = { table: 'audit', partition: 'CHECKPOINTS', sort: '000000000002' } as const;
    const genuine = await service.platform.table.get(key);
    const put = (checkpoint: string) =>
      service.platform.table.transactWrite([
        { type: 'put', item: { ...key, attributes: { ...genuine?.attributes, checkpoint } } },
      ]);
    await put('not a checkpoint');
    const events = await recordedDuring(service.platform, async () => {
      expect(await officer.get(place)).toMatchObject({
        status: 500,
        body: { type: '/problems/integrity-failure' },
      });
    });
    expect(events).toMatchObject([{ type: 'integrity-alarm', outcome: '12' }]);
    await put(String(genuine?.attributes['checkpoint']));
    expect((await officer.get(place)).status).toBe(200);
  });

  it.each(['from=0', 'from=-1', 'from=x', 'number=1'])('refuses %s', async (query) => {
    expect((await officer.get(`${place}?${query}`)).status).toBe(400);
  });
});

describe('the scopes of the trail', () => {
  /** Written out: list, one event, proof, checkpoints. */
  const matrix: [string, number[]][] = [
    ['system/*.cruds', [403, 403, 403, 403]],
    ['user/*.rs', [403, 403, 403, 403]],
    ['patient/AuditEvent.rs', [403, 403, 403, 403]],
    ['phi/review', [403, 403, 403, 403]],
    ['user/AuditEvent.s', [200, 403, 403, 403]],
    ['user/AuditEvent.r', [403, 200, 200, 200]],
    ['user/AuditEvent.rs', [200, 200, 200, 200]],
    ['system/AuditEvent.cruds', [200, 200, 200, 200]],
  ];
  it.each(matrix)('%s answers %j', async (scope, expected) => {
    const [event] = await listed(`patient=${patientId}&type=patient-create`);
    await service.platform.audit.seal();
    const by = await clientOf(service, { scope, patient: patientId });
    const paths = [path, `${path}/${event?.id}`, `${path}/${event?.id}/proof`, '/v1/audit/checkpoints'];
    const statuses = [];
    for (const asked of paths) statuses.push((await by.get(asked)).status);
    expect(statuses).toEqual(expected);
  });
});

describe('the first use of a token', () => {
  it('leaves one event, also when many requests come at once, and none later', async () => {
    const by = await clientOf(service, { subject: 'newcomer' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => by.get(`/v1/patients/${patientId}`)));
    for (const { status } of answers) expect(status).toBe(200);
    await by.get(`/v1/patients/${patientId}`);
    const [login, ...more] = await listed('agent=newcomer&type=login');
    expect(more).toEqual([]);
    expect(login).toMatchObject({
      type: { code: '110114' },
      subtype: [{ code: '110122' }, { code: 'login' }],
      outcome: '0',
    });
    await (await clientOf(service, { subject: 'newcomer' })).get('/v1/patients');
    expect(await listed('agent=newcomer&type=login')).toHaveLength(2);
  });

  it('is recorded before it is refused what it may not', async () => {
    const by = await clientOf(service, { subject: 'curious', scope: 'phi/nothing' });
    await by.get('/v1/patients');
    expect(typesOf(await listed('agent=curious')).sort()).toEqual(['login', 'refusal']);
  });
});
