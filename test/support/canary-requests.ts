import { randomUUID } from 'node:crypto';
import { canaries } from './canaries.js';
import type { HttpRequest } from './http-client.js';
import { documentedRoutes, fillPath, type Route } from './openapi-routes.js';

const { family, given, contact, medicalRecordNumber, socialSecurityNumber, jsonKey } = canaries;
const { phone, otherPhone, email, addressLine, city, freeText, clinicalText } = canaries;

/** A patient all of whose elements are marked. Identifiers as values are allowed; in `notes` they are replaced. */
export const canaryPatient = (unique = '') => ({
  identifier: [
    { system: 'urn:mrn', value: medicalRecordNumber + unique },
    { system: 'http://hl7.org/fhir/sid/us-ssn', value: socialSecurityNumber + unique },
  ],
  name: [{ family, given: [given], text: `${given} ${family}` }],
  telecom: [
    { system: 'phone', value: phone },
    { system: 'email', value: email },
  ],
  birthDate: '1984-05-17',
  address: [{ line: [addressLine], city, text: `${addressLine}, ${city}` }],
  contact: [{ name: { family: contact }, telecom: [{ system: 'phone', value: otherPhone }] }],
  notes: `${freeText}; ${given} ${family}, ${phone}, ${email}, ${addressLine}, ${city}`,
});

export const canaryRecord = () => ({
  recordType: 'Observation',
  content: {
    resourceType: 'Observation',
    valueString: `${clinicalText} of ${given} ${family}`,
    note: [{ text: `${freeText}: call ${phone} or ${email}` }],
    [jsonKey]: { [jsonKey]: medicalRecordNumber },
  },
  notes: `${clinicalText}, MRN ${medicalRecordNumber}`,
});

/** Blocked: the answer names the place, and the place is under a key that is a name itself. */
export const blockedRecord = () => ({
  recordType: 'Observation',
  content: { [jsonKey]: { [family]: `SSN ${socialSecurityNumber}` } },
  notes: `SSN ${socialSecurityNumber}`,
});

const everything = Object.values(canaries).join(' ');
const headerValue = everything.replaceAll('"', '');

/** Headers that hold what they should not; one request each. */
const headers: Record<string, string>[] = [
  'if-match',
  'if-none-match',
  'x-purpose-of-use',
  'idempotency-key',
  'content-type',
  'accept',
  'authorization',
  'x-request-id',
  'x-correlation-id',
  'user-agent',
  'referer',
  'origin',
  'cookie',
  'x-forwarded-for',
  'forwarded',
  'range',
  'content-encoding',
  'x-http-method-override',
].map((name) => ({ [name]: headerValue }));

/** Bodies that are refused, as text. */
const bodies: string[] = [
  everything,
  `{"notes": "${freeText}", ${family}}`,
  `{"notes": "${freeText} ${everything}`,
  `{"a": x\n    at ${family} (${given}.ts:1:1)`,
  JSON.stringify(everything),
  JSON.stringify([everything]),
  JSON.stringify({ [jsonKey]: everything, [everything]: family }),
  JSON.stringify({ [family]: { [given]: [{ [jsonKey]: everything }] } }),
  JSON.stringify({ name: everything, birthDate: family, gender: given, notes: [everything] }),
  JSON.stringify({ name: [{ [jsonKey]: everything }], identifier: [{ value: { [family]: everything } }] }),
  JSON.stringify({ recordType: family, content: everything, recordedAt: given }),
  JSON.stringify({ records: [{ recordType: family, content: { [jsonKey]: everything }, id: family }] }),
  JSON.stringify({ members: [{ subject: everything, role: everything, period: { start: family } }] }),
  JSON.stringify({ reason: [everything], purpose: family, [jsonKey]: given }),
  JSON.stringify({ finding: family, comment: everything }),
  JSON.stringify({ identifier: everything, family, phone, email }),
  JSON.stringify({ ...canaryPatient(), notes: `SSN ${socialSecurityNumber}` }),
  JSON.stringify(blockedRecord()),
  JSON.stringify({ records: [blockedRecord()] }),
  JSON.stringify({ __proto__: null, constructor: { [family]: everything } }),
];

/** Longer than any body that the service takes. */
const tooLarge = () => JSON.stringify({ notes: `${everything} `.repeat(20_000) });

const mediaType = (method: string) =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

/**
 * @param ids of documents that exist, by parameter of the path
 * @returns for each documented route, and for paths that are no route, requests that carry marked values in the path,
 *   the query, each header and the body
 */
export function canaryRequests(ids: Record<string, string>): HttpRequest[] {
  const unknown: Route[] = ['GET', 'POST', 'PUT', 'DELETE'].flatMap((method) =>
    [`/${family}`, `/v1/${family}`, `/v1/patients/{patientId}/${family}`, `/docs/${family}`].map((path) => ({
      method,
      path,
      operation: { responses: {} },
    })),
  );
  return [...documentedRoutes(), ...unknown].flatMap((route) => requestsOf(route, ids));
}

function requestsOf({ method, path }: Route, ids: Record<string, string>): HttpRequest[] {
  const real = fillPath(path, (name) => ids[name] ?? randomUUID());
  const query = new URLSearchParams({
    [jsonKey]: everything,
    family,
    cursor: email,
    limit: phone,
    type: family,
  });
  const json = { 'content-type': mediaType(method) };
  const withBody = method === 'GET' || method === 'DELETE' ? {} : { body: '{}', headers: json };
  const paths = [
    fillPath(path, () => family),
    fillPath(path, () => encodeURIComponent(everything).slice(0, 900)),
    fillPath(path, () => `${family}%ZZ${given}`),
    fillPath(path, () => `..%2f${family}`),
    `${real}/${family}`,
    `${real}?${query.toString()}`,
    `${real}?cursor=${family}`,
    `${real}?${family}=%E0%A4%A`,
  ];
  return [
    ...paths.map((place) => ({ method, path: place, ...withBody })),
    ...headers.map((header) => ({ method, path: real, ...withBody, headers: { ...json, ...header } })),
    ...(method === 'GET' || method === 'DELETE'
      ? []
      : [...bodies, tooLarge()].map((body) => ({
          method,
          path: real,
          body,
          headers: { ...json, 'if-match': '"99"' },
        }))),
  ];
}
