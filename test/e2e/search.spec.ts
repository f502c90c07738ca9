import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allPages, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
/** Ana Núñez-Sample, found in all the ways below. */
let ana: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  ana = await create({
    identifier: [mrn('MRN-Ana-1'), { value: 'no-system' }],
    name: [
      { family: 'Núñez-Sample', given: ['Ana'] },
      { family: "O'Sample", use: 'maiden' },
    ],
    birthDate: '1984-05-17',
    telecom: [
      { system: 'phone', value: '+1 (202) 555-0143' },
      { system: 'email', value: 'Ana.Sample@example.org' },
      { system: 'fax', value: '+1 202 555 0199' },
    ],
  });
  await create({ name: [{ family: 'Núñez-Sample' }], birthDate: '1985-05-17' });
  await create({ name: [{ family: 'Nunez' }], birthDate: '1984-05-17' });
});
afterAll(() => service.stop());

async function create(patient: object): Promise<string> {
  const { status, body } = await client.post('/v1/patients', patient);
  expect(status).toBe(201);
  return body.id;
}

async function found(query: object, by = client): Promise<string[]> {
  const answer = await by.post('/v1/patients/search', query);
  expect(answer.status).toBe(200);
  return answer.body.items.map(({ id }) => id);
}

describe('searching for a patient', () => {
  it('answers the current version, as a read does', async () => {
    const { body } = await client.post('/v1/patients/search', { identifier: mrn('MRN-Ana-1') });
    expect(body.items).toEqual([(await client.get(`/v1/patients/${ana}`)).body]);
    expect(body).not.toHaveProperty('nextCursor');
  });

  const same: [string, object][] = [
    ['an identifier', { identifier: mrn('MRN-Ana-1') }],
    ['an identifier in other case', { identifier: mrn(' mrn-ana-1') }],
    ['a family name and a birth date', { family: 'Núñez-Sample', birthDate: '1984-05-17' }],
    ['a family name in capitals', { family: 'NÚÑEZ-SAMPLE', birthDate: '1984-05-17' }],
    ['a family name without diacritics', { family: 'nunez-sample', birthDate: '1984-05-17' }],
    ['a decomposed family name', { family: 'Núñez-Sample'.normalize('NFD'), birthDate: '1984-05-17' }],
    ['spaces and another hyphen', { family: ' Núñez\u2010Sample ', birthDate: '1984-05-17' }],
    ['a maiden name', { family: "O'Sample", birthDate: '1984-05-17' }],
    ['a typographic apostrophe', { family: 'o\u2019sample', birthDate: '1984-05-17' }],
    ['a phone number', { phone: '+1 (202) 555-0143' }],
    ['a phone number with dots', { phone: '202.555.0143' }],
    ['a phone number in digits', { phone: '12025550143' }],
    ['an email address', { email: 'Ana.Sample@example.org' }],
    ['an email address in other case', { email: ' ana.sample@EXAMPLE.org' }],
  ];
  it.each(same)('finds by %s', async (_, query) => {
    expect(await found(query)).toEqual([ana]);
  });

  const other: [string, object][] = [
    ['the identifier of another system', { identifier: mrn('MRN-Ana-1', 'urn:example:other') }],
    ['the beginning of an identifier', { identifier: mrn('MRN-Ana') }],
    ['the family name with another birth date', { family: 'Núñez-Sample', birthDate: '1984-05-18' }],
    ['the beginning of a birth date', { family: 'Núñez-Sample', birthDate: '1984' }],
    ['a part of a family name', { family: 'Sample', birthDate: '1984-05-17' }],
    ['a given name', { family: 'Ana', birthDate: '1984-05-17' }],
    ['a fax number as a phone number', { phone: '202-555-0199' }],
    ['a phone number without its area', { phone: '555-0143' }],
    ['a phone number without a digit', { phone: 'none' }],
    ['an email address of another domain', { email: 'ana.sample@example.com' }],
    ['a phone number as an email address', { email: '202-555-0143' }],
  ];
  it.each(other)('finds nothing by %s', async (_, query) => {
    expect(await found(query)).toEqual([]);
  });

  it('does not find a patient whose phone number has no digit by another without one', async () => {
    await create({ telecom: [{ system: 'phone', value: 'unlisted' }] });
    expect(await found({ phone: 'none' })).toEqual([]);
  });
});

