import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredAuditEvent } from '@app/audit';
import { readAuditRows } from '../support/audit-rows.js';
import { entities, exception, intervened, nothingDetected } from '../support/bedrock-server.js';
import { type PhiClient, succeeded } from '../support/phi-client.js';
import { number, place, reportOf, RescreenedService, words } from '../support/rescreened-service.js';
import type { Service } from '../support/service.js';
import { messagesWithoutTheirHash } from '../support/stored-rows.js';

let rescreened: RescreenedService;
let service: Service;
let client: PhiClient;
/** Patients that were stored with Bedrock finding nothing, so that nothing of theirs is marked. */
let unmarked: string;
let unmarkedLater: string;

beforeAll(async () => {
  rescreened = await RescreenedService.start();
  ({ service, client } = rescreened);
  rescreened.serviceMeets = () => nothingDetected();
  unmarked = await rescreened.createPatient({ notes: `First ${place}.` });
  const contact = { system: 'email', value: number };
  unmarkedLater = await rescreened.createPatient({ notes: `First ${place}.`, telecom: [contact] });
});
beforeEach(() => {
  rescreened.bedrock.requests.length = 0;
  rescreened.serviceMeets = () => exception(403, 'AccessDeniedException', `not for ${place}`);
  rescreened.commandMeets = undefined;
});
afterAll(() => rescreened.stop());

const versionsIn = (events: StoredAuditEvent[]) =>
  events.flatMap(({ entities: named = [] }) => named.map(({ type, version }) => `${type} ${version}`));

