import { describe, expect, it } from '@jest/globals';
import { balpFaults } from '../../../test/support/balp-profiles.js';
import { codeFaults, schemaFaults } from '../../../test/support/fhir-validation.js';
import type { AuditEvent, AuditEventType } from './audit-event.js';
import { toFhirAuditEvent } from './fhir-audit-event.js';
import { renderings } from './fhir-codes.js';
import { purposesOfUse } from './purposes-of-use.js';

const patientId = '11111111-1111-4111-8111-111111111111';
const recordId = '22222222-2222-4222-8222-222222222222';
const id = '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11';
const recordedAt = '2026-01-05T09:30:00.123Z';
const chain = 'CHAIN#0d5b9f6a-3c1e-4f0b-8f7e-6a1d2c3b4e5f#5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const messageSha256 = 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=';

const agent = {
  issuer: 'https://issuer.example.org',
  subject: 'dr-weber',
  clientId: 'ward-app',
  scopes: ['user/*.rs', 'openid'],
};
const origin = {
  agent,
  networkAddress: '203.0.113.7',
  requestId: '33333333-3333-4333-8333-333333333333',
  purposeOfUse: 'TREAT',
};
const ofOperator = {
  agent: { issuer: 'phi-cli', subject: 'operator', clientId: 'phi-cli', scopes: [] },
  networkAddress: '',
  requestId: '44444444-4444-4444-8444-444444444444',
};
const ofNobody = { networkAddress: '', requestId: '' };

type Sample = Omit<AuditEvent, 'type' | 'outcome' | 'origin'> &
  Partial<Pick<AuditEvent, 'outcome' | 'origin'>>;
const patient = { patientId, entities: [{ type: 'Patient', id: patientId, version: 3 }] };
const record = { patientId, entities: [{ type: 'Observation', id: recordId, version: 1 }] };
const written = { patientId, entities: [{ type: 'Observation', id: recordId, version: 1, messageSha256 }] };
const ofTeam = { patientId };
const refusal = { problem: 'out-of-reach', status: 404, method: 'GET', route: '/v1/patients/:patientId' };
const job = { step: 'completed', examined: 10, changed: 9, failed: 1 } as const;

/** Written out, as the service writes them: a type without samples does not compile. */
const samples: Record<AuditEventType, Sample[]> = {
  'patient-create': [{ ...patient, screening: { PHONE: 2 }, degraded: true }],
  'patient-read': [patient, { patientId, entities: [{ type: 'Patient', id: patientId }], count: 2 }],
  'patient-update': [patient],
  'patient-delete': [patient],
  'patient-query': [
    { ...patient, query: ['family', 'birthDate'] },
    { query: ['identifier.system'], count: 0 },
    { ...patient, query: [] },
  ],
  'record-create': [
    written,
    { patientId, entities: [...written.entities, { type: 'medical', id: patientId, version: 1 }] },
  ],
  'record-read': [record, { patientId, entities: [{ type: 'medical', id: recordId, version: 1 }] }],
  'record-update': [written],
  'record-delete': [record],
  'record-query': [
    { patientId, count: 4 },
    { patientId, count: 4, query: ['recordType'] },
  ],
  'care-team-read': [ofTeam],
  'care-team-update': [{ ...ofTeam, count: 2 }],
  export: [{ patientId, entities: [{ type: 'Patient', id: patientId }] }],
  'patient-erase': [{ patientId, erasure: { reason: 'created-in-error', step: 'completed' } }],
  'key-destroy': [{ origin: ofOperator, job }],
  'key-rotate': [
    { origin: ofOperator, job },
    { origin: ofOperator, patientId },
  ],
  'record-re-encrypt': [{ ...written, origin: ofOperator }],
  'record-rescreen': [{ ...written, origin: ofOperator, screening: { NAME: 1 } }],
  'patient-reindex': [{ origin: ofOperator, job }],
  'text-detect': [{ count: 3, screening: { PHONE: 1 } }],
  'text-deidentify': [{ count: 1 }],
  refusal: [
    { outcome: '8', patientId, refusal },
    { outcome: '4', refusal: { ...refusal, problem: 'insufficient-scope', status: 403 } },
    {
      outcome: '4',
      origin: { networkAddress: '203.0.113.7', requestId: origin.requestId },
      refusal: { ...refusal, problem: 'unauthenticated', status: 401 },
    },
    {
      outcome: '4',
      refusal: { problem: 'identifier-in-text', status: 422, method: 'POST', route: '/v1/patients' },
      entities: [{ type: 'Record', id: recordId }],
      screening: { US_SOCIAL_SECURITY_NUMBER: 1 },
    },
  ],
  'integrity-alarm': [
    { outcome: '12', patientId, refusal: { ...refusal, problem: 'integrity-failure', status: 500 } },
  ],
  'token-revoke': [{}],
  login: [{ login: { expiresAt: '2026-01-05T10:30:00.000Z' } }],
  'emergency-access': [
    { patientId, emergencyAccess: { id, step: 'granted', expiresAt: '2026-01-05T10:30:00.000Z' } },
  ],
  'emergency-access-read': [
    {
      patientId,
      entities: [{ type: 'EmergencyAccess', id, version: 1 }],
      emergencyAccess: { id, step: 'read' },
    },
  ],
  'emergency-access-review': [
    { patientId, emergencyAccess: { id, step: 'reviewed', finding: 'inappropriate' } },
  ],
  'mass-read': [
    {
      outcome: '8',
      origin: { agent, networkAddress: '', requestId: '' },
      count: 80,
      massRead: { limit: 50, usual: 12 },
    },
  ],
  'audit-query': [
    { patientId, query: ['from', 'patient'], count: 20 },
    { query: [], count: 0 },
  ],
  'audit-read': [{ patientId, entities: [{ type: 'AuditEvent', id }] }, { count: 3 }],
  'disclosures-read': [{ patientId, query: [], count: 3 }],
  'audit-export': [{ origin: ofOperator, count: 100 }],
  'audit-verify': [{ origin: ofOperator, count: 100 }],
  'audit-reconcile': [{ origin: ofOperator, count: 100 }],
  'audit-expire': [{ origin: ofOperator, count: 100 }],
  'chain-end': [{ origin: ofNobody }],
  'clock-step': [{ outcome: '8', origin: ofNobody, count: 3600 }],
  void: [{ outcome: '4', origin: ofNobody }],
};
const all = Object.entries(samples).flatMap(([type, events]) =>
  events.map((sample, number): [string, AuditEvent] => [
    `${type} ${number + 1}`,
    { type: type as AuditEventType, outcome: '0', origin, ...sample },
  ]),
);
const rendered = (event: AuditEvent) => toFhirAuditEvent({ event: { ...event, id, recordedAt }, chain });
const only = (type: AuditEventType, number = 0, more: Sample = {}) =>
  rendered({ type, outcome: '0', origin, ...samples[type][number], ...more });

