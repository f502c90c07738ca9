/** FHIR R4 elements of a patient, as they are kept. @see https://hl7.org/fhir/R4/patient.html */
export interface Patient {
  identifier?: { system?: string; value: string }[];
  active?: boolean;
  name?: { family?: string; given?: string[] }[];
  telecom?: { system?: string; value: string }[];
  gender?: string;
  birthDate?: string;
  meta?: { security?: { system?: string; code: string }[] };
  notes?: string;
}

/** A clinical record. `content` is JSON, usually a FHIR resource. */
export interface ClinicalRecord {
  recordType: string;
  content: Record<string, unknown>;
  notes?: string;
  /** ISO 8601 in UTC with milliseconds: it is a sort key. */
  recordedAt: string;
}

/** HL7 v3 Confidentiality, by the names that it has had. */
const confidentialitySystems = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  'http://hl7.org/fhir/v3/Confidentiality',
  'urn:oid:2.16.840.1.113883.5.25',
]);
/** Restricted and very restricted. */
const restrictedCodes = new Set(['R', 'V']);
/** Unrestricted, low, moderate, normal. */
const otherCodes = new Set(['U', 'L', 'M', 'N']);

/**
 * Whether only those find the patient who are related to him. A code that the code system does not have restricts as well: a slip of the
 * pen must open nobody. So do R and V of a system that we do not know.
 * @see https://terminology.hl7.org/CodeSystem-v3-Confidentiality.html
 */
export function isRestricted(patient: Patient): boolean {
  return (patient.meta?.security ?? []).some(
    ({ system = '', code }) =>
      restrictedCodes.has(code) || (confidentialitySystems.has(system) && !otherCodes.has(code)),
  );
}
