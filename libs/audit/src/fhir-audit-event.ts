import { fhirResourceTypes } from '@app/configuration';
import type { AuditAgent, AuditEntity, AuditOutcome, StoredAuditEvent } from './audit-event.js';
import type { AuditRow } from './audit-item.js';
import { agentsOf, type FhirAgent, type Reference, serverAgent, serverOf } from './fhir-agents.js';
import {
  type AuditAction,
  codeSystems,
  type Coding,
  type EventRendering,
  identifierSystems,
  interactions,
  refusedAccess,
  refusedLogin,
  renderings,
} from './fhir-codes.js';
import { purposesOfUse } from './purposes-of-use.js';

interface CodeableConcept {
  coding: Coding[];
}

interface FhirEntity {
  what?: Reference;
  type: Coding;
  role?: Coding;
  description?: string;
  /** Base64. */
  query?: string;
  detail?: { type: string; valueString?: string; valueBase64Binary?: string }[];
}

/** FHIR R4 AuditEvent, the elements that we fill. */
export interface FhirAuditEvent {
  resourceType: 'AuditEvent';
  id: string;
  meta?: { profile: string[] };
  type: Coding;
  subtype: Coding[];
  action: AuditAction;
  recorded: string;
  outcome: AuditOutcome;
  outcomeDesc?: string;
  purposeOfEvent?: CodeableConcept[];
  agent: FhirAgent[];
  source: { observer: Reference; type: Coding[] };
  entity?: FhirEntity[];
}

/**
 * Renders an event after IHE BALP 1.1 ("Basic Audit Log Patterns"): opaque ids, codes and counts, as stored. A profile is
 * claimed (`meta.profile`) where the event is a success and has all that the profile requires.
 * @param row the event with its chain, which names the instance that recorded it
 * @see https://profiles.ihe.net/ITI/BALP/ and https://hl7.org/fhir/R4/auditevent.html
 */
export function toFhirAuditEvent({ event, chain }: Pick<AuditRow, 'event' | 'chain'>): FhirAuditEvent {
  const rendering = renderingOf(event);
  const profile = profileOf(event, rendering);
  const entities = entitiesOf(event, rendering);
  const purpose = purposeOf(event.origin.purposeOfUse);
  const server = serverOf(chain);
  return {
    resourceType: 'AuditEvent',
    id: event.id,
    ...(profile === undefined ? {} : { meta: { profile: [profile] } }),
    type: rendering.type,
    subtype: [
      ...rendering.subtypes,
      ...manyOf(event),
      { system: codeSystems.ownEventType, code: event.type, display: renderings[event.type].display },
    ],
    action: actionOf(event),
    recorded: event.recordedAt,
    outcome: event.outcome,
    ...(event.refusal === undefined ? {} : { outcomeDesc: event.refusal.problem }),
    ...(purpose === undefined ? {} : { purposeOfEvent: [purpose] }),
    agent:
      event.type === 'mass-read'
        ? [serverAgent(server)]
        : agentsOf(event, rendering.profile, server, purpose),
    source: {
      observer: server,
      type: [{ system: codeSystems.sourceType, code: '4', display: 'Application Server' }],
    },
    ...(entities.length === 0 ? {} : { entity: entities }),
  };
}

/** What the methods of refused requests would have done. */
const actionByMethod: Readonly<Record<string, AuditAction>> = {
  GET: 'R',
  HEAD: 'R',
  POST: 'C',
  PUT: 'U',
  PATCH: 'U',
  DELETE: 'D',
};

/** @returns FHIR R4 AuditEvent.action; of a refusal what was tried */
export const actionOf = ({ type, refusal }: Pick<StoredAuditEvent, 'type' | 'refusal'>): AuditAction =>
  (refusal && actionByMethod[refusal.method]) ?? renderings[type].action;

/** Refusals differ: nobody was known (401), somebody was not permitted (403, out of reach), or something else. */
function renderingOf(event: StoredAuditEvent): EventRendering {
  const rendering = renderings[event.type];
  if (event.type !== 'refusal' || event.refusal === undefined) return rendering;
  const { status, problem } = event.refusal;
  if (status === 401) return { ...rendering, ...refusedLogin };
  return status === 403 || problem === 'out-of-reach' ? { ...rendering, ...refusedAccess } : rendering;
}

/** A read of several versions is a history, a create of several records a batch. */
function manyOf({ type, count, entities = [] }: StoredAuditEvent): Coding[] {
  if ((type === 'patient-read' || type === 'record-read') && count !== undefined)
    return [interactions.history];
  return type === 'record-create' && entities.length > 1 ? [interactions.batch] : [];
}

/**
 * BALP 1.1: `entity[data]` of Create, Read, Update and Delete and `entity[query]` of Query are 1..1, client and server need a
 * network address, and the outcome is success. With a patient it is the Patient profile of the same name.
 */
function profileOf(event: StoredAuditEvent, { profile }: EventRendering): string | undefined {
  if (profile === undefined || event.outcome !== '0' || event.origin.networkAddress === '') return undefined;
  if (profile !== 'Query' && dataOf(event).length !== 1) return undefined;
  const forPatient = event.patientId === undefined ? '' : 'Patient';
  const name = profile === 'PrivacyDisclosure.Source' ? profile : `${forPatient}${profile}`;
  return `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${name}`;
}

function purposeOf(code: string | undefined): CodeableConcept | undefined {
  if (code === undefined) return undefined;
  const display = purposesOfUse.get(code)?.display;
  return {
    coding: [{ system: codeSystems.purpose, code, ...(display === undefined ? {} : { display }) }],
  };
}

