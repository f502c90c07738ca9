import { randomUUID } from 'node:crypto';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.js';

/** What a write should leave behind when it was made, all of it or nothing. */
export type Intent =
  | { kind: 'create-patient'; patientId: string; mrn: string }
  /** The service gives the id; the idempotency key finds it. */
  | { kind: 'post-patient'; idempotencyKey: string; mrn: string }
  | { kind: 'create-records'; patientId: string; recordIds: string[] }
  | { kind: 'update-patient'; patientId: string; mrn: string; mrnBefore: string }
  | { kind: 'update-record'; patientId: string; recordId: string };

/** One write of a mix: what is asked, what it should leave, and what became of it. */
export interface Write {
  intent: Intent;
  request: HttpRequest;
  /** What a GET of each document must show once the write is made, by path. */
  documents: Record<string, object>;
  /** What it showed before, for updates. */
  before: Record<string, object>;
  /** The answer, once there is one. */
  answer?: HttpAnswer;
}

export const mrnSystem = 'urn:mrn';

const patientBody = (mrn: string, notes: string) => ({
  identifier: [{ system: mrnSystem, value: mrn }],
  name: [{ family: `Family-${mrn}`, given: ['Given'] }],
  birthDate: '1984-05-17',
  notes,
});
const recordBody = (value: string) => ({
  recordType: 'Observation',
  content: { resourceType: 'Observation', valueString: value },
  recordedAt: '2026-01-05T09:30:00.000Z',
});

function createPatient(): Write & { intent: { kind: 'create-patient' } } {
  const patientId = randomUUID();
  const mrn = randomUUID();
  const path = `/v1/patients/${patientId}`;
  const body = patientBody(mrn, 'first');
  return {
    intent: { kind: 'create-patient', patientId, mrn },
    request: { method: 'PUT', path, headers: { 'if-none-match': '*' }, body },
    documents: { [path]: body },
    before: {},
  };
}

function postPatient(): Write {
  const mrn = randomUUID();
  const idempotencyKey = randomUUID();
  const body = patientBody(mrn, 'posted');
  return {
    intent: { kind: 'post-patient', idempotencyKey, mrn },
    request: { method: 'POST', path: '/v1/patients', headers: { 'idempotency-key': idempotencyKey }, body },
    documents: { '': body },
    before: {},
  };
}

function createRecord(patientId: string): Write & { intent: { kind: 'create-records' } } {
  const recordId = randomUUID();
  const path = `/v1/patients/${patientId}/records/${recordId}`;
  const body = recordBody('first');
  return {
    intent: { kind: 'create-records', patientId, recordIds: [recordId] },
    request: { method: 'PUT', path, headers: { 'if-none-match': '*' }, body },
    documents: { [path]: body },
    before: {},
  };
}

function createBatch(patientId: string, size: number): Write {
  const records = Array.from({ length: size }, () => ({ id: randomUUID(), ...recordBody('of a batch') }));
  const base = `/v1/patients/${patientId}/records`;
  const documents = records.map(({ id, ...body }) => [`${base}/${id}`, body] as const);
  return {
    intent: { kind: 'create-records', patientId, recordIds: records.map(({ id }) => id) },
    request: { method: 'POST', path: `${base}/batch`, body: { records } },
    documents: Object.fromEntries(documents),
    before: {},
  };
}

function updatePatient(made: ReturnType<typeof createPatient>): Write {
  const { patientId, mrn: mrnBefore } = made.intent;
  const { path } = made.request;
  const mrn = randomUUID();
  const body = patientBody(mrn, 'second');
  return {
    intent: { kind: 'update-patient', patientId, mrn, mrnBefore },
    request: { method: 'PUT', path, headers: { 'if-match': '"1"' }, body },
    documents: { [path]: body },
    before: made.documents,
  };
}

function updateRecord(made: ReturnType<typeof createRecord>): Write {
  const { patientId, recordIds } = made.intent;
  const { path } = made.request;
  const body = recordBody('second');
  return {
    intent: { kind: 'update-record', patientId, recordId: recordIds[0] as string },
    request: { method: 'PUT', path, headers: { 'if-match': '"1"' }, body },
    documents: { [path]: body },
    before: made.documents,
  };
}

/**
 * @returns writes that must be made first, one after the other group, and then a thousand writes of every kind, no two
 * of which touch the same document
 */
export function writeMix(): { patients: Write[]; records: Write[]; writes: Write[] } {
  const patients = Array.from({ length: 100 }, createPatient);
  const records = patients.map(({ intent }) => createRecord(intent.patientId));
  const ids = patients.map(({ intent }) => intent.patientId);
  const writes = [
    ...Array.from({ length: 400 }, createPatient),
    ...Array.from({ length: 100 }, postPatient),
    ...Array.from({ length: 260 }, (_, n) => createRecord(ids[n % ids.length] as string)),
    ...Array.from({ length: 40 }, (_, n) => createBatch(ids[n % ids.length] as string, 5)),
    ...patients.map(updatePatient),
    ...records.map(updateRecord),
  ];
  return { patients, records, writes: interleaved(writes) };
}

/** Every kind all along the way: a stride that has no divisor in common with a thousand. */
function interleaved(writes: Write[]): Write[] {
  const stride = 377;
  return writes.map((_, position) => writes[(position * stride) % writes.length] as Write);
}

/**
 * Sends all at once and notes the answers.
 * @param onAnswer called after each answer
 * @returns when each is answered or its connection broke
 */
export async function sendAll(
  client: HttpClient,
  authorization: string,
  writes: readonly Write[],
  onAnswer: () => void = () => undefined,
): Promise<void> {
  const sent = writes.map(async (write) => {
    const { request } = write;
    write.answer = await client.send({ ...request, headers: { ...request.headers, authorization } });
    onAnswer();
  });
  await Promise.allSettled(sent);
}
