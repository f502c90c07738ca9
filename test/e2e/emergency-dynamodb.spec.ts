import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DynamoDbLocal, javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { startOnDynamoDb } from '../support/dynamodb-service.js';
import { breakGlass, clinicianOf, emergency, grantOf } from '../support/emergency.js';
import { allPages, clientOf, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

const queue = '/v1/audit/emergency-accesses';

function onDynamoDb(): void {
  let local: DynamoDbLocal;
  let service: Service;
  beforeAll(async () => {
    local = await startDynamoDbLocal();
    service = await startOnDynamoDb(local, { PHI_EMERGENCY_ACCESSES_PER_HOUR: '0' });
  }, 90_000);
  afterAll(async () => {
    await service.stop();
    await local.stop();
  });

  it('opens once, reads, queues newest first, is reviewed once, and ends', async () => {
    const officer = await clientOf(service, { scope: 'phi/review', subject: 'officer' });
    const patient = (await succeeded((await clientOf(service)).post('/v1/patients', {}))).body.id;
    const path = `/v1/patients/${patient}`;
    const clinician = await clinicianOf(service, 'clinician');
    const asked = await Promise.all(
      Array.from({ length: 4 }, () => clinician.post(`${path}/emergency-access`, emergency('Asked.'))),
    );
    // A conflict that lasts is a 409 or a 503: both may be repeated.
    for (const { status } of asked) expect([200, 201, 409, 503]).toContain(status);
    const { id } = await breakGlass(clinician, patient);
    await grantOf(service, patient);
    expect((await clinician.get(path)).status).toBe(200);
    const later = [];
    for (const subject of ['b', 'c', 'd'])
      later.unshift((await breakGlass(await clinicianOf(service, subject), patient)).id);
    const listed = async (status: string) =>
      (
        await allPages((cursor) =>
          officer.get(`${queue}?status=${status}&limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`),
        )
      ).map((item) => item.id);
    expect(await listed('open')).toEqual([...later, id]);

    const review = () =>
      officer.post(`${queue}/${id}/review`, { finding: 'inappropriate', comment: 'Not on duty.' });
    const reviewed = await Promise.all([review(), review(), review()]);
    for (const { status } of reviewed) expect([200, 409, 503]).toContain(status);
    expect((await review()).status).toBe(409);

    expect((await clinician.get(path)).status).toBe(404);
    expect(await listed('open')).toEqual(later);
    expect(await listed('reviewed')).toEqual([id]);
    expect((await succeeded(officer.get(`${queue}/${id}`))).body).toMatchObject({
      reason: 'Asked.',
      comment: 'Not on duty.',
      reads: [{ type: 'patient-read' }],
    });
  });
}

describe('an emergency access with the records on DynamoDB', () => {
  if (javaIsInstalled()) onDynamoDb();
  else it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
});
