import { createPublicKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LocalIssuer } from '@app/authentication';
import { generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { auditTrail, recordedDuring } from '../support/audit-recording.js';
import { issuerOf } from '../support/deployment.js';
import { type Answer, clientOf, PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
/** The issuer's own key, as it lies in the data folder. */
let key: JWK;
let path: string;

beforeAll(async () => {
  service = await startListening();
  key = JSON.parse(readFileSync(join(service.dataFolder, 'keys', 'issuer-key'), 'utf8')) as JWK;
  path = `/v1/patients/${(await (await clientOf(service)).post('/v1/patients', {})).body.id}`;
});
afterAll(() => service.stop());

const now = () => Math.floor(Date.now() / 1000);
const claims = (): JWTPayload => ({
  iss: LocalIssuer.issuer,
  aud: 'phi-api',
  sub: 'tester',
  client_id: 'phi-development',
  scope: 'system/*.cruds',
  jti: randomUUID(),
  iat: now(),
  nbf: now(),
  exp: now() + 600,
});
const header = () => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid as string });

type Signer = Parameters<SignJWT['sign']>[0];
async function signed(changed: JWTPayload, head: object = {}, by?: Signer): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...claims(), ...changed })) as JWTPayload;
  return new SignJWT(payload)
    .setProtectedHeader({ ...header(), ...head })
    .sign(by ?? (await importJWK(key, 'ES256')), { crit: { 'urn:example:x': true } });
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const readWith = (authorization: string | undefined): Promise<Answer> =>
  new PhiClient(service, authorization).get(path);

/** What a careless verifier would take for an HMAC secret. */
function publicPem(): Buffer {
  const { d: _, ...jwk } = key;
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  return Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
}

/** Tokens that must not open anything; each differs in one thing from one that does. */
const tokens: [string, () => Promise<string>][] = [
  ['of the algorithm none', async () => `${encoded({ ...header(), alg: 'none' })}.${encoded(claims())}.`],
  [
    'of the algorithm none with a signature',
    async () =>
      `${encoded({ ...header(), alg: 'None' })}.${encoded(claims())}.${(await signed({})).split('.')[2]}`,
  ],
  ['of HS256 with the public key as PEM for a secret', () => signed({}, { alg: 'HS256' }, publicPem())],
  [
    'of HS256 with the public key as JWK for a secret',
    async () => {
      const { jwks } = await issuerOf(service.dataFolder);
      return signed({}, { alg: 'HS256' }, Buffer.from(JSON.stringify(jwks.keys[0])));
    },
  ],
  [
    'signed by another key under the same key id',
    async () => signed({}, {}, (await generateKeyPair('ES256')).privateKey),
  ],
  [
    'that brings its own key along',
    async () => {
      const own = await generateKeyPair('ES256', { extractable: true });
      const { d: _, ...jwk } = { ...key, kid: 'own' };
      return signed({}, { kid: 'own', jwk }, own.privateKey);
    },
  ],
  ['of another key id', () => signed({}, { kid: 'unknown' })],
  [
    'with a critical extension that is not known here',
    () => signed({}, { crit: ['urn:example:x'], 'urn:example:x': 1 }),
  ],
  [
    'with another payload under the same signature',
    async () => {
      const [head, , signature] = (await signed({})).split('.');
      return `${head}.${encoded({ ...claims(), sub: 'somebody-else' })}.${signature}`;
    },
  ],
  ['without its signature', async () => `${(await signed({})).split('.').slice(0, 2).join('.')}.`],
  ['for another audience', () => signed({ aud: 'another-api' })],
  ['without an audience', () => signed({ aud: undefined })],
  ['of another issuer', () => signed({ iss: 'https://issuer.example.org' })],
  ['without an issuer', () => signed({ iss: undefined })],
  ['that has expired', () => signed({ exp: now() - 60 })],
  ['that never expires', () => signed({ exp: undefined })],
  ['that is not yet valid', () => signed({ nbf: now() + 60 })],
  ['without an id', () => signed({ jti: undefined })],
  ['without a subject', () => signed({ sub: undefined })],
  ['without a time of issue', () => signed({ iat: undefined })],
  ['with a subject that is no plain text', () => signed({ sub: 'a\nb' })],
  ['with an empty subject', () => signed({ sub: '' })],
  ['with scopes in a list', () => signed({ scope: ['system/*.cruds'] })],
  ['with a line break between scopes', () => signed({ scope: 'system/*.cruds\nopenid' })],
  ['with a quote in a scope', () => signed({ scope: 'system/*.cruds "openid"' })],
  ['of more than 8 KB', () => signed({ padding: 'p'.repeat(8192) })],
  ['that is garbage', async () => 'garbage'],
  ['that is garbage in three parts', async () => 'a.b.c'],
];

