import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalIssuer, subjectToken } from '@app/authentication';
import { MassReads } from '../../apps/phi-api/src/metrics/mass-reads.js';
import { auditTrail } from '../support/audit-recording.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

let service: Service;
let importer: PhiClient;
const ids: string[] = [];

beforeAll(async () => {
  service = await startListening({ PHI_MASS_READ_PATIENTS_PER_HOUR: '10' });
  importer = await clientOf(service, { subject: 'importer' });
  for (let patient = 0; patient < 12; patient++) {
    const telecom = [{ system: 'phone', value: '617-555-0177' }];
    ids.push((await succeeded(importer.post('/v1/patients', { telecom }))).body.id);
  }
});
afterAll(() => service.stop());

async function massReadsOf(subject: string) {
  await service.app.get(MassReads).watch.settled();
  const events = await auditTrail(service.platform);
  return events.filter(({ type, origin }) => type === 'mass-read' && origin.agent?.subject === subject);
}
const warnings = () =>
  service
    .logged()
    .split('\n')
    .filter((line) => line.includes('"mass read"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a mass read', () => {
  it('is not made of creating patients', async () => {
    expect(await massReadsOf('importer')).toEqual([]);
  });

  // 45 CFR 164.308(a)(1)(i): a violation is detected; 164.308(a)(6)(ii).
  it('is reported in the trail and in the log, and the reads are answered', async () => {
    const clerk = await clientOf(service, { subject: 'marked-clerk' });
    for (const id of ids.slice(0, 10)) expect((await clerk.get(`/v1/patients/${id}`)).status).toBe(200);
    expect(await massReadsOf('marked-clerk')).toEqual([]);

    expect((await clerk.get(`/v1/patients/${ids[10]}/export`)).status).toBe(200);

    expect(await massReadsOf('marked-clerk')).toMatchObject([
      {
        type: 'mass-read',
        outcome: '8',
        count: 11,
        massRead: { limit: 10, usual: 0 },
        origin: { networkAddress: '', requestId: '' },
      },
    ]);
    const agent = subjectToken({ issuer: LocalIssuer.issuer, subject: 'marked-clerk' });
    expect(warnings()).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        message: 'mass read',
        agent,
        patients: 11,
        limit: 10,
        usual: 0,
      },
    ]);
    expect(JSON.stringify(warnings())).not.toContain('marked-clerk');
  });

  it.each<[string, (client: PhiClient) => Promise<{ status: number }>]>([
    ['list', (client) => client.get('/v1/patients?limit=50')],
    ['search', (client) => client.post('/v1/patients/search', { phone: '617-555-0177' })],
  ])('can be one %s', async (request, send) => {
    const subject = `reader-by-${request}`;
    expect((await send(await clientOf(service, { subject }))).status).toBe(200);
    expect(await massReadsOf(subject)).toMatchObject([{ count: 12 }]);
  });

  it('can be made of empty changes, whose answers hold the patient', async () => {
    const clerk = await clientOf(service, { subject: 'patcher' });
    for (const id of ids.slice(0, 11)) {
      expect((await clerk.patch(`/v1/patients/${id}`, {}, { 'if-match': '*' })).status).toBe(200);
    }
    expect(await massReadsOf('patcher')).toMatchObject([{ count: 11 }]);
  });

  it('is not made of what was refused', async () => {
    const outsider = await clientOf(service, { scope: 'user/*.rs', subject: 'outsider' });
    for (const id of ids) expect((await outsider.get(`/v1/patients/${id}`)).status).toBe(404);
    expect(await massReadsOf('outsider')).toEqual([]);
  });
});
