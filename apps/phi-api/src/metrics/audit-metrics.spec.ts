import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEvent, AuditTrail, LocalCheckpointSigner } from '@app/audit';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import { AuditMetrics } from './audit-metrics.js';

const hour = 60 * 60 * 1000;
const minute = 60 * 1000;

let folder: string;
let table: PhiTable;
let trail: AuditTrail;
let metrics: AuditMetrics;
let now = Date.now();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-audit-metrics-'));
  table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const signer = LocalCheckpointSigner.open(join(folder, 'key'));
  trail = new AuditTrail({ table, signer, instance: randomUUID(), clock: () => now });
  metrics = new AuditMetrics(trail);
});
afterEach(async () => {
  await trail.close();
  await table.close();
  rmSync(folder, { recursive: true, force: true });
});

const event = (type: AuditEvent['type'], more: Partial<AuditEvent> = {}): AuditEvent => ({
  type,
  outcome: '0',
  origin: {
    agent: { issuer: 'https://issuer.localhost', subject: 'clerk', clientId: 'app', scopes: [] },
    networkAddress: '127.0.0.1',
    requestId: randomUUID(),
  },
  patientId: randomUUID(),
  ...more,
});
const refusal = (problem: string, status: number): Partial<AuditEvent> => ({
  outcome: '4',
  refusal: { problem, status, method: 'GET', route: '/v1/patients/:patientId' },
});
const taken = () => Object.fromEntries(metrics.take().map(({ name, value }) => [name, value]));
/** Without what is not a count of events. */
const counted = () =>
  Object.fromEntries(
    Object.entries(taken()).filter(
      ([name, value]) => value !== 0 && !/^AuditAppend|^AuditUnsealed|Checkpoints/.test(name),
    ),
  );

describe('AuditMetrics', () => {
  it.each<[string, AuditEvent, Record<string, number>]>([
    ['a read', event('patient-read'), {}],
    [
      'an integrity alarm',
      event('integrity-alarm', refusal('integrity-failure', 500)),
      { IntegrityAlarms: 1 },
    ],
    [
      'an emergency access',
      event('emergency-access', { emergencyAccess: { id: 'x', step: 'granted' } }),
      { EmergencyAccesses: 1 },
    ],
    [
      'an emergency access that was open',
      event('emergency-access', { emergencyAccess: { id: 'x', step: 'repeated' } }),
      {},
    ],
    [
      'the early end of an emergency access',
      event('emergency-access', { emergencyAccess: { id: 'x', step: 'ended' } }),
      {},
    ],
    ['a mass read', event('mass-read', { outcome: '8', count: 51 }), { MassReads: 1 }],
    [
      'a read of a restricted patient',
      event('patient-read', { origin: { networkAddress: '', requestId: 'x', restrictedPatient: true } }),
      { RestrictedReads: 1 },
    ],
    ['a login', event('login'), { Logins: 1 }],
    ['the destruction of a key', event('key-destroy'), { KeyDestructions: 1 }],
    ['an unknown caller', event('refusal', refusal('unauthenticated', 401)), { AuthenticationRefusals: 1 }],
    ['a missing scope', event('refusal', refusal('insufficient-scope', 403)), { AuthorizationRefusals: 1 }],
    ['an attempt out of reach', event('refusal', refusal('out-of-reach', 404)), { OutOfReachAttempts: 1 }],
    ['too many requests', event('refusal', refusal('too-many-requests', 429)), { RateLimitRefusals: 1 }],
    ['a patient who is not there', event('refusal', refusal('not-found', 404)), {}],
    [
      'an identifier in a text',
      event('refusal', { ...refusal('identifier-in-text', 422), screening: { PHONE: 1 } }),
      { ScreeningBlocked: 1 },
    ],
    ['an anonymized text', event('record-create', { screening: { PHONE: 2 } }), { ScreeningAnonymized: 1 }],
    ['a text that is not stored', event('text-deidentify', { screening: { PHONE: 2 } }), {}],
    ['a text that waits for Bedrock', event('record-create', { degraded: true }), { ScreeningDegraded: 1 }],
  ])('counts %s', async (_, recorded, expected) => {
    await trail.append([recorded]);
    expect(counted()).toEqual({ AuditEvents: 1, ...expected });
    expect(counted()).toEqual({});
  });

  it('has 0 for what did not happen, and no times of it', () => {
    const all = taken();
    expect(all).toMatchObject({ AuditEvents: 0, IntegrityAlarms: 0, MassReads: 0, AuditCheckpoints: 0 });
    expect(Object.keys(all).filter((name) => name.startsWith('AuditAppend'))).toEqual([]);
  });

  it('counts exactly whatever is appended at once', async () => {
    const requests = Array.from({ length: 40 }, () => event('patient-read'));
    for (let round = 0; round < 16; round++) {
      await Promise.all(requests.map((one) => trail.append([one, event('login')])));
    }
    expect(counted()).toMatchObject({ AuditEvents: 1280, Logins: 640 });
  });

  it('tells how long it took to make events durable', async () => {
    await trail.append([event('patient-read')]);
    const { AuditAppendP50, AuditAppendP99, AuditAppendMax } = taken();
    expect(AuditAppendP50).toBeGreaterThan(0);
    expect(AuditAppendP99).toBeGreaterThanOrEqual(AuditAppendP50 as number);
    expect(AuditAppendMax).toBeGreaterThanOrEqual(AuditAppendP99 as number);
  });

  it('tells what is unsealed, until it is sealed', async () => {
    await trail.append([event('patient-read'), event('patient-read')]);
    expect(taken()).toMatchObject({ AuditUnsealedEvents: 2, AuditCheckpoints: 1, AuditSealFailures: 0 });
    await trail.seal();
    expect(taken()).toMatchObject({ AuditUnsealedEvents: 0, AuditUnsealedAge: 0, AuditCheckpoints: 1 });
  });

  it('counts a clock that was set back', async () => {
    await trail.append([event('patient-read')]);
    now -= hour;
    await trail.append([event('patient-read')]);
    now += minute;
    await trail.append([event('patient-read')]);
    expect(taken()).toMatchObject({ ClockSteps: 1, AuditSealFailures: 0, ChainsAbandoned: 0 });
  });
});
