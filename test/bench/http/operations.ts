import { identifierOf, samplePatient } from './sample-patient.js';

/** A patient that was stored before the load began. */
export interface StoredPatient {
  id: string;
  /** Its identifier follows from it. */
  serial: number;
  etag: string;
}

export interface HttpRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export type OperationName = 'get' | 'post' | 'put' | 'search';

/** What a connection repeats, and how it is told about. */
export interface Operation {
  title: string;
  /** The connection keeps to one patient and follows its ETag; otherwise it goes from patient to patient. */
  ownPatient: boolean;
  /** @param serial differs in each request of a run */
  request(patient: StoredPatient, serial: number): HttpRequest;
}

const json = { 'content-type': 'application/json' };

export const operations: Record<OperationName, Operation> = {
  get: {
    title: 'GET patient by id',
    ownPatient: false,
    request: ({ id }) => ({ method: 'GET', path: `/v1/patients/${id}` }),
  },
  post: {
    title: 'POST patient',
    ownPatient: false,
    request: (_, serial) => ({
      method: 'POST',
      path: '/v1/patients',
      headers: json,
      body: JSON.stringify(samplePatient(serial)),
    }),
  },
  put: {
    title: 'PUT patient',
    ownPatient: true,
    request: ({ id, serial, etag }) => ({
      method: 'PUT',
      path: `/v1/patients/${id}`,
      headers: { ...json, 'if-match': etag },
      body: JSON.stringify(samplePatient(serial)),
    }),
  },
  search: {
    title: 'Search by identifier',
    ownPatient: false,
    request: ({ serial }) => ({
      method: 'POST',
      path: '/v1/patients/search',
      headers: json,
      body: JSON.stringify({ identifier: identifierOf(serial) }),
    }),
  },
};

export const operationNames = Object.keys(operations) as OperationName[];
