import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type BundlePlan, NoPatient, planBundle } from './bundle-plan.js';
import { ImportIds } from './import-ids.js';

const ids = new ImportIds('3b1f9a52-8d0e-4c7b-a2f5-6e9d0c4b1a87');
const entriesOf = (fixture: string): unknown[] =>
  JSON.parse(readFileSync(`test/fixtures/fhir/${fixture}`, 'utf8')).entry;
const planFixture = (fixture: string): BundlePlan => planBundle(entriesOf(fixture), ids);
/** Entry positions filed under each patient, by the patient's own position. */
const filing = (plan: BundlePlan): Record<number, number[]> =>
  Object.fromEntries(
    plan.patients.map(({ entry, records }) => [entry, records.map((record) => record.entry)]),
  );

describe('plan of a bundle with one patient', () => {
  it('files everything under him, his own whole resource first', () => {
    const plan = planFixture('transaction-one-patient.json');
    expect(filing(plan)).toEqual({ 0: [0, 1, 2, 3, 4, 5] });
    expect(plan.patients[0]?.records.map(({ resourceType }) => resourceType)).toEqual([
      'Patient',
      'Organization',
      'Observation',
      'Condition',
      'Encounter',
      'Claim',
    ]);
    expect(plan).toMatchObject({ errors: [], warnings: [], ignored: 0 });
  });

  it('keeps each resource as it is', () => {
    const entries = entriesOf('transaction-one-patient.json') as { resource: object }[];
    const plan = planBundle(entries, ids);
    expect(plan.patients[0]?.records.map(({ content }) => content)).toEqual(
      entriesOf('transaction-one-patient.json').map((entry) => (entry as { resource: object }).resource),
    );
  });

  it('makes the same plan every time, whatever the order of the entries', () => {
    const recordIds = (plan: BundlePlan) =>
      plan.patients.flatMap(({ records }) => records.map((r) => r.recordId));
    const plan = planFixture('transaction-one-patient.json');
    const turned = planBundle(entriesOf('transaction-one-patient.json').toReversed(), ids);
    expect(turned.patients[0]?.patientId).toBe(plan.patients[0]?.patientId);
    expect(recordIds(turned).toSorted()).toEqual(recordIds(plan).toSorted());
    expect(new Set(recordIds(plan)).size).toBe(6);
  });

  it('warns of a resource that names another patient', () => {
    const plan = planFixture('document.json');
    expect(filing(plan)).toEqual({ 1: [1, 0, 2, 3] });
    expect(plan.warnings).toEqual([
      {
        entry: 3,
        resourceType: 'Procedure',
        message: 'refers to a Patient outside the bundle; filed under the only one in it',
      },
    ]);
  });
});

describe('plan of a bundle with several patients', () => {
  const plan = planFixture('searchset-two-patients.json');

  it('files each resource under the patient that it refers to: relative, absolute, versioned, by identifier', () => {
    expect(filing(plan)).toEqual({ 0: [0, 2, 5], 1: [1, 3, 4] });
  });

  it('files nothing that belongs to nobody, to several, or to a namesake on another server', () => {
    expect(plan.errors).toEqual([
      { entry: 6, resourceType: 'Group', message: 'belongs to several of the Patients of the bundle' },
      { entry: 7, resourceType: 'Practitioner', message: 'belongs to none of the Patients of the bundle' },
      { entry: 8, resourceType: 'Observation', message: 'belongs to none of the Patients of the bundle' },
    ]);
  });

  it('ignores what the server said about the search', () => {
    expect(plan.ignored).toBe(1);
  });

  it('tells two servers with the same patient id apart', () => {
    const patient = (server: string) => ({
      fullUrl: `${server}/Patient/1`,
      resource: { resourceType: 'Patient', id: '1' },
    });
    const flag = (server: string, reference: string) => ({
      fullUrl: `${server}/Flag/1`,
      resource: { resourceType: 'Flag', id: '1', subject: { reference } },
    });
    const a = 'https://a.example.org/fhir';
    const b = 'https://b.example.org/fhir';
    const entries = [patient(a), patient(b), flag(b, 'Patient/1'), flag(b, `${a}/Patient/1`)];
    expect(filing(planBundle(entries, ids))).toEqual({ 0: [0, 3], 1: [1, 2] });
    const unclear = { resource: { resourceType: 'Flag', id: '2', subject: { reference: 'Patient/1' } } };
    expect(planBundle([patient(a), patient(b), unclear], ids).errors).toMatchObject([
      { entry: 2, message: 'belongs to several of the Patients of the bundle' },
    ]);
  });

  it('follows urn:uuid references, in either case of the letters', () => {
    const [one, two] = ['5b0c3f1e-6c5f-4d0b-9c51-0f6a6e2d7a01', '5b0c3f1e-6c5f-4d0b-9c51-0f6a6e2d7a02'];
    const entries = [
      { fullUrl: `urn:uuid:${one}`, resource: { resourceType: 'Patient' } },
      { resource: { resourceType: 'Patient', id: two } },
      {
        resource: { resourceType: 'Flag', id: 'x', subject: { reference: `urn:uuid:${one.toUpperCase()}` } },
      },
      { resource: { resourceType: 'Flag', id: 'y', subject: { reference: `urn:uuid:${two}` } } },
    ];
    expect(filing(planBundle(entries, ids))).toEqual({ 0: [0, 2], 1: [1, 3] });
  });
});

describe('plan of faulty entries', () => {
  const plan = planFixture('collection-faulty-entries.json');

  it('names each by its position and leaves the others alone', () => {
    expect(plan.errors).toEqual([
      { entry: 1, message: 'no resource' },
      { entry: 2, message: 'no resourceType' },
      { entry: 3, message: 'not a resource type of FHIR R4' },
      { entry: 4, message: 'no resource' },
      {
        entry: 7,
        resourceType: 'Observation',
        message: 'the same resource as entry[5], with another content',
      },
    ]);
    expect(filing(plan)).toEqual({ 0: [0, 5, 8] });
  });

  it('counts a plain copy as nothing to do', () => {
    expect(plan.ignored).toBe(1);
  });

  it('reports what is nested too deeply to be sent', () => {
    const depth = 200_000;
    const deep: unknown = JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
    const entries = [
      { resource: { resourceType: 'Patient', id: 'p' } },
      { resource: { resourceType: 'Basic', deep } },
      { resource: { resourceType: 'Flag', id: 'f' } },
    ];
    const planned = planBundle(entries, ids);
    expect(planned.errors).toEqual([{ entry: 1, resourceType: 'Basic', message: 'nested too deeply' }]);
    expect(filing(planned)).toEqual({ 0: [0, 2] });
  });

  it('refuses a bundle without a Patient as a whole', () => {
    expect(() => planBundle([{ resource: { resourceType: 'Flag', id: 'f' } }], ids)).toThrow(NoPatient);
    expect(() => planBundle([], ids)).toThrow(NoPatient);
  });
});
