import { randomUUID } from 'node:crypto';
import { type AuditEventType, toFhirAuditEvent } from '@app/audit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAuditRows } from '../support/audit-rows.js';
import { balpFaults } from '../support/balp-profiles.js';
import { codeFaults, schemaFaults } from '../support/fhir-validation.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
const any = { 'if-match': '*', 'x-purpose-of-use': 'TREAT' };
const marked = 'MARKEDFAMILY';

beforeAll(async () => {
  service = await startListening({ PHI_RECORD_TYPES: 'medical' });
  const scope = 'system/*.cruds user/AuditEvent.rs phi/erase';
  const by = await clientOf(service, { scope, subject: 'dr-weber' });
  const { id } = (
    await succeeded(by.post('/v1/patients', { name: [{ family: marked }], birthDate: '1984-05-17' }))
  ).body;
  const path = `/v1/patients/${id}`;
  const observation = { recordType: 'Observation', content: { text: marked } };
  const record = (await succeeded(by.post(`${path}/records`, observation))).body.id;
  await succeeded(
    by.post(`${path}/records`, { recordType: 'medical', content: {}, notes: 'Call 617-555-0143.' }),
  );
  await succeeded(by.post(`${path}/records/batch`, { records: [observation, observation] }));
  for (const read of [
    '',
    '/history',
    '/history/1',
    '/care-team',
    '/export',
    '/records',
    '/records?type=medical',
    '/disclosures',
  ]) {
    await succeeded(by.get(`${path}${read}`, { 'x-purpose-of-use': 'PUBHLTH' }));
  }
  await succeeded(by.get(`${path}/records/${record}`));
  await succeeded(by.put(`${path}/records/${record}`, observation, any));
  await succeeded(by.delete(`${path}/records/${record}`, any));
  await succeeded(by.patch(path, { active: true }, any));
  await succeeded(by.put(`${path}/care-team`, { members: [] }, any));
  await succeeded(by.post('/v1/patients/search', { family: marked, birthDate: '1984-05-17' }));
  await succeeded(by.post('/v1/patients/search', { family: 'Nobody', birthDate: '1984-05-17' }));
  await succeeded(by.get('/v1/patients'));
  await succeeded(by.post('/v1/pii/detect', { texts: [`${marked} 617-555-0143`] }));
  await succeeded(by.post('/v1/pii/deidentify', { texts: [`${marked} 617-555-0143`] }));
  await by.get(`/v1/patients/${randomUUID()}`);
  await by.post('/v1/patients', { notes: 'SSN 856-45-6789' });
  await (await clientOf(service, { scope: 'user/*.rs', subject: 'stranger' })).get(path);
  await service.http.get(path);
  await succeeded(by.get('/v1/audit/events?limit=50'));
  await succeeded(by.get('/v1/audit/checkpoints'));
  await succeeded(by.delete(path, any));
  await succeeded(by.post(`${path}/erase`, { confirm: id, reason: 'created-in-error' }));
});
afterAll(() => service.stop());

describe('everything that the service records', () => {
  it('is valid FHIR R4 with codes that exist, and follows the profile of IHE BALP that it claims', async () => {
    const rows = await readAuditRows(service.platform.table);
    const claimed = new Set<AuditEventType>();
    for (const row of rows) {
      const rendered = toFhirAuditEvent(row);
      const { type } = row.event;
      expect([type, schemaFaults(rendered), codeFaults(rendered)]).toEqual([type, [], []]);
      if (rendered.meta === undefined) continue;
      claimed.add(type);
      expect([type, balpFaults(rendered)]).toEqual([type, []]);
    }
    expect([...claimed].sort()).toEqual([
      'care-team-read',
      'care-team-update',
      'export',
      'patient-create',
      'patient-delete',
      'patient-query',
      'patient-read',
      'patient-update',
      'record-create',
      'record-delete',
      'record-query',
      'record-read',
      'record-update',
    ]);
    const types = new Set(rows.map(({ event }) => event.type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'login',
        'refusal',
        'patient-erase',
        'text-detect',
        'text-deidentify',
        'audit-query',
        'audit-read',
        'disclosures-read',
      ]),
    );
  });

  it('is what the route answers', async () => {
    const officer = await clientOf(service, { scope: 'user/AuditEvent.rs' });
    const { items } = (await officer.get('/v1/audit/events?limit=50')).body;
    expect(items.length).toBeGreaterThan(30);
    for (const item of items) expect(schemaFaults(item)).toEqual([]);
    const rows = new Map((await readAuditRows(service.platform.table)).map((row) => [row.event.id, row]));
    for (const item of items) expect(item).toEqual(toFhirAuditEvent(rows.get(item.id)!));
  });

  it('holds nothing of what was sent', async () => {
    const officer = await clientOf(service, { scope: 'user/AuditEvent.rs' });
    let text = '';
    let cursor = '';
    do {
      const answer = await officer.get(`/v1/audit/events?limit=50${cursor}`);
      text += answer.text;
      cursor = answer.body.nextCursor === undefined ? '' : `&cursor=${answer.body.nextCursor}`;
    } while (cursor !== '');
    for (const value of [marked, '1984-05-17', '617-555-0143', '856-45-6789']) {
      expect(text.includes(value)).toBe(false);
      expect(text.includes(Buffer.from(value).toString('base64').slice(0, 10))).toBe(false);
    }
    expect(text.includes('family')).toBe(false);
    expect(text.includes(Buffer.from('family&birthDate').toString('base64'))).toBe(true);
  });
});
