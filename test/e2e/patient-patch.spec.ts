import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

async function create(patient: object): Promise<string> {
  const { status, body } = await client.post('/v1/patients', patient);
  expect(status).toBe(201);
  return `/v1/patients/${body.id}`;
}

/** @returns the elements of the patient after the patch, as they are read back */
async function patched(before: object, patch: object): Promise<object> {
  const path = await create(before);
  const answer = await client.patch(path, patch, { 'if-match': '"1"' });
  expect(answer).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { version: 2 } });
  const read = await client.get(path);
  expect(read.body).toEqual(answer.body);
  const { id: _id, version: _v, createdAt: _c, updatedAt: _u, screening: _s, ...elements } = read.body;
  return elements;
}

/** RFC 7396, appendix A, told with elements of a patient. */
const cases: { of: string; before: object; patch: object; after: object }[] = [
  {
    of: '{"a":"b"} + {"a":"c"}',
    before: { gender: 'male' },
    patch: { gender: 'female' },
    after: { gender: 'female' },
  },
  {
    of: '{"a":"b"} + {"b":"c"}',
    before: { gender: 'male' },
    patch: { birthDate: '1984' },
    after: { gender: 'male', birthDate: '1984' },
  },
  { of: '{"a":"b"} + {"a":null}', before: { gender: 'male' }, patch: { gender: null }, after: {} },
  {
    of: '{"a":"b","b":"c"} + {"a":null}',
    before: { gender: 'male', active: false },
    patch: { gender: null },
    after: { active: false },
  },
  {
    of: '{"a":[..]} + {"a":[..]}: arrays replace, they do not merge',
    before: { name: [{ family: 'Sample', given: ['Ana'] }, { family: 'Other' }] },
    patch: { name: [{ family: 'Next' }] },
    after: { name: [{ family: 'Next' }] },
  },
  {
    of: '{"a":[..]} + {"a":[]}',
    before: { name: [{ family: 'Sample' }] },
    patch: { name: [] },
    after: { name: [] },
  },
  {
    of: '{"a":{"b":"c"}} + {"a":{"b":"d","c":null}}',
    before: { maritalStatus: { text: 'single' } },
    patch: { maritalStatus: { text: 'married', coding: null } },
    after: { maritalStatus: { text: 'married' } },
  },
  {
    of: '{"a":{"b":"c"}} + {"a":{"d":"e"}}: objects merge',
    before: { maritalStatus: { text: 'married' } },
    patch: { maritalStatus: { coding: [{ code: 'M' }] } },
    after: { maritalStatus: { text: 'married', coding: [{ code: 'M' }] } },
  },
  {
    of: '{} + {"a":{"bb":{"ccc":null}}}',
    before: {},
    patch: { maritalStatus: { text: null } },
    after: { maritalStatus: {} },
  },
  {
    of: '{"e":..} + {"x":null}: removing what is not there changes nothing',
    before: { gender: 'male' },
    patch: { birthDate: null, notes: null, meta: null },
    after: { gender: 'male' },
  },
  {
    of: '{"a":"b"} + {}',
    before: { gender: 'male', notes: 'stays' },
    patch: {},
    after: { gender: 'male', notes: 'stays' },
  },
  {
    of: 'null inside an array, which FHIR takes for absent',
    before: { name: [{ family: 'Sample', given: ['Ana'] }] },
    patch: { name: [{ family: 'Sample', given: null }] },
    after: { name: [{ family: 'Sample' }] },
  },
];

describe('a merge patch (RFC 7396, appendix A)', () => {
  it.each(cases)('$of', async ({ before, patch, after }) => {
    expect(await patched(before, patch)).toEqual(after);
  });
});

describe('a merge patch is refused', () => {
  const refusals: { what: string; patch: object | string; pointer: string }[] = [
    { what: 'with an unknown element', patch: { nickname: 'x' }, pointer: '' },
    { what: 'with an unknown element that it would remove', patch: { nickname: null }, pointer: '' },
    {
      what: 'with an unknown element inside',
      patch: { maritalStatus: { colour: 'x' } },
      pointer: '/maritalStatus',
    },
    { what: 'that tries to set what the service gives', patch: { version: 7 }, pointer: '' },
    { what: 'with another type', patch: { gender: ['male'] }, pointer: '/gender' },
    { what: 'with an object where an array belongs', patch: { name: { family: 'x' } }, pointer: '/name' },
    { what: 'with null for an entry of an array', patch: { name: [null] }, pointer: '/name/0' },
    {
      what: 'with null for a text in an array',
      patch: { name: [{ given: [null] }] },
      pointer: '/name/0/given',
    },
    {
      what: 'with null for what an entry must have',
      patch: { identifier: [{ system: 'urn:example:mrn', value: null }] },
      pointer: '/identifier/0/value',
    },
    { what: 'that is an array', patch: [{ gender: 'male' }], pointer: '' },
    { what: 'that is null', patch: 'null', pointer: '' },
  ];

  it.each(refusals)('$what', async ({ patch, pointer }) => {
    const path = await create({ gender: 'female' });
    const refused = await client.patch(path, patch, { 'if-match': '"1"' });
    expect(refused).toMatchObject({ status: 400, body: { type: '/problems/validation-failed' } });
    expect(refused.body.errors.map((error) => error.pointer)).toEqual([pointer]);
    expect((await client.get(path)).body).toMatchObject({ version: 1, gender: 'female' });
  });

  it('under another media type', async () => {
    const path = await create({});
    const refused = await client.patch(path, {}, { 'if-match': '"1"', 'content-type': 'application/json' });
    expect(refused).toMatchObject({ status: 415, body: { type: '/problems/unsupported-media-type' } });
  });
});
