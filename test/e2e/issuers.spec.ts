import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.js';
import { auditTrail } from '../support/audit-recording.js';
import { readAuditEvents } from '../support/audit-rows.js';
import { PhiClient } from '../support/phi-client.js';
import { type Service, startService } from '../support/service.js';
import { CliProcess } from '../support/service-process.js';

let hospital: OidcIssuer;
let pool: OidcIssuer;
let service: Service;

beforeAll(async () => {
  [hospital, pool] = await Promise.all([startOidcIssuer(), startOidcIssuer('RS256')]);
  const issuers = [
    { issuer: hospital.issuer, audience: 'phi-api' },
    { issuer: pool.issuer, clientIds: ['batch'] },
  ];
  service = await startService({ PHI_TRUSTED_ISSUERS: JSON.stringify(issuers) });
  await service.app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await service.stop();
  await Promise.all([hospital.close(), pool.close()]);
});

const clientWith = (token: string) => new PhiClient(service, `Bearer ${token}`);
const ofPool = { aud: undefined, client_id: 'batch', token_use: 'access' };

describe('a service that trusts two issuers beside its own', () => {
  it('serves the callers of each', async () => {
    for (const token of [await hospital.token(), await pool.token(ofPool)]) {
      expect((await clientWith(token).post('/v1/patients', {})).status).toBe(201);
    }
    const own = new PhiClient(service, await service.bearer());
    expect((await own.post('/v1/patients', {})).status).toBe(201);
  });

  // RFC 8725, 3.10: what a header says of where keys are is not followed.
  it.each([
    ['a JWK set of its own', { jku: 'http://127.0.0.1:9/keys' }],
    ['a certificate of its own', { x5u: 'http://127.0.0.1:9/certificate' }],
    ['a path for a key id', { kid: '../../../../dev/null' }],
    ['a query for a key id', { kid: "' UNION SELECT 'key" }],
    ['a key id of many letters', { kid: 'k'.repeat(2000) }],
  ])('takes no key from a token that brings %s', async (_, header) => {
    const refused = await clientWith(await pool.token({ ...ofPool, iss: hospital.issuer }, header)).get(
      '/v1/patients',
    );
    expect(refused).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } });
  });

  it('says 503 while the keys of an issuer cannot be read, and records it', async () => {
    const silent = await startOidcIssuer();
    const alone = await startService({
      PHI_TRUSTED_ISSUERS: JSON.stringify([{ issuer: silent.issuer, audience: 'phi-api' }]),
    });
    try {
      const token = await silent.token();
      await silent.close();
      const answer = await new PhiClient(alone, `Bearer ${token}`).get('/v1/patients');
      expect(answer).toMatchObject({
        status: 503,
        body: { type: '/problems/identity-provider-unavailable' },
      });
      expect(answer.headers['retry-after']).toBe('5');
      expect((await auditTrail(alone.platform)).at(-1)).toMatchObject({
        type: 'refusal',
        refusal: { problem: 'identity-provider-unavailable', status: 503 },
      });
      expect(alone.logged()).not.toContain(token);
    } finally {
      await alone.stop();
    }
  });
});

describe('phi revoke', () => {
  it('takes a token back beside the running service, and leaves an event', async () => {
    const token = await hospital.token({ jti: 'token-to-revoke' });
    const args = [
      'revoke',
      '--issuer',
      hospital.issuer,
      '--token-id',
      'token-to-revoke',
      '--operator',
      'officer',
    ];
    const ended = await new CliProcess([...args, '--json'], service.environment).ended;

    expect(ended).toMatchObject({ code: 0, errors: '' });
    expect(JSON.parse(ended.output)).toMatchObject({ revoked: true });
    expect((await clientWith(token).get('/v1/patients')).status).toBe(401);
    const event = (await readAuditEvents(service.platform.table)).find(({ type }) => type === 'token-revoke');
    expect(event).toMatchObject({ outcome: '0', origin: { agent: { subject: 'officer' } } });
  });

  it('says what is missing', async () => {
    const ended = await new CliProcess(['revoke', '--issuer', hospital.issuer], {}).ended;
    expect(ended.code).toBe(2);
    expect(ended.errors).toMatch(/--token-id/);
  });
});
