import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type JSONWebKeySet, jwtVerify } from 'jose';
import { type OidcIssuer, startOidcIssuer } from '../../../test/support/oidc-issuer.js';
import { DiscoveredKeys, GivenKeys, mayBeAsked } from './issuer-keys.js';

const discovery = '/.well-known/openid-configuration';
const minute = 60_000;

let provider: OidcIssuer;
let clock: number;
let keys: DiscoveredKeys;

beforeEach(async () => {
  provider = await startOidcIssuer();
  clock = 1000;
  keys = new DiscoveredKeys(provider.issuer, { now: () => clock });
});
afterEach(() => provider.close());

const verify = (token: string, by: DiscoveredKeys | GivenKeys = keys) => jwtVerify(token, by.find.bind(by));
const unavailable = { type: { name: 'identity-provider-unavailable' }, headers: { 'retry-after': '5' } };
const unknownKey = { code: 'ERR_JWKS_NO_MATCHING_KEY' };
const fails: OidcIssuer['answers'][string] = (_, response) => void response.writeHead(500).end();

describe('keys by discovery', () => {
  it('are asked for once by many who come at once, and kept', async () => {
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => provider.token()));
    await Promise.all(tokens.map((token) => verify(token)));
    await verify(await provider.token());
    expect(provider.asked).toEqual([discovery, '/keys']);
  });

  it('are asked for anew when a token names one that is not among them', async () => {
    await verify(await provider.token());
    await provider.rotate();
    clock += minute;
    await expect(verify(await provider.token())).resolves.toBeDefined();
    expect(provider.asked).toHaveLength(4);
  });

  it('are not asked for again and again by forged key ids', async () => {
    await verify(await provider.token());
    for (let n = 0; n < 20; n++) {
      await expect(verify(await provider.token({}, { kid: `forged-${n}` }))).rejects.toMatchObject(
        unknownKey,
      );
    }
    expect(provider.asked).toHaveLength(2);
    clock += minute;
    for (let n = 0; n < 20; n++) {
      await expect(verify(await provider.token({}, { kid: `forged-${n}` }))).rejects.toMatchObject(
        unknownKey,
      );
    }
    expect(provider.asked).toHaveLength(4);
  });

  it('that the issuer took out are honoured for ten minutes at most', async () => {
    const token = await provider.token();
    await verify(token);
    await provider.rotate();
    clock += 9 * minute;
    await expect(verify(token)).resolves.toBeDefined();
    clock += 2 * minute;
    await expect(verify(token)).rejects.toMatchObject(unknownKey);
  });

  it('serve on for an hour while the issuer does not answer, and no longer', async () => {
    const token = await provider.token({ exp: Math.floor(Date.now() / 1000) + 7200 });
    await verify(token);
    provider.answers[discovery] = fails;
    clock += 59 * minute;
    await expect(verify(token)).resolves.toBeDefined();
    clock += 2 * minute;
    await expect(verify(token)).rejects.toMatchObject(unavailable);
  });

  it('that were never there are no reason to refuse a token as forged', async () => {
    provider.answers['/keys'] = fails;
    const token = await provider.token();
    await expect(verify(token)).rejects.toMatchObject(unavailable);
    // Whoever comes a moment later gets the same answer without another question.
    await expect(verify(token)).rejects.toMatchObject(unavailable);
    expect(provider.asked).toHaveLength(2);

    delete provider.answers['/keys'];
    clock += 6000;
    await expect(verify(token)).resolves.toBeDefined();
  });

  const json =
    (body: unknown): OidcIssuer['answers'][string] =>
    (_, response) =>
      void response.writeHead(200).end(typeof body === 'string' ? body : JSON.stringify(body));
  const bad: [string, string, () => OidcIssuer['answers'][string]][] = [
    [
      'of another issuer',
      discovery,
      () => json({ issuer: 'https://x.example', jwks_uri: `${provider.issuer}/keys` }),
    ],
    ['without keys', discovery, () => json({ issuer: provider.issuer })],
    [
      'with keys where no TLS is',
      discovery,
      () => json({ issuer: provider.issuer, jwks_uri: 'http://192.0.2.1/keys' }),
    ],
    ['that is no JSON', discovery, () => json('<html>')],
    ['that is no object', discovery, () => json('null')],
    [
      'that leads elsewhere',
      discovery,
      () => (_, answer) => void answer.writeHead(302, { location: '/keys' }).end(),
    ],
    ['whose keys are no set', '/keys', () => json({ keys: 'none' })],
    ['whose keys are too large', '/keys', () => json({ keys: [], padding: 'p'.repeat(300_000) })],
    [
      'that ends half way',
      '/keys',
      () => (_, answer) => {
        answer.writeHead(200, { 'content-length': '1000' }).write('{"keys":');
        answer.destroy();
      },
    ],
  ];
  it.each(bad)('are not taken from a document %s', async (_, path, answer) => {
    provider.answers[path] = answer();
    await expect(verify(await provider.token())).rejects.toMatchObject(unavailable);
  });
});

describe('keys by parameter', () => {
  const setOf = async (from: OidcIssuer) =>
    (await (await fetch(`${from.issuer}/keys`)).json()) as JSONWebKeySet;

  it('are those of the set, and no others', async () => {
    const given = new GivenKeys(await setOf(provider));
    await expect(verify(await provider.token(), given)).resolves.toBeDefined();
    await provider.rotate();
    await expect(verify(await provider.token(), given)).rejects.toMatchObject(unknownKey);
  });
});

describe('an address of keys', () => {
  it.each([
    'https://login.example/keys',
    'http://127.0.0.1:8080/keys',
    'http://localhost/keys',
    'http://[::1]/keys',
  ])('may be asked: %s', (address) => expect(mayBeAsked(address)).toBe(true));
  it.each([
    'http://login.example/keys',
    'http://127.0.0.1.example/keys',
    'https://user:secret@login.example/keys',
    'file:///etc/passwd',
    'keys',
  ])('may not: %s', (address) => expect(mayBeAsked(address)).toBe(false));
});