// 45 CFR 164.312(d), person or entity authentication; 164.312(a)(2)(iii): a token that has run out is one of those refused.
describe('a token', () => {
  it('opens with everything as it should be', async () => {
    expect((await readWith(`Bearer ${await signed({})}`)).status).toBe(200);
    expect((await readWith(`bearer ${await signed({ aud: ['other', 'phi-api'] })}`)).status).toBe(200);
    expect((await readWith(`Bearer ${await signed({ padding: 'p'.repeat(4096) })}`)).status).toBe(200);
  });

  it.each(tokens)('%s is refused with the one 401 that there is', async (_, make) => {
    const token = await make();
    const refused = await readWith(`Bearer ${token}`);

    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'www-authenticate': 'Bearer realm="phi"',
      'cache-control': 'no-store',
    });
    expect(refused.body).toEqual({
      type: '/problems/unauthenticated',
      title: 'A valid access token is needed',
      status: 401,
      detail: 'Send "Authorization: Bearer <token>" with a token of a configured issuer.',
      instance: refused.headers['x-request-id'],
    });
    expect(service.logged().includes(token)).toBe(false);
  });

  const headers: [string, string | undefined][] = [
    ['no Authorization header', undefined],
    ['an empty one', ''],
    ['no token', 'Bearer'],
    ['another scheme', 'Basic dGVzdGVyOnRlc3Rlcg=='],
  ];
  it.each(headers)('is missing: %s', async (_, authorization) => {
    const refused = await readWith(authorization);
    expect(refused).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } });
  });

  it('is taken from the header alone, once', async () => {
    const token = await signed({});
    expect((await new PhiClient(service, undefined).get(`${path}?access_token=${token}`)).status).toBe(401);
    expect((await readWith(`Bearer ${token} ${token}`)).status).toBe(401);
    expect((await readWith(`Bearer ${token}, Bearer ${token}`)).status).toBe(401);
  });
});

describe('a refused token', () => {
  // 45 CFR 164.308(a)(5)(ii)(C), log-in monitoring.
  it('leaves an audit event that names nobody, because nobody is known', async () => {
    const token = await signed({ exp: now() - 60, sub: 'marked-subject' });
    const events = await recordedDuring(service.platform, () => readWith(`Bearer ${token}`));

    expect(events).toEqual([
      {
        type: 'refusal',
        outcome: '4',
        patientId: path.slice('/v1/patients/'.length),
        refusal: { problem: 'unauthenticated', status: 401, method: 'GET', route: '/v1/patients/:patientId' },
      },
    ]);
    const last = (await auditTrail(service.platform)).at(-1);
    expect(last?.origin).not.toHaveProperty('agent');
    expect(JSON.stringify(last)).not.toContain('marked-subject');
  });
});

/** IHE IUA, ITI TF-2: 3.71. */
describe('the purposes of use of a token', () => {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
  const naming = (...codes: string[]) =>
    signed({ extensions: { ihe_iua: { purpose_of_use: codes.map((code) => ({ system, code })) } } });
  /** @returns the status, and the purpose in the event */
  async function read(token: string, stated?: string): Promise<[number, string | undefined]> {
    const headers: Record<string, string> = stated === undefined ? {} : { 'x-purpose-of-use': stated };
    const { status } = await new PhiClient(service, `Bearer ${token}`).get(path, headers);
    return [status, (await auditTrail(service.platform)).at(-1)?.origin.purposeOfUse];
  }

  it('are the purpose of each event, where it is one', async () => {
    expect(await read(await naming('TREAT'))).toEqual([200, 'TREAT']);
    expect(await read(await naming('TREAT', 'HPAYMT'))).toEqual([200, undefined]);
  });

  it('are those that the header may state, where there are any', async () => {
    const token = await naming('TREAT', 'HPAYMT');
    expect(await read(token, 'HPAYMT')).toEqual([200, 'HPAYMT']);
    expect(await read(token, 'PUBHLTH')).toEqual([400, undefined]);
    expect(await read(await signed({}), 'PUBHLTH')).toEqual([200, 'PUBHLTH']);
  });

  it.each<[string[], number]>([
    [['HRESCH'], 403],
    [['HPAYMT', 'HOPERAT'], 403],
    [['TREAT'], 201],
    [['HPAYMT', 'ETREAT'], 201],
  ])('%j let an emergency access be opened where treatment is among them: %i', async (codes, status) => {
    const purposeOfUse = codes.map((code) => ({ system, code }));
    const token = await signed({
      sub: `for ${codes.join(' or ')}`.replaceAll(' ', '-'),
      scope: 'user/*.rs phi/emergency-access',
      extensions: { ihe_iua: { purpose_of_use: purposeOfUse } },
    });
    const body = { reason: 'Unconscious.', purpose: 'ETREAT' };
    const answer = await new PhiClient(service, `Bearer ${token}`).post(`${path}/emergency-access`, body);
    expect(answer.status).toBe(status);
  });

  it.each([
    ['of another code system', { ihe_iua: { purpose_of_use: [{ system: 'urn:oid:1.2.3', code: 'TREAT' }] } }],
    ['that are no code', { ihe_iua: { purpose_of_use: [{ system, code: 'marked text' }] } }],
    ['outside a list', { ihe_iua: { purpose_of_use: 'TREAT' } }],
    ['of no object', { ihe_iua: 'TREAT' }],
    ['of nothing', null],
  ])('are none when they are %s', async (_, extensions) => {
    const token = await signed({ extensions });
    expect(await read(token)).toEqual([200, undefined]);
    expect(await read(token, 'TREAT')).toEqual([200, 'TREAT']);
  });
});