describe('an event as FHIR R4 AuditEvent', () => {
  it.each(all)('%s is valid against the official schema', (_, event) => {
    expect(schemaFaults(rendered(event))).toEqual([]);
  });

  it.each(all)('%s uses codes that exist, in the value sets of their elements', (_, event) => {
    expect(codeFaults(rendered(event))).toEqual([]);
  });

  it.each(all)('%s tells our own type as its last subtype', (_, event) => {
    expect(rendered(event).subtype.at(-1)).toEqual({
      system: 'https://phi.localhost/fhir/CodeSystem/audit-event-type',
      code: event.type,
      display: renderings[event.type].display,
    });
  });

  it('would be refused by the checks if it were wrong', () => {
    const event = only('patient-read');
    expect(schemaFaults({ ...event, action: 'X' })).not.toEqual([]);
    expect(schemaFaults({ ...event, more: 1 })).not.toEqual([]);
    expect(schemaFaults({ ...event, agent: [{ requestor: 'yes' }] })).not.toEqual([]);
    expect(codeFaults({ ...event, type: { ...event.type, code: 'rst' } })).not.toEqual([]);
    expect(balpFaults({ ...event, agent: event.agent.slice(1) })).not.toEqual([]);
    expect(balpFaults({ ...event, entity: event.entity?.slice(0, 2) ?? [] })).toContain('entity[data] 1..1');
  });

  it.each([...purposesOfUse.keys()])('tells the purpose %s in HL7 words', (purposeOfUse) => {
    expect(codeFaults(only('patient-read', 0, { origin: { ...origin, purposeOfUse } }))).toEqual([]);
  });
});

/** Clause by clause: `test/support/balp-profiles.ts`. */
describe('IHE BALP 1.1', () => {
  const base = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
  const followed: [AuditEventType, number, string][] = [
    ['patient-create', 0, 'PatientCreate'],
    ['patient-read', 0, 'PatientRead'],
    ['patient-read', 1, 'PatientRead'],
    ['patient-update', 0, 'PatientUpdate'],
    ['patient-delete', 0, 'PatientDelete'],
    ['patient-query', 0, 'PatientQuery'],
    ['patient-query', 1, 'Query'],
    ['patient-query', 2, 'PatientQuery'],
    ['record-create', 0, 'PatientCreate'],
    ['record-read', 0, 'PatientRead'],
    ['record-read', 1, 'PatientRead'],
    ['record-update', 0, 'PatientUpdate'],
    ['record-delete', 0, 'PatientDelete'],
    ['record-query', 0, 'PatientQuery'],
    ['record-query', 1, 'PatientQuery'],
    ['care-team-read', 0, 'PatientRead'],
    ['care-team-update', 0, 'PatientUpdate'],
    ['export', 0, 'PrivacyDisclosure.Source'],
    ['emergency-access-read', 0, 'PatientRead'],
  ];
  it.each(followed)('%s (%i) follows %s', (type, number, profile) => {
    const event = only(type, number);
    expect(event.meta?.profile).toEqual([`${base}${profile}`]);
    expect(balpFaults(event)).toEqual([]);
  });

  it.each(followed)(
    '%s (%i) of a client that speaks for itself follows it without a user',
    (type, number) => {
      const event = only(type, number, {
        origin: { ...origin, agent: { ...agent, subject: 'ward-app' } },
      });
      expect(balpFaults(event)).toEqual([]);
      expect(event.agent.map(({ requestor }) => requestor)).toEqual([true, false]);
    },
  );

  it('is claimed by no other event: none of a batch, a failure, an operator or our own', () => {
    const claiming = all.filter(([, event]) => rendered(event).meta !== undefined).map(([name]) => name);
    expect(claiming).toEqual(followed.map(([type, number]) => `${type} ${number + 1}`));
    expect(only('patient-read', 0, { outcome: '8' }).meta).toBeUndefined();
    expect(only('patient-read', 0, { origin: ofOperator }).meta).toBeUndefined();
  });
});

