import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedDuring } from '../support/audit-recording.js';
import { type Answer, clientOf, PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
let patientPath: string;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  patientPath = `/v1/patients/${(await client.post('/v1/patients', {})).body.id}`;
});
afterAll(() => service.stop());

/** Stands in every request below where the caller's own text can stand: it must not come back, nor be logged. */
const marked = 'MARKEDVALUE';
const text = (type: string) => ({ 'content-type': type });

interface Refusal {
  what: string;
  send: () => Promise<Answer>;
  status: number;
  problem: string;
}
const refusals: Refusal[] = [
  {
    what: 'malformed JSON',
    send: () => client.post('/v1/patients', `{"notes": "${marked}"`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'malformed JSON in a patch',
    send: () => client.patch(patientPath, `{"notes": ${marked}}`, { 'if-match': '"1"' }),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'an empty body',
    send: () => client.post('/v1/patients', ''),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'no body and no media type',
    send: () => service.http.post('/v1/patients').set('authorization', bearer).then(asAnswer),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'a body that is no object',
    send: () => client.post('/v1/patients', `"${marked}"`),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'an array for a body',
    send: () => client.post('/v1/patients', [{ notes: marked }]),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'an unknown element',
    send: () => client.post('/v1/patients', { [marked]: marked }),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'a value of the wrong type',
    send: () => client.post('/v1/patients', { notes: [marked] }),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'a member called __proto__',
    send: () => client.post('/v1/patients', `{"__proto__": {"notes": "${marked}"}}`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a member called __proto__ in escapes, deep inside',
    send: () =>
      client.post(
        `${patientPath}/records`,
        `{"recordType":"Basic","content":{"a":[{"\\u005f_proto__":"${marked}"}]}}`,
      ),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a constructor with a prototype',
    send: () => client.post('/v1/patients', `{"constructor": {"prototype": "${marked}"}}`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a name that stands twice in the body',
    send: () => client.post('/v1/patients', `{"notes": "${marked}", "notes": "other"}`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a name that stands twice in the content of a record',
    send: () =>
      client.post(
        `${patientPath}/records`,
        `{"recordType":"Basic","content":{"a":{"b":"${marked}","c":1,"\\u0062":2}}}`,
      ),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a body over 3 MB',
    send: () => client.post('/v1/patients', { notes: marked.repeat(300_000) }),
    status: 413,
    problem: 'payload-too-large',
  },
  {
    what: 'a form',
    send: () => client.post('/v1/patients', `notes=${marked}`, text('application/x-www-form-urlencoded')),
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'plain text',
    send: () => client.post('/v1/patients', `{"notes":"${marked}"}`, text('text/plain')),
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'XML',
    send: () => client.post('/v1/patients', `<notes>${marked}</notes>`, text('application/fhir+xml')),
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'a merge patch where it is none',
    send: () => client.post('/v1/patients', { notes: marked }, text('application/merge-patch+json')),
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'a media type that is none',
    send: () => client.post('/v1/patients', `{"notes":"${marked}"}`, text(marked)),
    status: 415,
    problem: 'unsupported-media-type',
  },
  {
    what: 'an unknown route',
    send: () => client.get(`/v1/${marked}?q=${marked}`),
    status: 404,
    problem: 'not-found',
  },
  {
    what: 'a method that the route does not have',
    send: () => client.delete(`/v1/patients?q=${marked}`),
    status: 404,
    problem: 'not-found',
  },
  {
    what: 'a path that is no path',
    send: () => client.get(`/v1/patients/%zz${marked}`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'a path that is far too long',
    send: () => client.get(`/v1/patients/${marked.repeat(20)}`),
    status: 400,
    problem: 'malformed-request',
  },
  {
    what: 'an id that is none',
    send: () => client.get(`/v1/patients/${marked}`),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'an unknown parameter',
    send: () => client.get(`/v1/patients?${marked}=${marked}`),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'an unknown purpose of use',
    send: () => client.get(patientPath, { 'x-purpose-of-use': marked }),
    status: 400,
    problem: 'validation-failed',
  },
  {
    what: 'no token',
    send: () => new PhiClient(service, undefined).post('/v1/patients', { notes: marked }),
    status: 401,
    problem: 'unauthenticated',
  },
  {
    what: 'a token without the scope',
    send: async () =>
      (await clientOf(service, { scope: `system/${marked}.r` })).post('/v1/patients', { notes: marked }),
    status: 403,
    problem: 'insufficient-scope',
  },
  {
    what: 'no If-Match',
    send: () => client.put(patientPath, { notes: marked }),
    status: 428,
    problem: 'precondition-required',
  },
  {
    what: 'a stale If-Match',
    send: () => client.put(patientPath, { notes: marked }, { 'if-match': '"9"' }),
    status: 412,
    problem: 'precondition-failed',
  },
];

let bearer: string;
beforeAll(async () => {
  bearer = await service.bearer();
});
const asAnswer = ({ status, headers, body, text: whole }: Answer): Answer => ({
  status,
  headers,
  body,
  text: whole,
});

describe.each(refusals)('$what', ({ send, status, problem }) => {
  it(`is answered as ${status} ${problem}, without a word of what came in, and recorded`, async () => {
    let refused: Answer | undefined;
    const events = await recordedDuring(service.platform, async () => (refused = await send()));

    expect(refused).toMatchObject({
      status,
      headers: {
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: { type: `/problems/${problem}`, status },
    });
    expect(refused?.body.instance).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(refused?.headers['x-request-id']).toBe(refused?.body.instance);
    const allowed = ['type', 'title', 'status', 'detail', 'instance', 'errors', 'findings'];
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(refused?.body ?? {})));
    expect(JSON.stringify(refused)).not.toContain(marked);
    expect(service.logged().includes(marked)).toBe(false);
    expect(events).toMatchObject([{ type: 'refusal', outcome: '4', refusal: { problem, status } }]);
    expect(JSON.stringify(events)).not.toContain(marked);
  });
});

describe('request headers that are too large', () => {
  it('are answered as 431 headers-too-large', async () => {
    const refused = await client.get(patientPath, { 'x-marked': marked.repeat(2000) });
    expect(refused).toMatchObject({
      status: 431,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { type: '/problems/headers-too-large', status: 431 },
    });
    expect((refused.text + service.logged()).includes(marked)).toBe(false);
  });
});

describe('a request id', () => {
  it('is ours, new for each request, whatever the client sends', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => client.get(patientPath, { 'x-request-id': marked, 'request-id': marked })),
    );
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(3);
    expect(JSON.stringify(answers)).not.toContain(marked);
  });
});
