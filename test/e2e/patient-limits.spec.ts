import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

const times = <T>(count: number, make: (position: number) => T) =>
  Array.from({ length: count }, (_, position) => make(position));
const identifiers = (count: number, prefix: string) => times(count, (n) => mrn(`${prefix}-${n}`));
const telecom = (count: number, prefix = 'a') =>
  times(count, (n) => ({ system: 'email', value: `${prefix}${n}@example.org` }));
const names = (count: number, prefix = 'Sample') => times(count, (n) => ({ family: `${prefix}${n}` }));

async function expectRefused(patient: object, pointer: string): Promise<void> {
  const refused = await client.post('/v1/patients', patient);
  expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
  expect(refused.body.errors.map((error) => error.pointer)).toEqual([pointer]);
}

async function expectTaken(patient: object): Promise<void> {
  expect((await client.post('/v1/patients', patient)).status).toBe(201);
}

describe('how much a patient may hold', () => {
  it('10 identifiers, not 11', async () => {
    await expectTaken({ identifier: identifiers(10, 'ten') });
    await expectRefused({ identifier: identifiers(11, 'eleven') }, '/identifier');
  });

  it('5 names, not 6', async () => {
    await expectTaken({ name: names(5) });
    await expectRefused({ name: names(6) }, '/name');
  });

  it('10 ways to reach him, not 11', async () => {
    await expectTaken({ telecom: telecom(10) });
    await expectRefused({ telecom: telecom(11) }, '/telecom');
  });

  it('notes of 65,536 characters, not one more', async () => {
    await expectTaken({ notes: 'n'.repeat(65_536) });
    await expectRefused({ notes: 'n'.repeat(65_537) }, '/notes');
  });

  it('an identifier of 255 characters, not 256 and not none', async () => {
    await expectTaken({ identifier: [mrn('i'.repeat(255))] });
    await expectRefused({ identifier: [mrn('i'.repeat(256))] }, '/identifier/0/value');
    await expectRefused({ identifier: [mrn('')] }, '/identifier/0/value');
    await expectRefused({ identifier: [{ system: 'urn:example:mrn' }] }, '/identifier/0/value');
  });

  it('a language in each communication, which is what it is for', async () => {
    await expectTaken({ communication: [{ language: { text: 'English' } }] });
    await expectRefused({ communication: [{ preferred: true }] }, '/communication/0/language');
    await expectRefused({ communication: [{ language: null }] }, '/communication/0/language');
  });

  it('all of it at once, and all of it changed in one request', async () => {
    const whole = (prefix: string) => ({
      identifier: identifiers(10, prefix),
      telecom: telecom(10, prefix),
      name: names(5, prefix),
      birthDate: '1984-05-17',
    });
    const { body } = await client.post('/v1/patients', whole('before'));
    const changed = await client.put(`/v1/patients/${body.id}`, whole('after'), { 'if-match': '"1"' });
    expect(changed.status).toBe(200);

    const found = async (value: string) =>
      (await client.post('/v1/patients/search', { identifier: mrn(value) })).body.items.length;
    expect([await found('before-9'), await found('after-9')]).toEqual([0, 1]);
  });
});

describe('dates', () => {
  it.each(['1984', '1984-05', '1984-05-17', '2024-02-29', '2000-02-29', '1999-12-31'])(
    'takes %s as a date of birth',
    async (birthDate) => {
      const created = await client.post('/v1/patients', { birthDate });
      expect(created).toMatchObject({ status: 201, body: { birthDate } });
    },
  );

  it.each([
    '2023-02-30',
    '2023-02-29',
    '1900-02-29',
    '2023-04-31',
    '2023-13-01',
    '2023-00-10',
    '2023-01-00',
    '2023-1-1',
    '19840517',
    '84-05-17',
    '1984-05-17T10:00:00Z',
  ])('refuses %s as a date of birth', async (birthDate) => {
    await expectRefused({ birthDate }, '/birthDate');
  });

  it.each(['2024-02-29', '2024-02-29T23:59:59Z', '2024-11-02T08:15:00.123456789+14:00'])(
    'takes %s as the time of death',
    async (deceasedDateTime) => {
      const created = await client.post('/v1/patients', { deceasedDateTime });
      expect(created).toMatchObject({ status: 201, body: { deceasedDateTime } });
    },
  );

  it.each([
    '2023-02-30',
    '2023-02-30T10:00:00Z',
    '2023-02-01T24:00:00Z',
    '2023-02-01T10:00:00',
    '2023-02-01T10:00Z',
    '2016-12-31T23:59:60Z',
  ])('refuses %s as the time of death', async (deceasedDateTime) => {
    await expectRefused({ deceasedDateTime }, '/deceasedDateTime');
  });

  it('refuses a day that the calendar does not have in a period too', async () => {
    const period = { start: '2023-06-31' };
    await expectRefused({ name: [{ family: 'Sample', period }] }, '/name/0/period/start');
  });
});
