import { createHash } from 'node:crypto';

export type Json = Record<string, unknown>;
/** A FHIR R4 bundle, and what of it becomes records, by patient. */
export interface SampleBundle {
  name: string;
  bundle: Json;
  /** The Patient resources, and under each the resources that belong to it, the Patient first. */
  owned: { patient: Json; resources: Json[] }[];
}

/** The same UUID for the same name, so that a failing run can be repeated. */
function uuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const mrnSystem = 'urn:oid:2.16.840.1.113883.19.5';

function patientOf(name: string): Json {
  return {
    resourceType: 'Patient',
    id: uuid(`patient ${name}`),
    meta: { lastUpdated: '2026-01-05T09:30:00Z' },
    extension: [{ url: 'http://example.org/fhir/birth-place', valueString: 'Sampleville' }],
    identifier: [{ type: { text: 'Record number' }, system: mrnSystem, value: `MRN-${uuid(`mrn ${name}`)}` }],
    active: true,
    name: [{ use: 'official', family: `Family${name}`, given: [`Given${name}`, 'Middle'], prefix: ['Dr.'] }],
    telecom: [{ system: 'phone', value: '202-555-0143', use: 'home' }],
    gender: 'female',
    birthDate: '1984-05-17',
    address: [
      { line: ['12 Sample Street'], city: 'Springfield', state: 'MA', postalCode: '02134', country: 'US' },
    ],
    maritalStatus: { coding: [{ system: 'urn:marital', code: 'M', display: 'Married' }], text: 'Married' },
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en-US' }] } }],
  };
}

/** Texts with and without identifiers, codes, quantities, dates, nesting, and characters of several scripts. */
function clinicalResources(owner: string, subject: Json, count: number): Json[] {
  const of = (resourceType: string, n: number, elements: Json): Json => ({
    resourceType,
    id: uuid(`${owner} ${resourceType} ${n}`),
    ...elements,
  });
  return Array.from({ length: count }, (_, n): Json => {
    const day = String((n % 28) + 1).padStart(2, '0');
    switch (n % 6) {
      case 0:
        return of('Observation', n, {
          status: 'final',
          subject,
          code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
          effectiveDateTime: `2024-03-${day}T10:00:00+01:00`,
          valueQuantity: { value: 172.25 + n, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
        });
      case 1:
        return of('Condition', n, {
          subject,
          code: { text: `Condition number ${n}` },
          onsetDateTime: `2023-07-${day}`,
          note: [{ text: `Call the daughter at 617-555-01${String(10 + (n % 80))} before the visit.` }],
        });
      case 2:
        return of('Encounter', n, {
          status: 'finished',
          class: { code: 'AMB' },
          subject,
          period: { start: `2022-11-${day}T08:00:00Z`, end: `2022-11-${day}T08:30:00Z` },
          reasonCode: [{ text: 'Écho-cardiographie, 心電図, контроль' }],
        });
      case 3:
        return of('MedicationRequest', n, {
          status: 'active',
          intent: 'order',
          subject,
          medicationCodeableConcept: { text: 'Metformin 500 mg' },
          authoredOn: `2024-01-${day}`,
          dosageInstruction: [
            { text: 'Twice a day with food', timing: { repeat: { frequency: 2, period: 1 } } },
          ],
          note: [
            {
              text: `Refills: write to pharmacy.${n}@example.org, or 12 Sample Street, Springfield, MA 02134.`,
            },
          ],
        });
      case 4:
        return of('Procedure', n, {
          status: 'completed',
          subject,
          performedDateTime: `2021-05-${day}`,
          outcome: null,
        });
      default:
        return of('DocumentReference', n, {
          status: 'current',
          subject,
          date: `2020-09-${day}T00:00:00Z`,
          content: [
            { attachment: { contentType: 'application/pdf', url: 'urn:document', size: n, title: 'Letter' } },
          ],
        });
    }
  });
}

const entriesOf = (resources: Json[]) =>
  resources.map((resource) => ({ fullUrl: `urn:uuid:${String(resource['id'])}`, resource }));
const bundleOf = (type: string, entry: Json[]): Json => ({ resourceType: 'Bundle', type, entry });

/** One patient; `urn:uuid:` references. */
function ofOne(type: 'transaction' | 'batch', name: string, count: number): SampleBundle {
  const patient = patientOf(name);
  const subject = { reference: `urn:uuid:${String(patient['id'])}` };
  const resources = [patient, ...clinicalResources(name, subject, count)];
  const request = (resource: Json) => ({ method: 'POST', url: resource['resourceType'] });
  const entry = entriesOf(resources).map((each) => ({ ...each, request: request(each.resource) }));
  return { name: `${type}.json`, bundle: bundleOf(type, entry), owned: [{ patient, resources }] };
}

/** Two patients; references by `urn:uuid:` and by identifier. */
function collection(count: number): SampleBundle {
  const owned = ['Collected', 'Gathered'].map((name) => {
    const patient = patientOf(name);
    const [identifier] = patient['identifier'] as { system: string; value: string }[];
    const byIdentifier = { identifier: { system: identifier?.system, value: identifier?.value } };
    const byAddress = { reference: `urn:uuid:${String(patient['id'])}` };
    const half = clinicalResources(name, byAddress, count).map((resource, n) =>
      n % 2 === 0 ? resource : { ...resource, subject: byIdentifier },
    );
    return { patient, resources: [patient, ...half] };
  });
  // Patients need not stand first.
  const entry = entriesOf(owned.flatMap(({ resources }) => resources)).toReversed();
  return { name: 'collection.json', bundle: bundleOf('collection', entry), owned };
}

/** What a server answers to a search: absolute addresses, relative references, and a word about the search itself. */
function searchset(count: number): SampleBundle {
  const patient = patientOf('Searched');
  const resources = [
    patient,
    ...clinicalResources('Searched', { reference: `Patient/${String(patient['id'])}` }, count),
  ];
  const entry: Json[] = resources.map((resource) => ({
    fullUrl: `https://fhir.example.org/r4/${String(resource['resourceType'])}/${String(resource['id'])}`,
    resource,
    search: { mode: 'match' },
  }));
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational' }],
  };
  entry.push({ resource: outcome, search: { mode: 'outcome' } });
  return { name: 'searchset.json', bundle: bundleOf('searchset', entry), owned: [{ patient, resources }] };
}

/** A Composition first, then what it is composed of. */
function clinicalDocument(count: number): SampleBundle {
  const patient = patientOf('Documented');
  const subject = { reference: `urn:uuid:${String(patient['id'])}` };
  const composition: Json = {
    resourceType: 'Composition',
    id: uuid('composition'),
    status: 'final',
    type: { text: 'Discharge summary' },
    subject,
    date: '2024-06-01T12:00:00Z',
    title: 'Discharge summary',
    section: [
      { title: 'Course', text: { status: 'generated', div: '<div><p>Reached at (202) 555-0175.</p></div>' } },
    ],
  };
  const resources = [composition, patient, ...clinicalResources('Documented', subject, count)];
  const owned = [{ patient, resources }];
  return { name: 'document.json', bundle: bundleOf('document', entriesOf(resources)), owned };
}

/** @returns a bundle of each kind that can be imported, six patients together */
export function sampleBundles(): SampleBundle[] {
  return [
    ofOne('transaction', 'Transacted', 60),
    ofOne('batch', 'Batched', 18),
    collection(24),
    searchset(18),
    clinicalDocument(12),
  ];
}
