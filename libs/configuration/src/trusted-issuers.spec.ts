import { describe, expect, it } from '@jest/globals';
import { parseTrustedIssuers } from './trusted-issuers.js';

const issuer = 'https://login.example.org/realms/clinic';

describe('trusted issuers', () => {
  it('are none without a text', () => expect(parseTrustedIssuers('')).toEqual([]));

  it('say whom their tokens are meant for, by audience or by client', () => {
    const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example';
    const text = JSON.stringify([
      { issuer, audience: 'phi-api' },
      { issuer: pool, clientIds: ['a', 'b'] },
    ]);
    expect(parseTrustedIssuers(text)).toEqual([
      { issuer, meantFor: { audience: 'phi-api' } },
      { issuer: pool, meantFor: { clientIds: ['a', 'b'] } },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['no list', { issuer, audience: 'a' }],
    ['an entry that is no object', [null]],
    ['neither audience nor clients', [{ issuer }]],
    ['both', [{ issuer, audience: 'a', clientIds: ['b'] }]],
    ['no clients', [{ issuer, clientIds: [] }]],
    ['a client that is no text', [{ issuer, clientIds: [1] }]],
    ['an audience that is no plain text', [{ issuer, audience: 'a b' }]],
    ['something unknown', [{ issuer, audience: 'a', algorithms: ['none'] }]],
    [
      'an issuer twice',
      [
        { issuer, audience: 'a' },
        { issuer, audience: 'b' },
      ],
    ],
    ['an issuer without TLS', [{ issuer: 'http://login.example.org', audience: 'a' }]],
    ['an issuer that looks like this machine', [{ issuer: 'http://127.0.0.1.example.org', audience: 'a' }]],
    ['an issuer with a query', [{ issuer: `${issuer}?x`, audience: 'a' }]],
    ['an issuer with a user', [{ issuer: 'https://user:secret@login.example.org', audience: 'a' }]],
    ['too many', Array.from({ length: 21 }, (_, n) => ({ issuer: `${issuer}/${n}`, audience: 'a' }))],
  ])('are refused: %s', (_, value) => {
    expect(parseTrustedIssuers(typeof value === 'string' ? value : JSON.stringify(value))).toBeUndefined();
  });
});
