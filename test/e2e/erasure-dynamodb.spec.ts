import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DynamoDbLocal, javaIsInstalled, startDynamoDbLocal } from '../support/dynamodb-local.js';
import { startOnDynamoDb } from '../support/dynamodb-service.js';
import {
  destroyedOf,
  erasablePatient,
  erasureBody,
  officerScope,
  remainsOf,
} from '../support/erasable-patient.js';
import { clientOf, type PhiClient, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

function onDynamoDb(): void {
  let local: DynamoDbLocal;
  let service: Service;
  let client: PhiClient;
  let officer: PhiClient;

  beforeAll(async () => {
    local = await startDynamoDbLocal();
    service = await startOnDynamoDb(local);
    client = await clientOf(service);
    officer = await clientOf(service, { scope: officerScope });
  }, 90_000);
  afterAll(async () => {
    await service.stop();
    await local.stop();
  });

  it('is complete, and answers its receipt again', async () => {
    const erased = await erasablePatient(service, client, 'dynamodb-1');
    const erase = () => officer.post(`${erased.path}/erase`, erasureBody(erased.id));
    const { body } = await succeeded(erase());
    expect(body['destroyed']).toEqual(destroyedOf(erased));
    expect(await remainsOf(service.platform, erased)).toEqual([]);
    expect((await client.get(erased.path)).status).toBe(410);
    expect((await erase()).body).toEqual(body);
  });

  it('removes more rows than a page or a transaction holds', async () => {
    const { id, path, indexRows } = await erasablePatient(service, client, 'dynamodb-2');
    const content = { note: 'x'.repeat(50_000) };
    const records = Array.from({ length: 40 }, () => ({ recordType: 'Observation', content }));
    for (let batch = 0; batch < 3; batch++) {
      await succeeded(client.post(`${path}/records/batch`, { records }));
    }
    const { body } = await succeeded(officer.post(`${path}/erase`, erasureBody(id)));
    expect(body['destroyed']).toMatchObject({ records: 123 });
    expect(await remainsOf(service.platform, { id, indexRows })).toEqual([]);
  });

  it('leaves nothing of writes that race with it', async () => {
    const erased = await erasablePatient(service, client, 'dynamodb-3');
    const { path, id, records } = erased;
    const any = { 'if-match': '*' };
    const observation = { recordType: 'Observation', content: {} };
    const writes = Array.from({ length: 8 }, () => [
      client.patch(path, { gender: 'other' }, any),
      client.post(`${path}/records`, observation),
      client.put(`${path}/records/${records.observation}`, observation, any),
    ]).flat();
    const erase = () => officer.post(`${path}/erase`, erasureBody(id));
    const [first, second] = await Promise.all([erase(), erase()]);
    await Promise.all(writes);
    // A conflict that lasts is a 409 or a 503: both may be repeated.
    for (const { status } of [first, second]) expect([200, 409, 503]).toContain(status);
    await succeeded(erase());
    expect(await remainsOf(service.platform, erased)).toEqual([]);
  });
}

describe('an erasure with the records on DynamoDB', () => {
  if (javaIsInstalled()) onDynamoDb();
  else it.todo('NOT TESTED: DynamoDB Local needs Java 17, which is not installed');
});
