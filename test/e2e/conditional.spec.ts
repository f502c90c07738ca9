import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

let service: Service;
let client: PhiClient;

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
});
afterAll(() => service.stop());

type Headers = Record<string, string>;
const record = { recordType: 'Observation', content: { status: 'final' } };
const team = {
  members: [{ subject: 'tester', role: 'physician', period: { start: '2020-01-01T00:00:00Z' } }],
};

/** Each write that needs `If-Match`, on a fresh resource at version 1. */
const writes: [string, (headers: Headers) => Promise<{ answer: Answer; path: string }>][] = [
  ['PUT of a patient', on(patientPath, (path, headers) => client.put(path, { active: true }, headers))],
  ['PATCH of a patient', on(patientPath, (path, headers) => client.patch(path, { active: true }, headers))],
  ['DELETE of a patient', on(patientPath, (path, headers) => client.delete(path, headers))],
  ['PUT of a record', on(recordPath, (path, headers) => client.put(path, record, headers))],
  ['DELETE of a record', on(recordPath, (path, headers) => client.delete(path, headers))],
  [
    'PUT of a care team',
    on(
      async () => `${await patientPath()}/care-team`,
      (path, headers) => client.put(path, team, headers),
    ),
  ],
];

function on(make: () => Promise<string>, write: (path: string, headers: Headers) => Promise<Answer>) {
  return async (headers: Headers) => {
    const path = await make();
    return { path, answer: await write(path, headers) };
  };
}

async function patientPath(): Promise<string> {
  return `/v1/patients/${(await client.post('/v1/patients', {})).body.id}`;
}

async function recordPath(): Promise<string> {
  const path = `${await patientPath()}/records`;
  return `${path}/${(await client.post(path, record)).body.id}`;
}

describe.each(writes)('%s', (_, write) => {
  it.each(['"1"', '*', ' "1" '])('goes through with If-Match: %s', async (tag) => {
    const { answer } = await write({ 'if-match': tag });
    expect([200, 204]).toContain(answer.status);
  });

  const refusals: [string, Headers, number, string][] = [
    ['without If-Match', {}, 428, 'precondition-required'],
    ['with the version before', { 'if-match': '"0"' }, 412, 'precondition-failed'],
    ['with a version to come', { 'if-match': '"2"' }, 412, 'precondition-failed'],
    ['with a bare number', { 'if-match': '1' }, 400, 'validation-failed'],
    ['with a weak tag', { 'if-match': 'W/"1"' }, 400, 'validation-failed'],
    ['with a list of tags', { 'if-match': '"1", "2"' }, 400, 'validation-failed'],
    ['with another kind of tag', { 'if-match': '"abc"' }, 400, 'validation-failed'],
    ['with an empty If-Match', { 'if-match': '' }, 400, 'validation-failed'],
  ];
  it.each(refusals)('is refused %s', async (__, headers, status, problem) => {
    const { answer, path } = await write(headers);
    expect(answer).toMatchObject({ status, body: { type: `/problems/${problem}` } });
    if (status === 400) expect(answer.body.errors.map(({ pointer }) => pointer)).toEqual(['header:If-Match']);
    expect((await client.get(path)).headers).toMatchObject({ etag: '"1"' });
  });
});

describe('a PUT that says two things', () => {
  it('is refused with both If-Match and If-None-Match', async () => {
    const path = await patientPath();
    const refused = await client.put(path, {}, { 'if-match': '"1"', 'if-none-match': '*' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'header:If-Match' }] } });
  });

  it('is refused with an If-None-Match that is not *', async () => {
    const refused = await client.put(await patientPath(), {}, { 'if-none-match': '"1"' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'header:If-None-Match' }] } });
  });
});

describe('concurrent writers with If-Match', () => {
  const turns = testConfig.load(8);

  it(`lose no update: ${8 * turns} of them each add one to a counter`, async () => {
    const path = await patientPath();
    let refused = 0;
    const increment = async (): Promise<void> => {
      for (;;) {
        const { body, headers } = await client.get(path);
        const count = Number(body['notes'] ?? '0');
        const answer = await client.patch(
          path,
          { notes: String(count + 1) },
          { 'if-match': headers['etag'] as string },
        );
        if (answer.status === 200) return;
        expect(answer).toMatchObject({ status: 412, body: { type: '/problems/precondition-failed' } });
        refused += 1;
      }
    };

    // Eight at a time, each some times: every write has rivals.
    const writers = Array.from({ length: 8 }, async () => {
      for (let turn = 0; turn < turns; turn++) await increment();
    });
    await Promise.all(writers);

    expect((await client.get(path)).body).toMatchObject({
      notes: String(8 * turns),
      version: 8 * turns + 1,
    });
    expect(refused).toBeGreaterThan(0);
    const { body } = await client.get(`${path}/history?limit=50`);
    expect(body.items.map(({ notes = '0' }) => notes)).toEqual(
      body.items.map(({ version }) => String(version - 1)),
    );
  });

  it('have one winner of 64 that read the same version', async () => {
    for (const path of [await patientPath(), await recordPath()]) {
      const writers = Array.from({ length: 64 }, (_, n) =>
        client.put(
          path,
          path.includes('records') ? { ...record, notes: `writer ${n}` } : { notes: `writer ${n}` },
          {
            'if-match': '"1"',
          },
        ),
      );
      const answers = await Promise.all(writers);

      const winners = answers.filter(({ status }) => status === 200);
      expect(winners.length).toBe(1);
      expect(answers.filter(({ status }) => status === 412).length).toBe(63);
      expect((await client.get(path)).body).toEqual(winners[0]?.body);
    }
  });

  it('have one winner between a delete and a replace', async () => {
    const path = await patientPath();
    const headers = { 'if-match': '"1"' };
    const answers = await Promise.all([
      client.delete(path, headers),
      client.put(path, { active: true }, headers),
    ]);
    const won = answers.filter(({ status }) => status < 300);
    expect(won.length).toBe(1);
    expect((await client.get(path)).status).toBe(won[0]?.status === 204 ? 410 : 200);
  });
});
