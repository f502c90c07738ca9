import { describe, expect, it } from '@jest/globals';
import type { Principal } from '@app/authentication';
import { isOpenFor, reachOf, type Relationship } from './relationship.js';
import type { Level } from './scopes.js';

const patientId = '11111111-1111-4111-8111-111111111111';
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
const launched = { ...principal, patient: patientId };
const membership = { start: '2026-01-01T00:00:00.000Z' };
const grant = {
  id: '33333333-3333-4333-8333-333333333333',
  issuer: principal.issuer,
  subject: principal.subject,
  grantedAt: '2026-06-01T11:30:00.000Z',
  expiresAt: '2026-06-01T12:30:00.000Z',
};

function reach(levels: Level[], more: Partial<Relationship> = {}, by = principal, careTeamRequired = true) {
  return reachOf(levels, by, { patientId, restricted: false, ...more }, { careTeamRequired }, now);
}

describe('reachOf', () => {
  it('lets system reach everybody', () => {
    expect(reach(['system'])).toBe('related');
    expect(reach(['system'], { restricted: true })).toBe('related');
  });

  it('lets patient reach the launch patient alone', () => {
    expect(reach(['patient'], {}, launched)).toBe('related');
    expect(reach(['patient'], { restricted: true }, launched)).toBe('related');
    expect(reach(['patient'], { patientId: other }, launched)).toBe('none');
    expect(reach(['patient'])).toBe('none');
    expect(reach(['patient'], { membership, grant })).toBe('none');
  });

  it.each([
    ['during the period', { start: '2026-01-01T00:00:00.000Z', end: '2026-07-01T00:00:00.000Z' }, 'related'],
    ['in an open period', membership, 'related'],
    ['from its first moment', { start: '2026-06-01T12:00:00.000Z' }, 'related'],
    ['not at its end', { start: '2026-01-01T00:00:00.000Z', end: '2026-06-01T12:00:00.000Z' }, 'none'],
    ['not before it', { start: '2026-06-02T00:00:00.000Z' }, 'none'],
  ])('lets user reach a patient %s', (_, period, reached) => {
    expect(reach(['user'], { membership: period })).toBe(reached);
    expect(reach(['user'], { membership: period, restricted: true })).toBe(reached);
  });

  it('lets user reach nobody without membership, unless the deployment says so', () => {
    expect(reach(['user'])).toBe('none');
    expect(reach(['user'], {}, principal, false)).toBe('related');
  });

  it('keeps a restricted patient to his care team whatever the deployment says', () => {
    expect(reach(['user'], { restricted: true }, principal, false)).toBe('none');
    expect(reach(['user'], { restricted: true, membership }, principal, false)).toBe('related');
  });

  it.each([
    ['while it is open', grant, 'emergency'],
    ['not from the moment on in which it ends', { ...grant, expiresAt: now.toISOString() }, 'none'],
    ['not that of somebody else', { ...grant, subject: 'nobody' }, 'none'],
    ['not that of the same subject of another issuer', { ...grant, issuer: 'https://other.example' }, 'none'],
  ])('lets an emergency access of a user reach the patient %s', (_, opened, reached) => {
    expect(reach(['user'], { grant: opened })).toBe(reached);
    expect(reach(['user'], { grant: opened, restricted: true })).toBe(reached);
    expect(isOpenFor(principal, opened, now)).toBe(reached === 'emergency');
  });

  it('does not call an emergency what a membership permits', () => {
    expect(reach(['user'], { grant, membership })).toBe('related');
  });

  it('lets nobody reach anything without a level', () => {
    expect(reach([], { membership, grant }, launched, false)).toBe('none');
  });
});