describe('phi rescreen', () => {
  it('replaces what the whole detector finds in every version of what was stored without it', async () => {
    const mrn = { system: 'urn:mrn', value: randomUUID() };
    const id = await rescreened.createPatient({ identifier: [mrn], notes: `Found at ${place}.` });
    const path = `/v1/patients/${id}`;
    await succeeded(
      client.patch(
        path,
        { notes: `Found at ${place}, has ${number}, call 202-555-0143.` },
        { 'if-match': '"1"' },
      ),
    );
    const record = (text: string) => ({
      recordType: 'Observation',
      content: { resourceType: 'Observation', note: [{ text }] },
      notes: 'Coughs.',
      recordedAt: '2026-01-05T09:30:00.000Z',
    });
    const made = await succeeded(client.post(`${path}/records`, record(`Says ${number}.`)));
    const recordPath = `${path}/records/${made.body.id}`;
    await succeeded(client.delete(recordPath, { 'if-match': '"1"' }));
    const current = await succeeded(client.post(`${path}/records`, record(`Near ${place}.`)));
    const currentPath = `${path}/records/${current.body.id}`;
    const clean = await succeeded(client.post(`${path}/records`, record('Nothing else.')));
    expect(await rescreened.queuedPatients()).toEqual([id]);

    const run = await rescreened.rescreen();
    expect(run).toMatchObject({ exitCode: 0, signal: null });
    // Head and two records; two versions that were, and one that was deleted.
    expect(reportOf(run)).toMatchObject({
      job: 'rescreen',
      outcome: 'done',
      patients: 1,
      changed: 5,
      failed: 0,
    });
    expect(await rescreened.queuedPatients()).toEqual([]);

    const [newest, ...older] = await rescreened.versionsOf(path);
    expect(newest).toMatchObject({
      version: 3,
      notes: 'Found at {ADDRESS}, has {US_SOCIAL_SECURITY_NUMBER}, call {PHONE}.',
      screening: {
        outcome: 'anonymized',
        findings: [
          { type: 'PHONE', count: 1, pointer: '/notes' },
          { type: 'ADDRESS', count: 1, pointer: '/notes' },
          { type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/notes' },
        ],
      },
    });
    expect(newest?.screening).not.toHaveProperty('degraded');
    expect(older.map(({ version, notes }) => [version, notes])).toEqual([
      [2, newest?.['notes']],
      [1, 'Found at {ADDRESS}.'],
    ]);
    expect(await rescreened.versionsOf(recordPath)).toMatchObject([
      { version: 2, deleted: true },
      { version: 1, content: { note: [{ text: 'Says {US_SOCIAL_SECURITY_NUMBER}.' }] } },
    ]);
    const shown = await client.get(currentPath);
    expect(shown.headers['etag']).toBe('"2"');
    expect(shown.body['content']).toMatchObject({ note: [{ text: 'Near {ADDRESS}.' }] });
    // Nothing was found: the same version, without the mark.
    const [only, ...others] = await rescreened.versionsOf(`${path}/records/${clean.body.id}`);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ version: 1, screening: { outcome: 'clean', findings: [] } });
    expect(only?.screening).not.toHaveProperty('degraded');

    for (const answer of [
      await client.get(`${path}/export`),
      ...(await Promise.all([path, recordPath, currentPath].map((of) => client.get(`${of}/history`)))),
    ]) {
      expect(answer.text).toContain(id);
      expect(answer.text).not.toMatch(words);
    }
    const found = await client.post('/v1/patients/search', { identifier: mrn });
    expect(found.body.items.map((item) => item.id)).toEqual([id]);
    const listed = await client.get(`${path}/records`);
    expect(listed.body.items).toHaveLength(2);

    const events = await rescreened.rescreenEvents(id);
    expect(versionsIn(events).sort()).toEqual([
      'Observation 1',
      'Observation 1',
      'Observation 1',
      'Observation 2',
      'Patient 1',
      'Patient 2',
      'Patient 3',
    ]);
    expect(events.map(({ screening = {} }) => screening)).toContainEqual({
      ADDRESS: 1,
      US_SOCIAL_SECURITY_NUMBER: 1,
    });
    expect(await messagesWithoutTheirHash(service.platform)).toEqual([]);
    const trail = (await readAuditRows(service.platform.table)).map(({ text }) => text).join();
    for (const written of [trail, service.logged(), run.stdout, run.stderr])
      expect(written).not.toMatch(words);
  });

  it('finds nothing to do afterwards, and asks nobody', async () => {
    const run = await rescreened.rescreen();
    expect(reportOf(run)).toMatchObject({ outcome: 'done', patients: 0, changed: 0 });
    expect(rescreened.bedrock.requests).toEqual([]);
  });

  it('looks at the unmarked versions of a document too once it has found something in it', async () => {
    const path = `/v1/patients/${unmarked}`;
    await succeeded(client.patch(path, { notes: `Second ${place}.` }, { 'if-match': '"1"' }));
    await succeeded(client.put(path, { notes: 'Third.' }, { 'if-match': '"2"' }));
    expect((await rescreened.rescreen()).exitCode).toBe(0);
    const versions = await rescreened.versionsOf(path);
    expect(versions.map(({ version, notes }) => [version, notes])).toEqual([
      [3, 'Third.'],
      [2, 'Second {ADDRESS}.'],
      [1, 'First {ADDRESS}.'],
    ]);
    expect(await rescreened.queuedPatients()).toEqual([]);
    // Nothing was in the third. A run that is killed after the first finds the mark of the second again.
    expect(versionsIn(await rescreened.rescreenEvents(unmarked))).toEqual([
      'Patient 3',
      'Patient 1',
      'Patient 2',
    ]);
  });

  it('works on what a deleted patient leaves', async () => {
    const id = await rescreened.createPatient({ notes: `Found at ${place}.` });
    await succeeded(client.delete(`/v1/patients/${id}`, { 'if-match': '*' }));
    expect((await rescreened.rescreen()).exitCode).toBe(0);
    const [deleted, first] = await rescreened.versionsOf(`/v1/patients/${id}`);
    expect([deleted?.['deleted'], first?.['notes']]).toEqual([true, 'Found at {ADDRESS}.']);
  });

  it.each(['reject', 'local-only'] as const)(
    'stops when Bedrock does not answer, changes nothing and says how to go on (%s)',
    async (onFailure) => {
      const id = await rescreened.createPatient({ notes: `Found at ${place}.` });
      rescreened.commandMeets = () => exception(403, 'AccessDeniedException', place);
      const run = await rescreened.rescreen([], onFailure);
      expect(run.exitCode).toBe(2);
      expect(reportOf(run)).toMatchObject({
        outcome: 'stopped',
        reason: 'screening-unavailable',
        changed: 0,
      });
      expect(run.stderr).toContain('run the same command again');
      expect(await rescreened.queuedPatients()).toContain(id);
      const [only] = await rescreened.versionsOf(`/v1/patients/${id}`);
      expect(only).toMatchObject({ version: 1, screening: { degraded: true } });
    },
  );

  it('goes on where it was stopped', async () => {
    expect(reportOf(await rescreened.rescreen())).toMatchObject({ outcome: 'done', patients: 2, failed: 0 });
    expect(await rescreened.queuedPatients()).toEqual([]);
  });

  it('reports what cannot be replaced or read, works on past it, and keeps it queued', async () => {
    const content = { [place]: 'a property', note: [{ text: number }] };
    const named = await rescreened.createPatient({});
    const records = `/v1/patients/${named}/records`;
    const recordId = (await succeeded(client.post(records, { recordType: 'Basic', content }))).body.id;
    const unreadable = await rescreened.createPatient({ notes: 'Nowhere to be found.' });
    const plain = await rescreened.createPatient({ notes: `Found at ${place}.` });
    // The guardrail saw something that is not in the text: where it is cannot be told.
    rescreened.commandMeets = (text) =>
      text.includes('Nowhere') ? intervened(entities(['elsewhere', 'ADDRESS'])) : undefined;

    const run = await rescreened.rescreen();
    expect(run.exitCode).toBe(1);
    const { failures, ...report } = reportOf(run);
    expect(report).toMatchObject({ outcome: 'done', patients: 3, failed: 2 });
    expect(failures).toHaveLength(2);
    expect(failures).toContainEqual({
      patientId: named,
      row: `RECORD#${recordId}`,
      problem: 'identifier-in-text',
    });
    expect(failures).toContainEqual({
      patientId: unreadable,
      row: 'PROFILE',
      problem: 'screening-unavailable',
    });
    expect((await rescreened.queuedPatients()).sort()).toEqual([named, unreadable].sort());
    expect((await client.get(`/v1/patients/${plain}`)).body['notes']).toBe('Found at {ADDRESS}.');
    // What can be replaced beside it is; it is still marked.
    const { body } = await client.get(`${records}/${recordId}`);
    expect(body['content']).toMatchObject({ note: [{ text: '{US_SOCIAL_SECURITY_NUMBER}' }] });
    expect(body.screening).toMatchObject({ degraded: true });
    expect(run.stdout + run.stderr).not.toMatch(words);

    const again = await rescreened.rescreen(['--patient', unreadable]);
    expect(reportOf(again)).toMatchObject({ patients: 1, failed: 1, changed: 0 });
    await succeeded(client.put(`/v1/patients/${unreadable}`, { notes: 'Found.' }, { 'if-match': '*' }));
    rescreened.commandMeets = undefined;
    expect((await rescreened.rescreen(['--patient', unreadable])).exitCode).toBe(0);
    expect(await rescreened.queuedPatients()).toEqual([named]);
  });

  it('screens every document of everybody with --all, and moves who was found by what is replaced', async () => {
    const path = `/v1/patients/${unmarkedLater}`;
    const byEmail = async () => {
      const { body } = await client.post('/v1/patients/search', { email: number });
      return body.items.map(({ id }) => id);
    };
    expect(await byEmail()).toEqual([unmarkedLater]);
    expect(reportOf(await rescreened.rescreen(['--all', '--patient', unmarkedLater]))).toMatchObject({
      patients: 1,
      changed: 1,
    });
    expect(await byEmail()).toEqual([]);
    const { body } = await client.get(path);
    expect(body).toMatchObject({
      version: 2,
      notes: 'First {ADDRESS}.',
      telecom: [{ system: 'email', value: '{US_SOCIAL_SECURITY_NUMBER}' }],
    });
    const run = await rescreened.rescreen(['--all']);
    // The record with the property name, and its version before.
    expect(reportOf(run)).toMatchObject({ outcome: 'done', changed: 0, failed: 2 });
    expect(new Set(reportOf(run).failures.map(({ problem }) => problem))).toEqual(
      new Set(['identifier-in-text']),
    );
    expect(reportOf(run).patients).toBeGreaterThanOrEqual(6);
  });

  it('cannot run without Bedrock, with a wrong policy, or for a patient who is not there', async () => {
    const without = await rescreened.rescreenWith({});
    expect(without.exitCode).toBe(2);
    expect(without.stderr).toContain('PHI_BEDROCK');
    const wrong = { PHI_SCREENING_POLICIES: '{"stored-notes": {"PHONE": "MAYBE"}}' };
    const misled = await rescreened.rescreenWith(wrong, ['--all']);
    expect(misled.exitCode).toBe(2);
    expect(misled.stderr).toContain('/stored-notes/PHONE');
    const nobody = await rescreened.rescreen(['--patient', randomUUID()]);
    expect(nobody).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no key') });
  });
});
