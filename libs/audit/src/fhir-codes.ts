import type { AuditEventType } from './audit-event.js';

/** FHIR R4 Coding. */
export interface Coding {
  system: string;
  code: string;
  display?: string;
}

/** FHIR R4 AuditEvent.action: create, read, update, delete, execute. */
export type AuditAction = 'C' | 'R' | 'U' | 'D' | 'E';

/** Code systems of HL7, DICOM and IHE, and our own: under `.localhost`, a name that never leaves the machine (RFC 6761). */
export const codeSystems = {
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
  eventType: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  interaction: 'http://hl7.org/fhir/restful-interaction',
  lifecycle: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  provenanceParticipant: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  purpose: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  entityType: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
  objectRole: 'http://terminology.hl7.org/CodeSystem/object-role',
  sourceType: 'http://terminology.hl7.org/CodeSystem/security-source-type',
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  balpEntityType: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
  ownEventType: 'https://phi.localhost/fhir/CodeSystem/audit-event-type',
  ownEntityType: 'https://phi.localhost/fhir/CodeSystem/audit-entity-type',
} as const;

/** Systems of identifiers that we give. */
export const identifierSystems = {
  instance: 'https://phi.localhost/fhir/NamingSystem/instance',
  record: 'https://phi.localhost/fhir/NamingSystem/record',
  patient: 'https://phi.localhost/fhir/NamingSystem/patient',
  request: 'https://phi.localhost/fhir/NamingSystem/request',
} as const;

/** Profiles of IHE BALP 1.1 that an event may claim, by the interaction that they describe. */
export type BalpInteraction = 'Create' | 'Read' | 'Update' | 'Delete' | 'Query' | 'PrivacyDisclosure.Source';

/** How events of one type are told in FHIR. */
export interface EventRendering {
  /** Of our own code. */
  display: string;
  action: AuditAction;
  type: Coding;
  /** Beside our own code, which each event has. */
  subtypes: readonly Coding[];
  /** The pattern that a successful event with all it needs follows. */
  profile?: BalpInteraction;
}

const dicom = (code: string, display: string): Coding => ({ system: codeSystems.dicom, code, display });
const interaction = (code: string): Coding => ({
  system: codeSystems.interaction,
  code,
  display: code,
});
const lifecycle = (code: string, display: string): Coding => ({
  system: codeSystems.lifecycle,
  code,
  display,
});
const rest: Coding = { system: codeSystems.eventType, code: 'rest', display: 'RESTful Operation' };

export const interactions = { history: interaction('history'), batch: interaction('batch') };

/** DICOM PS3.16, CID 400 "Audit Event ID" and CID 401 "Audit Event Type Code". */
const applicationActivity = dicom('110100', 'Application Activity');
const auditLogUsed = dicom('110101', 'Audit Log Used');
const exportEvent = dicom('110106', 'Export');
const securityAlert = dicom('110113', 'Security Alert');
const userAuthentication = dicom('110114', 'User Authentication');
const loginSubtype = dicom('110122', 'Login');
const emergencyOverride = dicom('110127', 'Emergency Override Started');
const securityConfiguration = dicom('110129', 'Security Configuration');

/** A refusal because nobody was known, and one of somebody who is not permitted: FHIR R4, 6.1.0.5 "Access Denied Response Handling". */
export const refusedLogin = { type: userAuthentication, subtypes: [loginSubtype] };
export const refusedAccess = {
  type: securityAlert,
  subtypes: [dicom('110132', 'Use of Restricted Function')],
};