describe('what is searched is the current version', () => {
  it('finds a changed value, and no longer the one before', async () => {
    const before = {
      identifier: [mrn('MRN-before')],
      name: [{ family: 'Before' }],
      birthDate: '1990-01-01',
      telecom: [
        { system: 'phone', value: '617-555-0101' },
        { system: 'email', value: 'before@example.org' },
      ],
    };
    const id = await create(before);
    const queriesOf = ({ identifier, name, birthDate, telecom }: typeof before) => [
      { identifier: identifier[0] },
      { family: name[0]?.family, birthDate },
      { phone: telecom[0]?.value },
      { email: telecom[1]?.value },
    ];
    for (const query of queriesOf(before)) expect(await found(query)).toEqual([id]);

    const after = {
      identifier: [mrn('MRN-after')],
      name: [{ family: 'After' }],
      birthDate: '1990-01-02',
      telecom: [
        { system: 'phone', value: '617-555-0102' },
        { system: 'email', value: 'after@example.org' },
      ],
    };
    await client.put(`/v1/patients/${id}`, after, { 'if-match': '"1"' });

    for (const query of queriesOf(before)) expect(await found(query)).toEqual([]);
    for (const query of queriesOf(after)) expect(await found(query)).toEqual([id]);

    await client.delete(`/v1/patients/${id}`, { 'if-match': '"2"' });

    for (const query of queriesOf(after)) expect(await found(query)).toEqual([]);
  });
});

describe('a restricted patient', () => {
  it.each(['R', 'V'])('(%s) is found by his care team alone', async (code) => {
    const member = await clientOf(service, { scope: 'user/*.cruds', subject: `member-${code}` });
    const patient = { identifier: [mrn(`MRN-${code}`)], meta: { security: [{ code }] } };
    const { body } = await member.post('/v1/patients', patient);
    const query = { identifier: mrn(`MRN-${code}`) };

    expect(await found(query)).toEqual([]);
    expect(await found(query, member)).toEqual([body.id]);

    await client.patch(`/v1/patients/${body.id}`, { meta: null }, { 'if-match': '"1"' });

    expect(await found(query)).toEqual([body.id]);
  });
});

describe('a search is refused', () => {
  const identifier = mrn('MRN-Ana-1');
  const refusals: [string, object][] = [
    ['that asks for nothing', {}],
    ['for a family name alone', { family: 'Sample' }],
    ['for a birth date alone', { birthDate: '1984-05-17' }],
    ['for two things', { phone: '202-555-0143', email: 'ana.sample@example.org' }],
    ['for an identifier and a name', { identifier, family: 'Sample', birthDate: '1984-05-17' }],
    ['for a phone number and half a name', { phone: '202-555-0143', family: 'Sample' }],
    ['for null', { phone: null }],
    ['for an identifier that is null', { identifier: null }],
    ['for a name that is null', { family: null, birthDate: null }],
  ];
  it.each(refusals)('%s', async (_, query) => {
    const refused = await client.post('/v1/patients/search', query);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '' }] } });
  });

  it('for an identifier without its system, or by an unknown element', async () => {
    const withoutSystem = await client.post('/v1/patients/search', { identifier: { value: 'no-system' } });
    expect(withoutSystem.body.errors.map(({ pointer }) => pointer)).toEqual(['/identifier/system']);
    expect((await client.post('/v1/patients/search', { given: 'Ana', phone: '1' })).status).toBe(400);
  });
});

describe('pages of a search', () => {
  it('show each of the patients that share a value once', async () => {
    const telecom = [{ system: 'phone', value: '617-555-0155' }];
    const ids = await Promise.all(Array.from({ length: 23 }, () => create({ telecom })));

    const pageSizes: number[] = [];
    const items = await allPages(async (cursor) => {
      const query = cursor === undefined ? '?limit=10' : `?limit=10&cursor=${cursor}`;
      const answer = await client.post(`/v1/patients/search${query}`, { phone: '617-555-0155' });
      pageSizes.push(answer.body.items.length);
      return answer;
    });

    expect(items.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(Math.max(...pageSizes)).toBe(10);
  });
});
