import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canaries, filesBelow, LeakSearch } from '../support/canaries.js';
import {
  type AnswerBody,
  clientOf,
  type PhiClient,
  startListening,
  succeeded,
} from '../support/phi-client.js';
import { type Service } from '../support/service.js';

interface Line {
  patientId: string;
  row: string;
  clear: { version: number; deleted: boolean };
  context?: Record<string, string>;
  document?: { resource: Record<string, unknown>; screening: { outcome: string } };
}

const scratch = mkdtempSync(join(tmpdir(), 'phi-recovery-'));
const program = resolvePath('apps/phi-recovery/bin/phi-recovery.mjs');

/** The recovery tool as a process of its own: nothing of the service is in it. */
async function recover(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  const lines = stdout.split('\n').filter(Boolean);
  return { exitCode, stderr, stdout, lines: lines.map((line) => JSON.parse(line) as Line) };
}

/**
 * By another process: the one that has an LMDB file open loses its lock on it when it opens and closes the lock file a
 * second time, and the next reader would begin anew with it.
 */
const copyFolder = (from: string, to: string) => execFileSync('cp', ['-r', from, to]);

const { family, freeText, clinicalText } = canaries;
const observation = (text: string) => ({
  recordType: 'Observation',
  content: { resourceType: 'Observation', valueString: `${clinicalText} ${text}` },
  recordedAt: '2026-03-01T10:00:00Z',
});
const ifAny = { 'if-match': '*' };

/** What the service answers for a document, as far as it is in the message. */
const resourceOf = (body: AnswerBody, names: string[]) =>
  Object.fromEntries(names.map((name) => [name, body[name]]));

