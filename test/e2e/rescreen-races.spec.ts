import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BedrockOperation } from '../support/bedrock-server.js';
import { erasureBody, officerScope, partitionOf } from '../support/erasable-patient.js';
import { clientOf, type PhiClient, succeeded } from '../support/phi-client.js';
import { number, place, reportOf, RescreenedService, words } from '../support/rescreened-service.js';
import { messagesWithoutTheirHash } from '../support/stored-rows.js';

const rounds = Number(process.env['PHI_TEST_KILL_ROUNDS'] ?? 2);
/** A run works on four at a time; the last four are left for the run that is not killed. */
const patients = 4 * (rounds + 1);

let rescreened: RescreenedService;
let client: PhiClient;

beforeAll(async () => {
  rescreened = await RescreenedService.start();
  client = rescreened.client;
});
beforeEach(() => {
  rescreened.bedrock.requests.length = 0;
  rescreened.whileScreened = undefined;
});
afterAll(() => rescreened.stop());

const requestsTo = (operation: BedrockOperation) =>
  rescreened.bedrock.requests.filter((request) => request.operation === operation);

/** @returns the row of the job, which changes with each sign of life */
const jobRow = () => rescreened.table.get({ table: 'records', partition: 'JOB#rescreen', sort: '-' });

/** @returns what kills the run when the model is asked for the `requests`-th time */
function killAfter(requests: number, kill: () => void): () => Promise<void> {
  let left = requests;
  const asked = async () => {
    left -= 1;
    if (left === 0) kill();
    else rescreened.whileScreened = asked;
  };
  return asked;
}

async function nothingLeft(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { text } = await client.get(`/v1/patients/${id}/history`);
    expect(text).toContain(id);
    expect(text).not.toMatch(words);
  }
  expect(await rescreened.queuedPatients()).toEqual([]);
  expect(await messagesWithoutTheirHash(rescreened.service.platform)).toEqual([]);
}

