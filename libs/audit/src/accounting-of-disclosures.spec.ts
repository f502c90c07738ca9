import { describe, expect, it } from '@jest/globals';
import { LmdbPhiTable } from '@app/phi-table';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { accountingOf, type Disclosure } from './accounting-of-disclosures.js';
import type { AuditEvent, AuditEventType } from './audit-event.js';
import { auditItem, auditKeys } from './audit-item.js';
import { AuditReader } from './audit-reader.js';
import { renderings } from './fhir-codes.js';
import { storedEvent } from './own-events.js';
import { purposesOfUse } from './purposes-of-use.js';

const folder = mkdtempSync(join(tmpdir(), 'accounting-'));
let table: LmdbPhiTable;
beforeAll(() => {
  table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
});
afterAll(async () => {
  await table.close();
  rmSync(folder, { recursive: true });
});

const agent = {
  issuer: 'https://issuer.example.org',
  subject: 'somebody',
  clientId: 'app',
  scopes: ['system/*.rs'],
};
let patients = 0;

/** @returns the accounting of a patient to whom just these events happened */
async function accountOf(events: readonly Partial<AuditEvent>[], everyAccess = false): Promise<Disclosure[]> {
  const patientId = `00000000-0000-4000-8000-${String(++patients).padStart(12, '0')}`;
  const chain = auditKeys.chain(patientId, patientId);
  const now = Date.now();
  const puts = events.map((event, index) => {
    const origin = { agent, networkAddress: '', requestId: '' };
    const whole: AuditEvent = { type: 'patient-read', outcome: '0', origin, patientId, ...event };
    return { type: 'put', item: auditItem(chain, index + 1, storedEvent(whole, now)) } as const;
  });
  await table.transactWrite(puts);
  const range = { from: new Date(now - 1000).toISOString(), to: new Date(now + 1000).toISOString() };
  const { items, next } = await accountingOf(
    new AuditReader(table),
    { patientId, ...range, everyAccess },
    500,
  );
  expect(next).toBeUndefined();
  return items;
}
const withPurpose = (purposeOfUse: string): Partial<AuditEvent> => ({
  origin: { agent, networkAddress: '', requestId: '', purposeOfUse },
});
const ofScopes = (...scopes: string[]): Partial<AuditEvent> => ({
  origin: { agent: { ...agent, scopes }, networkAddress: '', requestId: '' },
});

/** Written out: 45 CFR 164.501 and 164.528(a)(1)(i). Each code that is not here is accounted for. */
const leftOut = (
  'TREAT COC ETREAT BTG ERTREAT ' +
  'HPAYMT CLMATTCH COVAUTH COVERAGE ELIGDTRM ELIGVER ENROLLM REMITADV ' +
  'HOPERAT CAREMGT FRAUD HACCRED HDM HOUTCOMS HQUALIMP HSYSADMIN LABELING METAMGT MEMADMIN PATADMIN PATSFTY PERFMSR ' +
  'RECORDMGT SYSDEV HTEST TRAIN'
).split(' ');

describe('an accounting of disclosures', () => {
  it.each([...purposesOfUse.keys()])(
    'leaves out treatment, payment and operations alone: %s',
    async (code) => {
      const items = await accountOf([withPurpose(code)]);
      expect(items.length).toBe(leftOut.includes(code) ? 0 : 1);
    },
  );

  it('lists a purpose that nobody stated, and one that it does not know', async () => {
    const items = await accountOf([{}, withPurpose('NOSUCHCODE')]);
    expect(items.map(({ category }) => category).sort()).toEqual(['not-stated', 'other']);
  });

  it.each([
    [['patient/*.rs'], 0],
    [['patient/*.rs', 'openid', 'launch/patient'], 0],
    [['patient/*.rs', 'user/*.rs'], 1],
    [['patient/*.rs', 'system/Observation.r'], 1],
    [['patient/*.rs', 'phi/emergency-access'], 1],
    [['user/*.rs'], 1],
    [[], 1],
  ])('knows the individual by scopes of the level patient/ alone: %j', async (scopes, listed) => {
    expect(await accountOf([ofScopes(...scopes)])).toHaveLength(listed);
  });

  it('lists no failure, and nothing that nobody did', async () => {
    expect(
      await accountOf(
        [
          { outcome: '4' },
          { outcome: '8' },
          { type: 'refusal', outcome: '4' },
          { type: 'integrity-alarm', outcome: '12' },
          { origin: { networkAddress: '', requestId: '' } },
        ],
        true,
      ),
    ).toEqual([]);
  });

  it('knows of each type of event whether it discloses, changes, or neither', async () => {
    const expected: Partial<Record<AuditEventType, string>> = {
      'patient-read': 'not-stated',
      'patient-query': 'not-stated',
      'record-read': 'not-stated',
      'record-query': 'not-stated',
      'care-team-read': 'not-stated',
      export: 'not-stated',
      'emergency-access-read': 'not-stated',
      'patient-create': 'change',
      'patient-update': 'change',
      'patient-delete': 'change',
      'patient-erase': 'change',
      'record-create': 'change',
      'record-update': 'change',
      'record-delete': 'change',
      'record-re-encrypt': 'change',
      'record-rescreen': 'change',
      'care-team-update': 'change',
      'emergency-access': 'change',
      'emergency-access-review': 'change',
    };
    const types = Object.keys(renderings) as AuditEventType[];
    const events = types.map((type) => ({ type }));
    const told = (items: Disclosure[]) =>
      Object.fromEntries(items.map(({ type, category }) => [type, category]));
    expect(told(await accountOf(events, true))).toEqual(expected);
    const disclosures = Object.entries(expected).filter(([, category]) => category !== 'change');
    expect(told(await accountOf(events))).toEqual(Object.fromEntries(disclosures));
  });
});
