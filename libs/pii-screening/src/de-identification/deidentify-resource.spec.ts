import { describe, expect, it } from '@jest/globals';
import { Problem } from '@app/problem-details';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { LocalPiiDetector } from '../local-pii-detector.js';
import { policyOf } from '../screening-policy.js';
import { deidentifyResource } from './deidentify-resource.js';
import type { DeidentificationOptions } from './replacements.js';

const detector = new LocalPiiDetector();
const asOf = new Date('2026-06-01');
const masked = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
};

async function deidentify(resource: object, options: DeidentificationOptions = {}) {
  return (await deidentifyResource(resource, detector, { asOf, ...options })).resource;
}

const patient = {
  resourceType: 'Patient',
  id: 'pat-4711',
  meta: { lastUpdated: '2024-02-03T10:11:12Z', source: 'https://ehr.larkspur.example.org/fhir' },
  text: {
    status: 'generated',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><b>Quillfeather</b>, Odalys, born in <i>Zebulon</i>, MRN LV-558211, call 617-555-0143</div>',
  },
  identifier: [
    {
      use: 'usual',
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
      system: 'http://larkspur.example.org/ids',
      value: 'LV-558211',
    },
    { system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-9999' },
  ],
  name: [{ use: 'official', family: 'Quillfeather', given: ['Odalys', 'B'], prefix: ['Mrs.'] }],
  telecom: [
    { system: 'phone', value: '617-555-0143', use: 'home' },
    { system: 'email', value: 'odalys@example.com' },
  ],
  gender: 'female',
  birthDate: '1957-03-14',
  deceasedBoolean: false,
  address: [
    {
      line: ['12 Oak Street'],
      city: 'Zebulon',
      district: 'Pike County',
      state: 'IL',
      postalCode: '62704-1234',
      country: 'US',
      period: { start: '2011-05-01' },
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/geolocation', extension: [{ valueDecimal: 39.8 }] },
      ],
    },
  ],
  maritalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', code: 'M' }],
  },
  photo: [{ contentType: 'image/png', data: 'iVBORw0KGgo=' }],
  contact: [{ name: { text: 'Bram Quillfeather' }, telecom: [{ system: 'phone', value: '617-555-0144' }] }],
  extension: [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName',
      valueString: 'Thistlewood',
    },
    { url: 'http://larkspur.example.org/ward', valueInteger: 4 },
  ],
  managingOrganization: { reference: 'Organization/77', display: 'Larkspur Valley Hospital' },
};

describe('a patient', () => {
  it('keeps the shape and nothing that identifies', async () => {
    const { extension: _geolocation, ...address } = patient.address[0] ?? {};
    const { photo: _photo, ...rest } = patient;
    expect(await deidentify(patient)).toEqual({
      ...rest,
      id: 'id-1',
      meta: { lastUpdated: '2024', source: '{URL}' },
      text: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><b>{NAME}</b>, {NAME}, born in <i>{ADDRESS}</i>, MRN {MEDICAL_RECORD_NUMBER}, call {PHONE}</div>',
      },
      identifier: [
        { ...patient.identifier[0], system: '{URL}', value: '{MEDICAL_RECORD_NUMBER}' },
        { system: 'http://hl7.org/fhir/sid/us-ssn', value: '{US_SOCIAL_SECURITY_NUMBER}' },
      ],
      name: [{ use: 'official', family: '{NAME}', given: ['{NAME}', '{NAME}'], prefix: ['{NAME}'] }],
      telecom: [
        { system: 'phone', value: '{PHONE}', use: 'home' },
        { system: 'email', value: '{EMAIL}' },
      ],
      birthDate: '1957',
      address: [
        {
          ...address,
          line: ['{ADDRESS}'],
          city: '{ADDRESS}',
          district: '{ADDRESS}',
          postalCode: '627',
          period: { start: '2011' },
        },
      ],
      contact: [{ name: { text: '{NAME}' }, telecom: [{ system: 'phone', value: '{PHONE}' }] }],
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: '{NAME}' },
        patient.extension[1],
      ],
      managingOrganization: { reference: 'Organization/id-2', display: '{ADDRESS}' },
    });
  });

  it('stays as it was where it came from', async () => {
    const before = JSON.stringify(patient);
    await deidentify(patient);
    expect(JSON.stringify(patient)).toBe(before);
  });

  it('is answered with types, counts and pointers, and no value', async () => {
    const { findings } = await deidentifyResource(patient, detector, { asOf });
    expect(findings).toContainEqual({ type: 'NAME', count: 2, pointer: '/text/div' });
    expect(findings).toContainEqual({ type: 'EMAIL', count: 1, pointer: '/telecom/1/value' });
    expect(JSON.stringify(findings)).not.toMatch(/Quillfeather|0143|4711/);
  });

  it('names the same value by the same surrogate everywhere', async () => {
    const copy = await deidentify(patient, { surrogates: true });
    expect(copy['name']).toEqual([
      { use: 'official', family: '{NAME_1}', given: ['{NAME_2}', '{NAME_3}'], prefix: ['{NAME_4}'] },
    ]);
    expect(JSON.stringify(copy['text'])).toContain('<b>{NAME_1}</b>, {NAME_2}');
  });

  it('keeps what a policy of the deployment allows', async () => {
    const policy = policyOf('ANONYMIZE', { DATE: 'ALLOW', NAME: 'ALLOW', OTHER_ID: 'ALLOW' });
    const copy = await deidentify(patient, { policy });
    expect(copy).toMatchObject({ birthDate: '1957-03-14', name: patient.name, id: 'pat-4711' });
    expect(copy).toMatchObject({ telecom: [{ value: '{PHONE}' }, { value: '{EMAIL}' }] });
  });
});

