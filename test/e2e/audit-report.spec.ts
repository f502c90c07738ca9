import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addAuditCommand } from '../../apps/phi-cli/src/audit/audit.command.js';
import { runCommandLine } from '../../apps/phi-cli/src/command-line.js';
import { allPages, clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let officer: PhiClient;
let patientId: string;

beforeAll(async () => {
  service = await startListening();
  officer = await clientOf(service, { scope: 'user/AuditEvent.rs', subject: 'officer' });
  const clinic = await clientOf(service, { subject: 'clinic' });
  patientId = (await succeeded(clinic.post('/v1/patients', {}))).body.id;
  const agency = await clientOf(service, { subject: 'agency' });
  for (let n = 0; n < 60; n++) {
    await succeeded(agency.get(`/v1/patients/${patientId}`, { 'x-purpose-of-use': 'PUBHLTH' }));
  }
  await agency.get(`/v1/patients/${randomUUID()}`);
});
afterAll(() => service.stop());

/** Runs `phi audit report` in this process against the service, over HTTP. */
async function report(args: string[], scope = 'user/AuditEvent.rs') {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const token = (await service.bearer({ scope, subject: 'officer' })).slice('Bearer '.length);
  const context = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    config: { token, url: await service.app.getUrl(), dataFolder: '' },
    now: () => 0,
    wait: async () => undefined,
  };
  const exitCode = await runCommandLine(['audit', 'report', ...args], context, [addAuditCommand]);
  return { exitCode, ...written };
}
const disclosures = () => `/v1/patients/${patientId}/disclosures`;

// 45 CFR 164.308(a)(1)(ii)(D), information system activity review.
describe('phi audit report', () => {
  it('shows every disclosure of a patient, over several pages', async () => {
    const { exitCode, stdout } = await report(['--patient', patientId]);
    expect(exitCode).toBe(0);
    const rows = stdout.split('\n').filter((line) => line.includes('public health'));
    expect(rows).toHaveLength(60);
    expect(rows[0]).toMatch(/agency.*Patient read.*public health.*other/);
    expect(stdout).toMatch(/all\W+60/);
  });

  it('has the same as JSON and as CSV', async () => {
    const { stdout } = await report(['--patient', patientId, '--include', 'access', '--json']);
    const items = await allPages((cursor) =>
      officer.get(`${disclosures()}?include=access${cursor === undefined ? '' : `&cursor=${cursor}`}`),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      patientId,
      items,
      totals: { byWhat: { 'Patient read': 60, 'Patient created': 1 }, byWho: { agency: 60, clinic: 1 } },
    });
    const csv = await report(['--patient', patientId, '--include', 'access', '--csv']);
    expect(csv.stdout).toBe(
      (await officer.get(`${disclosures()}?include=access`, { accept: 'text/csv' })).text,
    );
  });

  it('shows what an agent did, refusals too', async () => {
    const { stdout } = await report(['--agent', 'agency', '--from', '2026-01-01']);
    expect(stdout).toMatch(/Access token first used/);
    expect(stdout).toMatch(/Refused.*refused: not-found/);
    expect(stdout).toContain(patientId);
    expect(stdout).toMatch(/by agency\W+62/);
    expect((await report(['--agent', 'nobody'])).stdout).toContain('Nothing.');
  });

  it('says what is missing', async () => {
    const unknown = await report(['--patient', randomUUID()]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('knows no such patient')]);
    const forbidden = await report(['--patient', patientId], 'system/*.cruds');
    expect([forbidden.exitCode, forbidden.stderr]).toEqual([
      2,
      expect.stringContaining('user/AuditEvent.rs'),
    ]);
    const inverted = await report(['--patient', patientId, '--from', '2026-02-01', '--to', '2026-01-01']);
    expect([inverted.exitCode, inverted.stderr]).toEqual([
      2,
      expect.stringContaining('400 validation-failed'),
    ]);
  });
});
