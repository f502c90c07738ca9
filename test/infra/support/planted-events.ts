import type { StoredAuditEvent } from '@app/audit';
import { uuidOf } from './cloud-trail-records.js';
import { at, auditEvent, later } from './harmless-trail.js';

/** Whose accesses are asked for; nobody else's trail names him. */
export const watchedPatient = uuidOf('watched patient');

export function accessesOfTheWatchedPatient(): StoredAuditEvent[] {
  const patientId = watchedPatient;
  const observation = { type: 'Observation', id: uuidOf('watched observation'), version: 3 };
  const condition = { type: 'Condition', id: uuidOf('watched condition'), version: 1 };
  return [
    auditEvent('watched read', at('08:11:00'), 'patient-read', {
      patientId,
      entities: [{ type: 'Patient', id: patientId, version: 4 }],
    }),
    auditEvent('watched batch', at('09:12:00'), 'record-create', {
      patientId,
      subject: 'importer',
      entities: [observation, condition],
    }),
    auditEvent('watched search', at('10:13:00'), 'patient-query', {
      patientId,
      query: ['family', 'birthDate'],
    }),
    auditEvent('watched refusal', at('2026-11-03T23:59:59.999'), 'refusal', {
      patientId,
      subject: 'nosy',
      outcome: '8',
      refusal: { problem: 'out-of-reach', status: 404, method: 'GET', route: '/v1/patients/:patientId' },
    }),
    auditEvent('near watched: the day before', at('2026-11-01T23:59:59'), 'patient-read', { patientId }),
    auditEvent('near watched: the day after', at('2026-11-04T00:00:00'), 'patient-read', { patientId }),
  ];
}

export function integrityAlarms(): StoredAuditEvent[] {
  const patientId = uuidOf('patient with a changed row');
  const refusal = {
    problem: 'integrity-failure',
    status: 500,
    method: 'GET',
    route: '/v1/patients/:patientId',
  };
  return [
    auditEvent('alarm', at('11:00:00'), 'integrity-alarm', { patientId, outcome: '12', refusal }),
    auditEvent('near alarm: KMS out of reach', at('11:01:00'), 'refusal', {
      patientId,
      outcome: '8',
      refusal: { ...refusal, problem: 'key-service-unavailable', status: 503 },
    }),
  ];
}

export function refusedTexts(): StoredAuditEvent[] {
  const refusal = { problem: 'identifier-in-text', status: 422, method: 'POST', route: '/v1/patients' };
  return [
    auditEvent('text with two types', at('14:00:00'), 'refusal', {
      outcome: '4',
      refusal,
      screening: { US_SOCIAL_SECURITY_NUMBER: 2, CREDIT_DEBIT_CARD_NUMBER: 1 },
    }),
    auditEvent('near text: a schema fault', at('14:01:00'), 'refusal', {
      outcome: '4',
      refusal: { ...refusal, problem: 'validation-failed', status: 400 },
    }),
  ];
}

/** 40 patients are too many within an hour for one caller who reads them. */
export function massReads(): StoredAuditEvent[] {
  const many = Array.from({ length: 40 }, (_, n) => n);
  const patientId = (n: number) => uuidOf(`mass patient ${n}`);
  const noticed = auditEvent('unusual', at('15:59:00'), 'mass-read', {
    subject: 'quiet-clinician',
    count: 12,
    massRead: { limit: 10, usual: 2 },
  });
  const reads = many.flatMap((n) => [
    auditEvent(`mass ${n}`, later(at('15:00:00'), n * 60), n % 2 === 0 ? 'patient-read' : 'record-query', {
      subject: 'mallory',
      patientId: patientId(n),
    }),
    auditEvent(`near mass: slow ${n}`, later(at('15:30:00'), n * 90), 'patient-read', {
      subject: 'slow-reader',
      patientId: patientId(n),
    }),
    auditEvent(`near mass: one patient ${n}`, later(at('16:00:00'), n * 60), 'patient-read', {
      subject: 'thorough-reader',
      patientId: patientId(0),
    }),
    auditEvent(`near mass: refused ${n}`, later(at('17:00:00'), n * 60), 'patient-read', {
      subject: 'refused-reader',
      outcome: '4',
      patientId: patientId(n),
    }),
    auditEvent(`near mass: import ${n}`, later(at('18:00:00'), n * 60), 'patient-create', {
      subject: 'importer',
      patientId: patientId(n),
    }),
  ]);
  return [noticed, ...reads];
}

export function companionsOfDecrypts(): StoredAuditEvent[] {
  const event = (decrypt: string, time: string) =>
    auditEvent(`event of ${decrypt}`, at(time), 'record-read', {
      patientId: uuidOf(`patient of ${decrypt}`),
    });
  return [
    event('decrypt long before its event', '03:26:00'),
    event('somebody else', '03:30:00'),
    event('near decrypt: event four minutes later', '03:44:00'),
    event('near decrypt: event four minutes before', '03:46:00'),
    event('near decrypt: event after midnight', '2026-11-04T00:00:01'),
    event('near decrypt: event before midnight', '2026-11-01T23:59:58'),
  ];
}

/** People who work from 1 to 23 o'clock. */
export function nightAccesses(): StoredAuditEvent[] {
  const patientId = uuidOf('patient of the night');
  const night = { patientId, subject: 'night-reader' };
  const program = auditEvent('near night: a program', at('23:30:00'), 'record-read', {
    ...night,
    subject: 'importer',
  });
  program.origin.agent!.scopes = ['system/*.cruds'];
  return [
    auditEvent('night 1', at('23:00:00'), 'patient-read', night),
    auditEvent('night 2', at('23:59:59'), 'record-update', night),
    auditEvent('near night: the last second of the day', at('22:59:59'), 'patient-read', night),
    auditEvent('near night: refused', at('23:40:00'), 'refusal', { ...night, subject: 'nosy', outcome: '8' }),
    program,
  ];
}

export function emergencies(): StoredAuditEvent[] {
  const patientId = uuidOf('emergency patient');
  const breakGlass = { subject: 'er-physician', patientId, purposeOfUse: 'BTG' };
  return [
    auditEvent('grant', at('19:59:00'), 'emergency-access', { subject: 'nurse', patientId }),
    auditEvent('glass 1', at('20:00:00'), 'patient-read', breakGlass),
    auditEvent('glass 2', at('20:01:00'), 'record-read', breakGlass),
    auditEvent('glass 3', at('20:02:00'), 'refusal', { ...breakGlass, outcome: '4' }),
    auditEvent('emergency treatment', at('21:00:00'), 'patient-read', {
      subject: 'paramedic',
      patientId,
      purposeOfUse: 'ETREAT',
    }),
    auditEvent('near emergency: treatment', at('20:03:00'), 'patient-read', {
      subject: 'er-physician',
      patientId,
    }),
    auditEvent('near emergency: next day', at('2026-11-04T20:00:00'), 'patient-read', breakGlass),
  ];
}