describe('while a text is with the model', () => {
  let id: string;
  let path: string;
  beforeEach(async () => {
    id = await rescreened.createPatient({ notes: `First ${number}.` });
    path = `/v1/patients/${id}`;
  });

  it('a client may replace the document: his version stays, the one before is masked', async () => {
    rescreened.whileScreened = () => succeeded(client.put(path, { notes: 'Second.' }, { 'if-match': '"1"' }));
    const run = await rescreened.rescreen();
    expect(reportOf(run)).toMatchObject({ outcome: 'done', changed: 2, skipped: 0, failed: 0 });
    const versions = await rescreened.versionsOf(path);
    expect(versions.map(({ version, notes }) => [version, notes])).toEqual([
      [2, 'Second.'],
      [1, 'First {US_SOCIAL_SECURITY_NUMBER}.'],
    ]);
    await nothingLeft([id]);
  });

  it('a client may replace a document in which nothing is found', async () => {
    const harmless = await rescreened.createPatient({ notes: 'Harmless.' });
    const replace = async (texts: string): Promise<unknown> => {
      if (!texts.includes('Harmless')) return (rescreened.whileScreened = replace);
      const next = { notes: 'Second.' };
      return succeeded(client.put(`/v1/patients/${harmless}`, next, { 'if-match': '"1"' }));
    };
    rescreened.whileScreened = replace;
    expect((await rescreened.rescreen()).exitCode).toBe(0);
    const versions = await rescreened.versionsOf(`/v1/patients/${harmless}`);
    expect(versions.map(({ version, notes }) => [version, notes])).toEqual([
      [2, 'Second.'],
      [1, 'Harmless.'],
    ]);
    for (const { screening } of versions) expect(screening).toEqual({ outcome: 'clean', findings: [] });
    await nothingLeft([id]);
  });

  it('a client may store another marked document behind the walk: it is met as well', async () => {
    const record = { recordType: 'Observation', content: {}, notes: `Near ${place}.` };
    let recordId = '';
    rescreened.whileScreened = async () => {
      recordId = (await succeeded(client.post(`${path}/records`, record))).body.id;
    };
    expect(reportOf(await rescreened.rescreen())).toMatchObject({ outcome: 'done', failed: 0 });
    const { body } = await client.get(`${path}/records/${recordId}`);
    expect(body['notes']).toBe('Near {ADDRESS}.');
    await nothingLeft([id]);
  });

  it('the patient may be erased: nothing is written behind the erasure', async () => {
    const officer = await clientOf(rescreened.service, { scope: officerScope });
    rescreened.whileScreened = () => succeeded(officer.post(`${path}/erase`, erasureBody(id)));
    const run = await rescreened.rescreen();
    expect(run).toMatchObject({ exitCode: 0 });
    expect(reportOf(run)).toMatchObject({ outcome: 'done', changed: 0, failed: 0 });
    expect((await partitionOf(rescreened.table, id)).map(({ sort }) => sort)).toEqual(['PROFILE']);
    expect(await rescreened.queuedPatients()).toEqual([]);
  });

  it('the run keeps its lease, however long the model takes', async () => {
    rescreened.whileScreened = async () => {
      const before = (await jobRow())?.attributes['seal'];
      while ((await jobRow())?.attributes['seal'] === before) await new Promise(setImmediate);
    };
    expect(reportOf(await rescreened.rescreen())).toMatchObject({ outcome: 'done' });
    // It was not the model's time limit that ended the wait: then it would have been asked again.
    expect(requestsTo('model')).toHaveLength(1);
    await nothingLeft([id]);
  });

  it('Ctrl-C stops the run, and the next one goes on', async () => {
    const run = await rescreened.rescreen([], 'reject', (kill) => {
      rescreened.whileScreened = async () => kill('SIGINT');
    });
    expect(run.exitCode).toBe(2);
    expect(reportOf(run)).toMatchObject({ outcome: 'stopped', reason: 'interrupted' });
    expect((await rescreened.rescreen()).exitCode).toBe(0);
    await nothingLeft([id]);
  });
});

it('an erasure takes the patient off the queue', async () => {
  const id = await rescreened.createPatient({ notes: `First ${number}.` });
  expect(await rescreened.queuedPatients()).toEqual([id]);
  const officer = await clientOf(rescreened.service, { scope: officerScope });
  await succeeded(officer.post(`/v1/patients/${id}/erase`, erasureBody(id)));
  expect(await rescreened.queuedPatients()).toEqual([]);
});

it('a run that is killed leaves nothing that the next one does not mend', async () => {
  const ids: string[] = [];
  for (let n = 0; n < patients; n++) {
    const id = await rescreened.createPatient({ notes: `First ${place}.` });
    const notes = `Second ${place}, ${number}.`;
    await succeeded(client.put(`/v1/patients/${id}`, { notes }, { 'if-match': '"1"' }));
    ids.push(id);
  }
  for (let round = 0; round < rounds; round++) {
    const run = await rescreened.rescreen([], 'reject', (kill) => {
      // The ninth request is of the fifth patient: by then the first four are done.
      rescreened.whileScreened = killAfter(randomInt(round === 0 ? 9 : 5, 13), kill);
    });
    expect(run.signal).toBe('SIGKILL');
  }
  const masked = async () => {
    const versions = await Promise.all(ids.map((id) => rescreened.versionsOf(`/v1/patients/${id}`)));
    return versions.filter(([newest]) => newest?.version === 3).length;
  };
  // Neither nothing nor everything was done, and no version was made twice.
  expect(await masked()).toBeGreaterThan(0);
  expect(await masked()).toBeLessThan(patients);
  const run = await rescreened.rescreen();
  expect(run.exitCode).toBe(0);
  expect(await masked()).toBe(patients);
  await nothingLeft(ids);
}, 60_000);
