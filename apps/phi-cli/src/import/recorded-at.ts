import { isJsonObject, type JsonObject } from './json.js';

/**
 * Where FHIR R4 resources keep their time, the clinically relevant one first: what was observed or done, then when
 * it was ordered or sent, then when it was written down, then when a system last touched it. The paths of one
 * resource type never mean two things, so one list in order serves all types.
 */
const datePaths = [
  'effectiveDateTime', // Observation, DiagnosticReport, MedicationAdministration, MedicationStatement
  'effectivePeriod.start',
  'effectiveInstant',
  'occurrenceDateTime', // Immunization, ServiceRequest, ChargeItem, RiskAssessment
  'occurrencePeriod.start',
  'occurredDateTime', // Provenance
  'occurredPeriod.start',
  'performedDateTime', // Procedure
  'performedPeriod.start',
  'onsetDateTime', // Condition, AllergyIntolerance
  'onsetPeriod.start',
  'identifiedDateTime', // DetectedIssue
  'identifiedPeriod.start',
  'collection.collectedDateTime', // Specimen
  'collection.collectedPeriod.start',
  'createdDateTime', // Media
  'createdPeriod.start',
  'started', // ImagingStudy
  'whenHandedOver', // MedicationDispense
  'whenPrepared',
  'start', // Appointment
  'period.start', // Encounter, CarePlan, EpisodeOfCare, Coverage, ...
  'servicedDate', // CoverageEligibilityRequest
  'servicedPeriod.start',
  'servicePeriod.start', // Account
  'billablePeriod.start', // Claim, ExplanationOfBenefit
  'timingDateTime', // DeviceUseStatement
  'timingPeriod.start',
  'startDate', // Goal
  'authoredOn', // MedicationRequest, ServiceRequest, Task
  'authored', // QuestionnaireResponse
  'sent', // Communication
  'dateWritten', // VisionPrescription
  'dateTime', // Consent, NutritionOrder
  'issued',
  'recordedDate',
  'recorded', // Immunization, Provenance, AuditEvent
  'assertedDate',
  'dateAsserted',
  'created',
  'date', // DocumentReference, Composition, ClinicalImpression
  'statusDate',
  'receivedTime',
  'timestamp',
  'meta.lastUpdated',
].map((path) => path.split('.'));

/**
 * @returns when the thing that the resource tells of happened, `YYYY-MM-DDTHH:mm:ss.sssZ`; undefined if it says nothing
 */
export function recordedAtOf(resource: JsonObject): string | undefined {
  for (const path of datePaths) {
    let value: unknown = resource;
    for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
    const instant = firstInstantOf(value);
    if (instant !== undefined) return instant;
  }
  return undefined;
}

const dateTimePattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2}))?)?)?$/;

/**
 * @param value a FHIR date, dateTime or instant; a partial date stands for its first instant in UTC
 * @returns the instant in UTC; undefined if it is no such value
 * @see http://hl7.org/fhir/R4/datatypes.html#dateTime, which has no time of day without an offset
 */
export function firstInstantOf(value: unknown): string | undefined {
  const parts = typeof value === 'string' ? dateTimePattern.exec(value) : null;
  if (parts === null) return undefined;
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00'] = parts;
  const milliseconds = (parts[7] ?? '').padEnd(3, '0').slice(0, 3);
  // Leap seconds are valid in FHIR and unknown to JavaScript.
  const wholeSecond = second === '60' ? '59' : second;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${wholeSecond}.${milliseconds}`;
  // A day that does not exist (30 February) parses as one of the next month: the round trip finds it.
  const asUtc = new Date(`${local}Z`);
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== `${local}Z`) return undefined;
  const instant = new Date(local + (parts[8] ?? 'Z'));
  if (Number.isNaN(instant.getTime())) return undefined;
  const text = instant.toISOString();
  return text.length === 24 ? text : undefined;
}