const create = (display: string): EventRendering => ({
  display,
  action: 'C',
  type: rest,
  subtypes: [interaction('create')],
  profile: 'Create',
});
const read = (display: string): EventRendering => ({
  display,
  action: 'R',
  type: rest,
  subtypes: [interaction('read')],
  profile: 'Read',
});
const update = (display: string): EventRendering => ({
  display,
  action: 'U',
  type: rest,
  subtypes: [interaction('update')],
  profile: 'Update',
});
const remove = (display: string): EventRendering => ({
  display,
  action: 'D',
  type: rest,
  subtypes: [interaction('delete')],
  profile: 'Delete',
});
const query = (display: string): EventRendering => ({
  display,
  action: 'E',
  type: rest,
  subtypes: [interaction('search')],
  profile: 'Query',
});
const operation = (display: string, action: AuditAction, ...more: Coding[]): EventRendering => ({
  display,
  action,
  type: rest,
  subtypes: [interaction('operation'), ...more],
});
/** @see DICOM PS3.15, A.5.3.2 "Audit Log Used": reading the trail is action R */
const logUsed = (display: string): EventRendering => ({
  display,
  action: 'R',
  type: auditLogUsed,
  subtypes: [],
});
const alert = (display: string, ...subtypes: Coding[]): EventRendering => ({
  display,
  action: 'E',
  type: securityAlert,
  subtypes,
});
const activity = (display: string): EventRendering => ({
  display,
  action: 'E',
  type: applicationActivity,
  subtypes: [],
});
/** @param type an ISO 21089 record lifecycle event */
const maintenance = (display: string, action: AuditAction, type: Coding): EventRendering => ({
  display,
  action,
  type,
  subtypes: [],
});

/** Every event type: a type without a line here does not compile. */
export const renderings: Readonly<Record<AuditEventType, EventRendering>> = {
  'patient-create': create('Patient created'),
  'patient-read': read('Patient read'),
  'patient-update': update('Patient changed'),
  'patient-delete': remove('Patient deleted'),
  'patient-query': query('Patients searched or listed'),
  'record-create': create('Records created'),
  'record-read': read('Record read'),
  'record-update': update('Record changed'),
  'record-delete': remove('Record deleted'),
  'record-query': query('Records listed'),
  'care-team-read': read('Care team read'),
  'care-team-update': update('Care team changed'),
  export: {
    display: 'Everything of the patient exported',
    action: 'R',
    type: exportEvent,
    subtypes: [lifecycle('disclose', 'Disclose Record Lifecycle Event')],
    profile: 'PrivacyDisclosure.Source',
  },
  'patient-erase': maintenance(
    'Patient erased by destroying the key',
    'D',
    lifecycle('destroy', 'Destroy/Delete Record Lifecycle Event'),
  ),
  'key-destroy': alert('Traces of destroyed keys removed', securityConfiguration),
  'key-rotate': alert('Keys rotated', securityConfiguration),
  'record-re-encrypt': maintenance(
    'Messages encrypted anew',
    'U',
    lifecycle('encrypt', 'Encrypt Record Lifecycle Event'),
  ),
  'record-rescreen': maintenance(
    'Documents screened again',
    'U',
    lifecycle('transform', 'Transform/Translate Record Lifecycle Event'),
  ),
  'patient-reindex': activity('Search index made anew'),
  'text-detect': operation('Identifiers looked for in text', 'E'),
  'text-deidentify': operation(
    'Identifiers replaced in text',
    'E',
    lifecycle('deidentify', 'De-Identify (Anononymize) Record Lifecycle Event'),
  ),
  refusal: { display: 'Refused', action: 'E', type: rest, subtypes: [] },
  'integrity-alarm': alert('Stored data failed its integrity check'),
  login: { display: 'Access token first used', action: 'E', ...refusedLogin },
  'token-revoke': alert('Access token revoked', securityConfiguration),
  'emergency-access': alert('Emergency access', emergencyOverride),
  'emergency-access-read': read('Emergency access read by a reviewer'),
  'emergency-access-review': operation('Emergency access reviewed', 'U'),
  'mass-read': alert('Unusually many patients read'),
  'audit-query': logUsed('Audit events listed'),
  'audit-read': logUsed('Audit event, proof or checkpoints read'),
  'disclosures-read': logUsed('Accounting of disclosures read'),
  'audit-export': logUsed('Audit trail exported'),
  'audit-verify': logUsed('Audit trail verified'),
  'audit-reconcile': logUsed('Audit trail held against CloudTrail'),
  'audit-expire': maintenance(
    'Audit events removed at the end of their retention',
    'D',
    lifecycle('destroy', 'Destroy/Delete Record Lifecycle Event'),
  ),
  'chain-end': activity('Chain of events ended by another instance'),
  'clock-step': activity('Clock set back'),
  void: activity('Number of an event that was not written'),
};