describe('recovery without the service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-recovered-'));
  let service: Service;
  let client: PhiClient;
  let patientId: string;
  let recordId: string;
  let deletedId: string;
  let otherId: string;

  beforeAll(async () => {
    service = await startListening({}, folder);
    client = await clientOf(service);
    const created = await succeeded(client.post('/v1/patients', { name: [{ family }], notes: freeText }));
    patientId = created.body.id;
    const records = `/v1/patients/${patientId}/records`;
    recordId = (await succeeded(client.post(records, observation('one')))).body.id;
    deletedId = (await succeeded(client.post(records, observation('gone')))).body.id;
    await succeeded(client.delete(`${records}/${deletedId}`, ifAny));
    // A later version of the branch key, and documents of both.
    await service.platform.keyStore.rotate(patientId);
    service.platform.cipher.evict(patientId);
    await succeeded(client.put(`${records}/${recordId}`, observation('two'), ifAny));
    // More than a frame; numbers, because text of this length takes the detector a while.
    const values = Array.from({ length: 20_000 }, (_, n) => 100_000 + n);
    const long = { recordType: 'Media', content: { values }, recordedAt: '2026-03-01T10:00:00Z' };
    await succeeded(client.post(records, long));
    const renamed = { name: [{ family }], active: true };
    await succeeded(client.put(`/v1/patients/${patientId}`, renamed, { 'if-match': '"1"' }));
    otherId = (await succeeded(client.post('/v1/patients', { name: [{ family: 'Sample' }] }))).body.id;
  }, 60_000);

  afterAll(async () => {
    await service.stop();
    for (const each of [folder, scratch]) rmSync(each, { recursive: true, force: true });
  });

  // 45 CFR 164.308(a)(7)(ii)(B), 164.308(a)(7)(ii)(D): the restore is rehearsed with each change of the code.
  it('reads every version of a patient beside the running service', async () => {
    const { exitCode, lines, stderr } = await recover('patient', patientId, '--data-dir', folder);
    expect({ exitCode, patients: [...new Set(lines.map((line) => line.patientId))] }).toEqual({
      exitCode: 0,
      patients: [patientId],
    });
    const versions = lines.map(({ row, clear }) => `${row.replace(/#.*/, '')} ${clear.version}`);
    // Profile twice; a record twice; a deletion and what it deleted; a record of two frames.
    expect(versions.sort()).toEqual([
      'PROFILE 2',
      'RECORD 1',
      'RECORD 2',
      'RECORD 2',
      'VERSION 1',
      'VERSION 1',
      'VERSION 1',
    ]);
    expect(stderr).toContain('7 versions decrypted, 0 not');
    const deletion = lines.find(({ row }) => row === `RECORD#${deletedId}`);
    expect(deletion).toMatchObject({ clear: { deleted: true } });
    expect(deletion).not.toHaveProperty('document');
  });

  it('reads what the service answers', async () => {
    const { lines } = await recover('patient', patientId, '--data-dir', folder);
    const found = (row: string) => lines.find((line) => line.row === row)?.document?.resource;
    const profile = await client.get(`/v1/patients/${patientId}`);
    expect(found('PROFILE')).toMatchObject(resourceOf(profile.body, ['name', 'active']));
    const record = await client.get(`/v1/patients/${patientId}/records/${recordId}`);
    expect(found(`RECORD#${recordId}`)).toMatchObject(resourceOf(record.body, ['content', 'recordedAt']));
    const first = await client.get(`/v1/patients/${patientId}/records/${recordId}/history/1`);
    expect(found(`VERSION#${recordId}#0000000001`)).toMatchObject(resourceOf(first.body, ['content']));
    expect(lines.every(({ context }) => context === undefined || context['patient_id'] === patientId)).toBe(
      true,
    );
  });

  it('warns of what it does, and prints no PHI but as the result', async () => {
    const { stderr, stdout } = await recover('patient', patientId, '--data-dir', folder);
    const search = new LeakSearch({ family, freeText, clinicalText });
    expect(stderr).toMatch(/PHI in clear[^]*not in the service's audit trail[^]*seals/);
    expect(search.in(stderr)).toEqual([]);
    expect(search.in(stdout).sort()).toEqual(['clinicalText', 'family', 'freeText']);
  });

  it('reads every patient into a private file, and overwrites none', async () => {
    const out = join(scratch, 'all.ndjson');
    const { exitCode, stdout } = await recover('all', '--data-dir', folder, '--out', out);
    expect({ exitCode, stdout, mode: statSync(out).mode & 0o777 }).toEqual({
      exitCode: 0,
      stdout: '',
      mode: 0o600,
    });
    const written = readFileSync(out, 'utf8');
    const patients = written
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).patientId);
    expect(new Set(patients)).toEqual(new Set([patientId, otherId]));
    const again = await recover('all', '--data-dir', folder, '--out', out);
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not overwritten') });
    expect(readFileSync(out, 'utf8')).toBe(written);
  });

  it('ends with 1 for a patient who is not there', async () => {
    const nobody = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
    const { exitCode, stdout, stderr } = await recover('patient', nobody, '--data-dir', folder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('there is no row of this patient');
  });

  it('changes no byte of a copy of the folder', async () => {
    const copy = join(scratch, 'copy');
    copyFolder(folder, copy);
    const contents = () =>
      filesBelow(copy)
        .filter((file) => !file.endsWith('-lock'))
        .map((file) => [
          file,
          createHash('sha256')
            .update(readFileSync(join(copy, file)))
            .digest('hex'),
        ]);
    const before = contents();
    expect((await recover('all', '--data-dir', copy)).exitCode).toBe(0);
    expect(contents()).toEqual(before);
  });

  it('reads nothing without the root key, or with another', async () => {
    const copy = join(scratch, 'without-root-key');
    copyFolder(folder, copy);
    const rootKey = join(copy, 'keys', 'kms-root-key');
    expect(existsSync(rootKey)).toBe(true);
    renameSync(rootKey, join(scratch, 'kms-root-key'));
    expect(await recover('all', '--data-dir', copy)).toMatchObject({ exitCode: 2, stdout: '' });
    writeFileSync(rootKey, randomBytes(31));
    expect(await recover('all', '--data-dir', copy)).toMatchObject({ exitCode: 2, stdout: '' });
    writeFileSync(rootKey, randomBytes(32));
    const { exitCode, stderr, lines } = await recover('all', '--data-dir', copy);
    expect({ exitCode, read: lines.filter(({ document }) => document !== undefined) }).toEqual({
      exitCode: 1,
      read: [],
    });
    expect(stderr).toContain('PROFILE: The root key that the row names is not there.');
  });

  it('reads under a new KMS key and out of a compacted key store', async () => {
    const { localKms, keyStore, keyStoreCompaction } = service.platform;
    localKms!.addKey();
    await keyStore.currentKmsKey();
    expect(await keyStore.rewrap(patientId)).toBeGreaterThan(0);
    await keyStoreCompaction!.run();
    expect(filesBelow(join(folder, 'keys'))).toEqual(
      expect.arrayContaining(['kms-root-key', 'kms-root-key.2', 'key-store.2.lmdb']),
    );
    const { exitCode, lines } = await recover('all', '--data-dir', folder);
    expect(exitCode).toBe(0);
    expect(new Set(lines.map((line) => line.patientId))).toEqual(new Set([patientId, otherId]));
    // The other patient is still under the old key.
    const copy = join(scratch, 'one-root-key');
    copyFolder(folder, copy);
    rmSync(join(copy, 'keys', 'kms-root-key'));
    const without = await recover('all', '--data-dir', copy);
    expect(without.exitCode).toBe(1);
    expect(new Set(without.lines.map((line) => line.patientId))).toEqual(new Set([patientId]));
  });

  it('reads the rest when one patient has no key any more', async () => {
    const doomed = await succeeded(client.post('/v1/patients', { name: [{ family }] }));
    await service.platform.keyStore.destroy(doomed.body.id);
    const { exitCode, lines, stderr } = await recover('all', '--data-dir', folder);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${doomed.body.id} PROFILE: The patient's key is not in the key store.`);
    expect(new Set(lines.map((line) => line.patientId))).toEqual(new Set([patientId, otherId]));
  });

  it("refuses a changed message, and one patient's message in the row of another", async () => {
    const { table } = service.platform;
    const at = (patient: string, sort: string) =>
      ({ table: 'records', partition: `PATIENT#${patient}`, sort }) as const;
    const stranger = (await succeeded(client.post('/v1/patients', { name: [{ family }] }))).body.id;
    const own = (await table.get(at(stranger, 'PROFILE')))!;
    const theirs = (await table.get(at(otherId, 'PROFILE')))!;
    const message = Buffer.from(own.attributes['message'] as Uint8Array);
    message[message.length - 20]! ^= 1;
    const put = (changed: Uint8Array) =>
      table.transactWrite([
        { type: 'put', item: { ...own, attributes: { ...own.attributes, message: changed } } },
      ]);
    await put(message);
    const changed = await recover('patient', stranger, '--data-dir', folder);
    expect(changed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(changed.stderr).toContain('PROFILE: A part of the body is not authentic.');
    await put(theirs.attributes['message'] as Uint8Array);
    const foreign = await recover('patient', stranger, '--data-dir', folder);
    expect(foreign).toMatchObject({ exitCode: 1, stdout: '' });
    expect(foreign.stderr).toContain('PROFILE: The message belongs to another patient.');
  });
});