describe('what an AuditEvent says', () => {
  it('names who, from where, with which scopes and why', () => {
    const purpose = {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
          code: 'TREAT',
          display: 'treatment',
        },
      ],
    };
    const event = only('patient-read');
    expect(event.purposeOfEvent).toEqual([purpose]);
    expect(event.agent).toMatchObject([
      {
        who: { identifier: { system: agent.issuer, value: 'ward-app' } },
        requestor: false,
        network: { address: '203.0.113.7', type: '2' },
      },
      {
        who: { identifier: { system: agent.issuer, value: 'dr-weber' } },
        requestor: true,
        policy: ['user/*.rs', 'openid'],
        purposeOfUse: [purpose],
      },
      { who: event.source.observer, requestor: false },
    ]);
    expect(event.source.observer.identifier?.value).toBe('0d5b9f6a-3c1e-4f0b-8f7e-6a1d2c3b4e5f');
  });

  it('names the patient, the very version and its hash, and the request', () => {
    expect(only('record-update').entity).toMatchObject([
      { what: { identifier: { value: origin.requestId } } },
      { what: { reference: `Patient/${patientId}` } },
      {
        what: { reference: `Observation/${recordId}/_history/1` },
        detail: [
          { type: 'version', valueString: '1' },
          { type: 'message-sha256', valueBase64Binary: messageSha256 },
        ],
      },
    ]);
  });

  it('names the fields of a search, as base64', () => {
    const query = only('patient-query').entity?.find(({ role }) => role?.code === '24')?.query ?? '';
    expect(Buffer.from(query, 'base64').toString()).toBe('family&birthDate');
  });

  it('names the emergency access that a read was made under, and what became of it', () => {
    const detailsOf = (event: ReturnType<typeof only>) => event.entity?.at(-1)?.detail;
    const emergencyAccessId = '55555555-5555-4555-8555-555555555555';
    const read = only('record-read', 0, {
      origin: { ...origin, purposeOfUse: 'ETREAT', emergencyAccessId },
    });
    expect(read.purposeOfEvent?.[0]?.coding[0]?.code).toBe('ETREAT');
    expect(detailsOf(read)).toEqual([{ type: 'emergency-access-id', valueString: emergencyAccessId }]);
    expect(detailsOf(only('emergency-access'))).toEqual([
      { type: 'emergency-access-id', valueString: id },
      { type: 'emergency-access-step', valueString: 'granted' },
      { type: 'emergency-access-expires-at', valueString: '2026-01-05T10:30:00.000Z' },
    ]);
    expect(detailsOf(only('emergency-access-review'))).toEqual([
      { type: 'emergency-access-id', valueString: id },
      { type: 'emergency-access-step', valueString: 'reviewed' },
      { type: 'emergency-access-finding', valueString: 'inappropriate' },
    ]);
  });

  it.each([
    ['GET', 'R'],
    ['POST', 'C'],
    ['PUT', 'U'],
    ['PATCH', 'U'],
    ['DELETE', 'D'],
    ['OPTIONS', 'E'],
  ])('tells of a refused %s that it would have been %s', (method, action) => {
    const event = only('refusal', 0, { refusal: { ...refusal, method } });
    expect([event.action, event.outcomeDesc]).toEqual([action, 'out-of-reach']);
  });

  it('makes an agent who read unusually much the subject of the report, not its author', () => {
    const event = only('mass-read');
    expect(event.agent).toHaveLength(1);
    expect(event.agent[0]?.who).toEqual(event.source.observer);
    expect(event.entity).toMatchObject([
      { what: { identifier: { value: 'dr-weber' } } },
      {
        detail: [
          { type: 'count', valueString: '80' },
          { type: 'mass-read-limit', valueString: '50' },
          { type: 'mass-read-usual', valueString: '12' },
        ],
      },
    ]);
  });
});
