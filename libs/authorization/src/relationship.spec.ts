import { describe, expect, it } from '@jest/globals';
import type { Principal } from '@app/authentication';
import { reachesPatient } from './relationship.js';

const patient = '11111111-1111-4111-8111-111111111111';
const other = '22222222-2222-4222-8222-222222222222';
const now = new Date('2026-06-01T12:00:00.000Z');
const principal: Principal = {
  issuer: 'https://issuer.example',
  subject: 'somebody',
  clientId: 'app',
  scopes: [],
  tokenId: 't',
  expiresAt: 0,
};
const launched = { ...principal, patient };

describe('reachesPatient', () => {
  it('lets system reach everybody', () => {
    expect(reachesPatient(['system'], principal, patient, undefined, now)).toBe(true);
  });

  it('lets patient reach the launch patient alone', () => {
    expect(reachesPatient(['patient'], launched, patient, undefined, now)).toBe(true);
    expect(reachesPatient(['patient'], launched, other, undefined, now)).toBe(false);
    expect(reachesPatient(['patient'], principal, patient, undefined, now)).toBe(false);
  });

  it.each([
    ['during the period', { start: '2026-01-01T00:00:00.000Z', end: '2026-07-01T00:00:00.000Z' }, true],
    ['in an open period', { start: '2026-01-01T00:00:00.000Z' }, true],
    ['from its first moment', { start: '2026-06-01T12:00:00.000Z' }, true],
    ['not at its end', { start: '2026-01-01T00:00:00.000Z', end: '2026-06-01T12:00:00.000Z' }, false],
    ['not before it', { start: '2026-06-02T00:00:00.000Z' }, false],
    ['not without membership', undefined, false],
  ])('lets user reach a patient %s', (_, membership, reached) => {
    expect(reachesPatient(['user'], principal, patient, membership, now)).toBe(reached);
  });

  it('lets nobody reach anything without a level', () => {
    expect(reachesPatient([], launched, patient, { start: '2026-01-01T00:00:00.000Z' }, now)).toBe(false);
  });
});
