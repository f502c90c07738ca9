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

/** HL7 v3 Confidentiality: restricted and very restricted. */
const restrictedCodes = new Set(['R', 'V']);

export function isRestricted(patient: Patient): boolean {
  return (patient.meta?.security ?? []).some(({ code }) => restrictedCodes.has(code));
}