describe('ages over 89', () => {
  it('are told by no date of birth, and by one number', async () => {
    expect(await deidentify({ resourceType: 'Patient', birthDate: '1931-04-02' })).toEqual({
      resourceType: 'Patient',
      _birthDate: masked,
    });
    expect(await deidentify({ birthDate: '1931' })).toEqual({ _birthDate: masked });
    expect(await deidentify({ onsetAge: { value: 93, unit: 'years', code: 'a' }, age: 94 })).toEqual({
      onsetAge: { value: 90, comparator: '>=', unit: 'years', code: 'a' },
      age: 90,
    });
    expect(await deidentify({ valueQuantity: { value: 1100, unit: 'mo' } })).toEqual({
      valueQuantity: { value: 1080, comparator: '>=', unit: 'mo' },
    });
  });

  it('are ages, not weights', async () => {
    const quantities = {
      onsetAge: { value: 89, code: 'a' },
      valueQuantity: { value: 93, unit: 'kg' },
      dose: { value: 120, unit: 'mg' },
      age: 89,
    };
    expect(await deidentify(quantities)).toEqual(quantities);
  });
});

describe('elements', () => {
  it.each<[string, object, object]>([
    ['a whole date anywhere', { recordedAt: '2023-05-06', x: '2023-05' }, { recordedAt: '2023', x: '2023' }],
    ['a time without a day', { valueTime: '14:30:00' }, { valueTime: '14:30:00' }],
    ['a photo of another resource', { photo: { url: 'https://example.org/face.png' } }, {}],
    [
      'an attachment that is not text',
      { content: [{ attachment: { contentType: 'image/png', data: 'iVBORw0KGgo=', hash: 'x' } }] },
      { content: [{ attachment: { contentType: 'image/png', _data: masked, _hash: masked } }] },
    ],
    [
      'an attachment that is text',
      {
        attachment: { contentType: 'text/plain', data: Buffer.from('Call 617-555-0143').toString('base64') },
      },
      { attachment: { contentType: 'text/plain', data: Buffer.from('Call {PHONE}').toString('base64') } },
    ],
    [
      'coordinates',
      { resourceType: 'Location', name: 'Ward 7', position: { longitude: -83.7, latitude: 42.2 } },
      { resourceType: 'Location', name: '{ADDRESS}' },
    ],
    [
      'a device',
      { serialNumber: '8X-22', udiCarrier: [{ carrierHRF: '(01)123' }], lotNumber: 'L7' },
      { serialNumber: '{DEVICE_ID}', udiCarrier: [{ carrierHRF: '{DEVICE_ID}' }], lotNumber: 'L7' },
    ],
    [
      'a person behind a reference',
      { subject: { reference: 'urn:uuid:7e6fd3a1-9d10-4f6a-8f4e-0242ac120002', display: 'O. Q.' } },
      { subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001', display: '{NAME}' } },
    ],
    [
      'a drug behind a reference',
      { medicationReference: { reference: 'Medication/9', display: 'Lisinopril 10 mg' } },
      { medicationReference: { reference: 'Medication/id-1', display: 'Lisinopril 10 mg' } },
    ],
    [
      'a code of a public terminology',
      { code: { coding: [{ system: 'http://loinc.org', code: '2160-0', display: 'Creatinine' }] } },
      { code: { coding: [{ system: 'http://loinc.org', code: '2160-0', display: 'Creatinine' }] } },
    ],
    [
      'an address abroad',
      { address: [{ city: 'Graz', state: 'Styria', postalCode: '80100', country: 'AT' }] },
      { address: [{ city: '{ADDRESS}', state: '{ADDRESS}', postalCode: '{ADDRESS}', country: 'AT' }] },
    ],
    ['a number that identifies', { ssn: 219_099_999 }, { ssn: '{US_SOCIAL_SECURITY_NUMBER}' }],
    ['an area of few people', { address: [{ postalCode: '03601' }] }, { address: [{ postalCode: '000' }] }],
  ])('%s', async (_, before, after) => {
    expect(await deidentify(before)).toEqual(after);
  });

  it('that refer to one another still do', async () => {
    const uuid = '7e6fd3a1-9d10-4f6a-8f4e-0242ac120002';
    const bundle = await deidentify({
      resourceType: 'Bundle',
      entry: [
        { fullUrl: `urn:uuid:${uuid}`, resource: { resourceType: 'Patient', id: uuid } },
        { fullUrl: 'https://ehr.example.org/fhir/Device/77', resource: { resourceType: 'Device', id: '77' } },
        {
          resource: {
            subject: { reference: `Patient/${uuid}/_history/3` },
            device: { reference: 'Device/77' },
            focus: { reference: '#77' },
            requester: { reference: 'Practitioner?identifier=http://example.org|99' },
          },
          request: { method: 'PUT', url: 'Device/77' },
        },
      ],
    });
    const renamed = '00000000-0000-4000-8000-000000000001';
    expect(bundle['entry']).toEqual([
      { fullUrl: `urn:uuid:${renamed}`, resource: { resourceType: 'Patient', id: renamed } },
      { fullUrl: 'Device/id-2', resource: { resourceType: 'Device', id: 'id-2' } },
      {
        resource: {
          subject: { reference: `Patient/${renamed}` },
          device: { reference: 'Device/id-2' },
          focus: { reference: '#id-2' },
          requester: { reference: 'Practitioner/id-3' },
        },
        request: { method: 'PUT', url: 'Device/id-2' },
      },
    ]);
  });

  it.each([
    ['objects', '{"a":'.repeat(5_000), '}'.repeat(5_000)],
    ['lists', `{"a":${'['.repeat(5_000)}`, `${']'.repeat(5_000)}}`],
  ])('nested too deeply are refused: %s', async (_, opened, closed) => {
    const nested = JSON.parse(`${opened}1${closed}`) as object;
    await expect(deidentify(nested)).rejects.toMatchObject({ type: { name: 'validation-failed' } });
  });

  it('are not told at all if the detector fails', async () => {
    class BrokenDetector extends LocalPiiDetector {
      override detectAll(): Promise<never> {
        return Promise.reject(new Error('out of order'));
      }
    }
    const refusal = deidentifyResource({ note: 'x' }, new BrokenDetector());
    await expect(refusal).rejects.toMatchObject({ type: { name: 'screening-unavailable' } });
  });

  it('whose name holds an identifier are refused, and nothing of it is told', async () => {
    const refusal = await deidentify({ 'call 617-555-0143': true }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Problem);
    expect(refusal).toMatchObject({ type: { name: 'identifier-in-text' } });
    expect(JSON.stringify(refusal)).not.toContain('0143');
  });
});

describe('any resource', () => {
  it('is read in time that grows with its size alone', async () => {
    const hostile = {
      name: Array.from({ length: 2_000 }, (_, n) => ({ family: `Aa${'a'.repeat(n % 40)}${n}` })),
      url: `http://${'a.'.repeat(30_000)}x`,
      postalCode: '1'.repeat(60_000),
      note: 'Aaaaaaaaaaaaaaaaaaaaaa '.repeat(4_000),
    };
    const began = performance.now();
    await deidentify(hostile);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('keeps its shape: the same properties, and lists as long as they were', async () => {
    const json = fc.dictionary(
      fc.stringMatching(/^[a-z]{3,8}$/),
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -999, max: 80 }),
        fc.boolean(),
        fc.array(fc.string()),
      ),
    );
    await fc.assert(
      fc.asyncProperty(json, async (before) => {
        const after = await deidentify(before);
        expect(Object.keys(after)).toEqual(Object.keys(before));
        for (const [property, value] of Object.entries(before)) {
          expect(typeof after[property]).toBe(typeof value);
          if (Array.isArray(value)) expect(after[property]).toHaveLength(value.length);
        }
      }),
    );
  });

  it.each(['transaction-one-patient', 'searchset-two-patients', 'document'])(
    'holds nothing of its typed elements afterwards: %s',
    async (name) => {
      const source = JSON.parse(readFileSync(`test/fixtures/fhir/${name}.json`, 'utf8')) as object;
      const values = identifiersIn(source);
      expect(values.length).toBeGreaterThan(0);
      const after = JSON.stringify(await deidentify(source));
      expect(values.filter((value) => after.includes(JSON.stringify(value).slice(1, -1)))).toEqual([]);
    },
  );
});

/** @returns names, numbers, telephone numbers and streets that a FHIR document holds in typed elements */
function identifiersIn(value: unknown, name = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => identifiersIn(item, name));
  if (typeof value === 'string') {
    const identifies = /^(?:family|given|identifier\.value|telecom\.value|line|city)$/.test(name);
    return identifies && value.length > 3 ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    identifiersIn(item, key === 'value' ? `${name}.value` : key),
  );
}