const systemObject: Coding = { system: codeSystems.entityType, code: '2', display: 'System Object' };
const person: Coding = { system: codeSystems.entityType, code: '1', display: 'Person' };
const role = (code: string, display: string): Coding => ({ system: codeSystems.objectRole, code, display });

function entitiesOf(event: StoredAuditEvent, { profile }: EventRendering): FhirEntity[] {
  const { patientId, origin } = event;
  const isQuery = profile === 'Query';
  const details = detailsOf(event);
  return [
    ...(origin.requestId === '' ? [] : [requestEntity(origin.requestId)]),
    ...(patientId === undefined
      ? []
      : [{ what: patientReference(patientId), type: person, role: role('1', 'Patient') }]),
    ...(isQuery || event.query !== undefined ? [queryEntity(event.query ?? [])] : []),
    ...dataOf(event).map((entity) => dataEntity(entity, isQuery)),
    ...(event.type === 'mass-read' && origin.agent !== undefined ? [watchedEntity(origin.agent)] : []),
    ...(details.length === 0
      ? []
      : [{ type: { system: codeSystems.ownEntityType, code: 'event-details' }, detail: details }]),
  ];
}

/** The care team has no id of its own: it is the one of its patient. */
function dataOf({ type, patientId, entities = [] }: StoredAuditEvent): AuditEntity[] {
  const ofTeam = type === 'care-team-read' || type === 'care-team-update';
  return ofTeam && patientId !== undefined ? [{ type: 'CareTeam', id: patientId }] : entities;
}

function requestEntity(requestId: string): FhirEntity {
  return {
    type: { system: codeSystems.balpEntityType, code: 'XrequestId' },
    what: { identifier: { system: identifierSystems.request, value: requestId } },
  };
}

/** We reported him: he took no part in that. */
const watchedEntity = ({ issuer, subject }: AuditAgent): FhirEntity => ({
  what: { identifier: { system: issuer, value: subject } },
  type: person,
  role: role('11', 'Security User Entity'),
});

/** Names of fields alone: `Kg==` (`*`) stands for none, since BALP requires a query and FHIR no empty one. */
function queryEntity(fields: readonly string[]): FhirEntity {
  return {
    type: systemObject,
    role: role('24', 'Query'),
    description: 'Names of the search fields; their values are not recorded',
    query: Buffer.from(fields.join('&') || '*').toString('base64'),
  };
}

const patientReference = (patientId: string): Reference => ({
  reference: `Patient/${patientId}`,
  type: 'Patient',
});

/** @param besideQuery BALP knows a system object in a query as the query: what was found is told by its own type then */
function dataEntity(entity: AuditEntity, besideQuery: boolean): FhirEntity {
  const isFhir = fhirResourceTypes.has(entity.type);
  const ownType: Coding = isFhir
    ? { system: codeSystems.resourceTypes, code: entity.type, display: entity.type }
    : { system: codeSystems.ownEntityType, code: entity.type };
  return {
    what: referenceTo(entity, isFhir),
    type: besideQuery ? ownType : systemObject,
    role: role('4', 'Domain Resource'),
    ...detailOf(entity),
  };
}

function referenceTo({ type, id, version }: AuditEntity, isFhir: boolean): Reference {
  if (type === 'CareTeam')
    return { type: 'CareTeam', identifier: { system: identifierSystems.patient, value: id } };
  if (!isFhir) return { display: type, identifier: { system: identifierSystems.record, value: id } };
  return {
    reference: `${type}/${id}${version === undefined ? '' : `/_history/${version}`}`,
    type,
  };
}

function detailOf({ version, messageSha256 }: AuditEntity): Pick<FhirEntity, 'detail'> {
  const detail = [
    ...(version === undefined ? [] : [{ type: 'version', valueString: String(version) }]),
    ...(messageSha256 === undefined ? [] : [{ type: 'message-sha256', valueBase64Binary: messageSha256 }]),
  ];
  return detail.length === 0 ? {} : { detail };
}

/** Counts and codes that FHIR has no element for. */
function detailsOf(event: StoredAuditEvent): NonNullable<FhirEntity['detail']> {
  const { screening = {}, refusal, erasure, emergencyAccess, job, login, massRead, count, degraded } = event;
  const told: Record<string, string | number | undefined> = {
    count,
    ...Object.fromEntries(Object.entries(screening).map(([type, found]) => [`screening-${type}`, found])),
    'screening-degraded': degraded && 'true',
    ...(refusal && { method: refusal.method, route: refusal.route, status: refusal.status }),
    ...(erasure && { 'erasure-reason': erasure.reason, 'erasure-step': erasure.step }),
    'restricted-patient': event.origin.restrictedPatient && 'true',
    'emergency-access-id': emergencyAccess?.id ?? event.origin.emergencyAccessId,
    ...(emergencyAccess && {
      'emergency-access-step': emergencyAccess.step,
      'emergency-access-expires-at': emergencyAccess.expiresAt,
      'emergency-access-finding': emergencyAccess.finding,
    }),
    ...(job && {
      'job-step': job.step,
      'job-examined': job.examined,
      'job-changed': job.changed,
      'job-failed': job.failed,
    }),
    'login-expires-at': login?.expiresAt,
    'mass-read-limit': massRead?.limit,
    'mass-read-usual': massRead?.usual,
  };
  return Object.entries(told).flatMap(([type, value]) =>
    value === undefined ? [] : [{ type, valueString: String(value) }],
  );
}
