import { describe, expect, it } from '@jest/globals';
import { version } from 'uuid';
import { ImportIds } from './import-ids.js';

const ids = new ImportIds('3b1f9a52-8d0e-4c7b-a2f5-6e9d0c4b1a87');
const otherIds = new ImportIds('c2f0e6d4-1a3b-4f5c-9e8d-7b6a5f4e3d2c');
const uuid = '5b0c3f1e-6c5f-4d0b-9c51-0f6a6e2d7a01';
const patient = (rest: object) => ({ resourceType: 'Patient', ...rest });

describe('ids of an import', () => {
  it('come out the same for the same resource, and differ between resources', () => {
    const id = ids.patientId(patient({ id: uuid }), undefined);
    expect(version(id)).toBe(5);
    expect(ids.patientId(patient({ id: uuid, gender: 'other' }), undefined)).toBe(id);
    expect(ids.patientId(patient({ id: uuid.replace('01', '02') }), undefined)).not.toBe(id);
  });

  it('cannot be computed from a record number without the namespace', () => {
    const resource = patient({ id: 'x', identifier: [{ system: 's', value: '4711' }] });
    expect(otherIds.patientId(resource, undefined)).not.toBe(ids.patientId(resource, undefined));
  });

  it('take a UUID for what it is, however it is written', () => {
    const id = ids.patientId(patient({ id: uuid }), undefined);
    expect(ids.patientId(patient({}), `urn:uuid:${uuid}`)).toBe(id);
    expect(ids.patientId(patient({ id: uuid.toUpperCase() }), `urn:uuid:${uuid}`)).toBe(id);
    expect(ids.patientId(patient({ id: uuid, identifier: [{ value: '1' }] }), undefined)).toBe(id);
  });

  it('tell apart the same short id of two servers, and of two patients with other identifiers', () => {
    const identifier = (value: string) => [{ system: 's', value }];
    const distinct = new Set([
      ids.patientId(patient({ id: '1' }), undefined),
      ids.patientId(patient({ id: '1' }), 'https://a.example.org/Patient/1'),
      ids.patientId(patient({ id: '1' }), 'https://b.example.org/Patient/1'),
      ids.patientId(patient({ id: '1', identifier: identifier('10') }), undefined),
      ids.patientId(patient({ id: '1', identifier: identifier('11') }), undefined),
    ]);
    expect(distinct.size).toBe(5);
  });

  it('do not depend on the order of identifiers, nor on the address that an export made up', () => {
    const one = { system: 's', value: '1' };
    const two = { system: 't', value: '2' };
    const id = ids.patientId(patient({ id: '1', identifier: [one, two] }), `urn:uuid:${uuid}`);
    expect(ids.patientId(patient({ id: '1', identifier: [two, one] }), undefined)).toBe(id);
  });

  it('stand on the content where a resource has no id at all', () => {
    const observation = { resourceType: 'Observation', valueString: 'a' };
    const id = ids.recordId('p', observation, undefined);
    expect(ids.recordId('p', { ...observation }, undefined)).toBe(id);
    expect(ids.recordId('p', { ...observation, valueString: 'b' }, undefined)).not.toBe(id);
  });

  it('differ between patients for the same clinic, so that a record id links nobody', () => {
    const clinic = { resourceType: 'Organization', id: uuid };
    expect(ids.recordId('patient-a', clinic, undefined)).not.toBe(
      ids.recordId('patient-b', clinic, undefined),
    );
  });

  it('differ between a patient and the record of his resource', () => {
    const resource = patient({ id: uuid });
    const patientId = ids.patientId(resource, undefined);
    expect(ids.recordId(patientId, resource, undefined)).not.toBe(patientId);
  });
});
