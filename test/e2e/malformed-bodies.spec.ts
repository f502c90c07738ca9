import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let patientPath: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  patientPath = `/v1/patients/${(await client.post('/v1/patients', {})).body.id}`;
});
afterAll(() => service.stop());

/** Stands wherever the caller's own text can stand: it must not come back, nor be logged. */
const marked = 'MARKEDVALUE';
const record = { recordType: 'Observation', content: {} };

describe('a body that is not well formed', () => {
  const places: [string, () => Promise<Answer>, string[]][] = [
    [
      'of a patient',
      () => client.post('/v1/patients', { gender: marked, birthDate: 7, active: 'yes' }),
      ['/active', '/birthDate', '/gender'],
    ],
    [
      'of a patient, deep inside',
      () =>
        client.post('/v1/patients', {
          name: [{ family: 'x' }, { given: [7] }],
          contact: [{ telecom: [{ system: marked, value: '' }] }],
        }),
      ['/contact/0/telecom/0/system', '/contact/0/telecom/0/value', '/name/1/given'],
    ],
    [
      'of a patient, with arrays for objects',
      () =>
        client.post('/v1/patients', {
          maritalStatus: [{ text: marked }],
          meta: [],
          name: [[{ family: marked }]],
        }),
      ['/maritalStatus', '/meta', '/name/0'],
    ],
    [
      'of a patient, with unknown elements',
      () => client.post('/v1/patients', { [marked]: 1, name: [{ [`${marked}~/`]: 1 }] }),
      ['', '/name/0'],
    ],
    [
      'of a record',
      () => client.post(`${patientPath}/records`, { recordType: marked, notes: '' }),
      ['/content', '/notes', '/recordType'],
    ],
    [
      'of a batch',
      () =>
        client.post(`${patientPath}/records/batch`, {
          records: [record, { ...record, id: marked }, { ...record, [marked]: 1 }],
        }),
      ['/records/1/id', '/records/2'],
    ],
    ['of a search', () => client.post('/v1/patients/search?limit=99', { phone: 7 }), ['/phone']],
    [
      'of a care team',
      () => client.put(`${patientPath}/care-team`, { members: [{ subject: marked }] }, { 'if-match': '*' }),
      ['/members/0/period', '/members/0/role'],
    ],
  ];
  it.each(places)('%s is answered with every place that is wrong', async (_, send, pointers) => {
    const refused = await send();
    expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
    expect(refused.body.errors.map(({ pointer }) => pointer).sort()).toEqual(pointers);
    for (const { detail } of refused.body.errors) expect(detail.length).toBeGreaterThan(5);
    expect((refused.text + service.logged()).includes(marked)).toBe(false);
  });

  it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'then', 'toJSON'])(
    'with an unknown element called %s is refused like any other',
    async (name) => {
      for (const body of [{ [name]: 'x' }, { name: [{ [name]: 'x' }] }]) {
        const refused = await client.post('/v1/patients', body);
        expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
        expect(refused.body.errors.map(({ pointer }) => pointer)).toEqual([
          Object.hasOwn(body, name) ? '' : '/name/0',
        ]);
      }
    },
  );

  it('is answered with at most 50 places', async () => {
    const entries = Array.from({ length: 50 }, () => ({ recordType: marked, content: [], notes: 7 }));
    const refused = await client.post(`${patientPath}/records/batch`, { records: entries });
    expect(refused.status).toBe(400);
    expect(refused.body.errors.length).toBe(50);
  });

  it('of 3 MB of nested arrays is answered at once', async () => {
    for (const body of [
      `{"notes":${'['.repeat(1_500_000)}${']'.repeat(1_500_000)}}`,
      `{"unknown":${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}}`,
      `{"maritalStatus":${'{"coding":['.repeat(200_000)}${']}'.repeat(200_000)}}`,
    ]) {
      const refused = await client.post('/v1/patients', body);
      expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
    }
  });
});
