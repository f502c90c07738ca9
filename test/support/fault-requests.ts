import { randomUUID } from 'node:crypto';
import { canaries } from './canaries.js';
import type { HttpAnswer, HttpRequest } from './http-client.js';
import { type Intent, mrnSystem } from './write-mix.js';

/** What is sent while something is out of order. */
export const acts = ['warm read', 'cold read', 'new patient', 'change', 'batch', 'search'] as const;
export type Act = (typeof acts)[number];

export interface ActRequest {
  request: HttpRequest;
  /** Status once nothing is out of order. */
  done: number;
  /** Of a write: what it leaves, all of it or nothing. */
  intent?: Intent;
}

const recordsInBatch = 3;

/** Every text in it is marked; it holds nothing that screening refuses or replaces. */
export const markedPatient = (mrn: string) => ({
  identifier: [{ system: mrnSystem, value: mrn }],
  name: [{ family: canaries.family, given: [canaries.given] }],
  notes: canaries.freeText,
});
export const markedRecord = (version: string) => ({
  recordType: 'Observation',
  content: { resourceType: 'Observation', valueString: `${canaries.clinicalText} ${version}` },
});

const put = (path: string, body: object): HttpRequest => ({
  method: 'PUT',
  path,
  headers: { 'if-none-match': '*' },
  body,
});

/** The requests of one round, about patients of its own: none of them touches the rows of another. */
export class FaultRequests {
  readonly warm = { id: randomUUID(), mrn: randomUUID() };
  readonly cold = { id: randomUUID(), mrn: randomUUID() };
  readonly changed = { id: randomUUID(), mrn: randomUUID(), recordId: randomUUID() };
  readonly batched = {
    id: randomUUID(),
    mrn: randomUUID(),
    recordIds: Array.from({ length: recordsInBatch }, () => randomUUID()),
  };
  readonly posted = { mrn: randomUUID(), idempotencyKey: randomUUID() };

  /** What has to be there before, group after group. */
  get before(): HttpRequest[][] {
    const { warm, cold, changed, batched } = this;
    return [
      [warm, cold, changed, batched].map(({ id, mrn }) => put(`/v1/patients/${id}`, markedPatient(mrn))),
      [put(this.recordPath, markedRecord('first'))],
    ];
  }

  get recordPath(): string {
    return `/v1/patients/${this.changed.id}/records/${this.changed.recordId}`;
  }

  get batchPath(): string {
    return `/v1/patients/${this.batched.id}/records`;
  }

  /** The search that finds a patient by his identifier. */
  search(value: string): HttpRequest {
    return {
      method: 'POST',
      path: '/v1/patients/search',
      body: { identifier: { system: mrnSystem, value } },
    };
  }

  of(act: Act): ActRequest {
    const { warm, cold, changed, batched, posted } = this;
    switch (act) {
      case 'warm read':
        return { request: { method: 'GET', path: `/v1/patients/${warm.id}` }, done: 200 };
      case 'cold read':
        return { request: { method: 'GET', path: `/v1/patients/${cold.id}` }, done: 200 };
      case 'search':
        return { request: this.search(warm.mrn), done: 200 };
      case 'new patient':
        return {
          request: {
            method: 'POST',
            path: '/v1/patients',
            headers: { 'idempotency-key': posted.idempotencyKey },
            body: markedPatient(posted.mrn),
          },
          done: 201,
          intent: { kind: 'post-patient', ...posted },
        };
      case 'change':
        return {
          request: {
            method: 'PUT',
            path: this.recordPath,
            headers: { 'if-match': '"1"' },
            body: markedRecord('second'),
          },
          done: 200,
          intent: { kind: 'update-record', patientId: changed.id, recordId: changed.recordId },
        };
      case 'batch':
        return {
          request: {
            method: 'POST',
            path: `${this.batchPath}/batch`,
            // Any key that is new: the first record's id is.
            headers: { 'idempotency-key': batched.recordIds[0] as string },
            body: { records: batched.recordIds.map((id) => ({ id, ...markedRecord('of a batch') })) },
          },
          done: 201,
          intent: { kind: 'create-records', patientId: batched.id, recordIds: batched.recordIds },
        };
    }
  }
}

/** `200`, or the status and name of a problem: `503 storage-unavailable`. */
export function outcomeOf({ status, json }: HttpAnswer): string {
  if (status < 400) return String(status);
  return `${status} ${json<{ type: string }>().type.replace('/problems/', '')}`;
}
