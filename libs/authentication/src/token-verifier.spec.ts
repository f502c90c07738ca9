import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import type { JWTPayload } from 'jose';
import { type OidcIssuer, startOidcIssuer } from '../../../test/support/oidc-issuer.js';
import { DiscoveredKeys } from './issuer-keys.js';
import { RevokedTokens } from './revoked-tokens.js';
import { JwtTokenVerifier } from './token-verifier.js';
import type { TrustedIssuer } from './trusted-issuer.js';

let hospital: OidcIssuer;
/** As Amazon Cognito: RSA keys, no audience. */
let pool: OidcIssuer;
let stranger: OidcIssuer;
let folder: string;
let table: PhiTable;
let revoked: RevokedTokens;
let verifier: JwtTokenVerifier;

beforeAll(async () => {
  hospital = await startOidcIssuer();
  pool = await startOidcIssuer('RS256');
  stranger = await startOidcIssuer();
  folder = mkdtempSync(join(tmpdir(), 'phi-tokens-'));
  table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  revoked = new RevokedTokens(table);
  verifier = newVerifier();
});
afterAll(async () => {
  await Promise.all([hospital, pool, stranger].map((one) => one.close()));
  await table.close();
  rmSync(folder, { recursive: true });
});

function newVerifier(): JwtTokenVerifier {
  const trusted = ({ issuer }: OidcIssuer, meantFor: TrustedIssuer['meantFor']): TrustedIssuer => ({
    issuer,
    meantFor,
    keys: new DiscoveredKeys(issuer),
  });
  const issuers = [
    trusted(hospital, { audience: 'phi-api' }),
    trusted(pool, { clientIds: ['app', 'batch'] }),
  ];
  return new JwtTokenVerifier({ issuers, revoked, clockSkewSeconds: 5 });
}

/** The claims of Cognito's access tokens that matter here. @see Amazon Cognito Developer Guide, "Understanding the access token" */
const access: JWTPayload = { aud: undefined, client_id: 'app', token_use: 'access' };

const refusal = { type: { name: 'unauthenticated' } };

describe('tokens of several issuers', () => {
  it('are taken from each, and their principals are told apart', async () => {
    const [ofHospital, ofPool] = [
      await verifier.verify(await hospital.token()),
      await verifier.verify(await pool.token(access)),
    ];
    expect([ofHospital.subject, ofPool.subject]).toEqual(['tester', 'tester']);
    expect([ofHospital.issuer, ofPool.issuer]).toEqual([hospital.issuer, pool.issuer]);
    expect(ofPool.clientId).toBe('app');
  });

  const forged: [string, () => Promise<string>][] = [
    ['of an issuer that nobody trusts', () => stranger.token()],
    ["under a trusted issuer's name with another one's key", () => stranger.token({ iss: hospital.issuer })],
    [
      "of one trusted issuer under the other one's name",
      () => hospital.token({ ...access, iss: pool.issuer }),
    ],
    ['for another audience', () => hospital.token({ aud: 'another-api' })],
    ['with a client instead of the audience', () => hospital.token(access)],
    ['of another client', () => pool.token({ ...access, client_id: 'other' })],
    ['of no client', () => pool.token({ ...access, client_id: undefined })],
    ['with the audience of a client alone', () => pool.token({ aud: 'app' })],
    ['that tells who somebody is (id token)', () => pool.token({ ...access, token_use: 'id' })],
    ['that does not tell its use', () => pool.token({ ...access, token_use: undefined })],
    ["with the issuer's name in other letters", () => hospital.token({ iss: `${hospital.issuer}/` })],
  ];
  it.each(forged)('are refused: %s', async (_, make) => {
    await expect(verifier.verify(await make())).rejects.toMatchObject(refusal);
  });
});

describe('a revoked token', () => {
  const idOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { jti: string }).jti;
  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

  it('is refused, and no other', async () => {
    const [taken, kept] = [await hospital.token(), await hospital.token()];
    const token = { issuer: hospital.issuer, tokenId: idOf(taken) };
    await table.transactWrite([revoked.revocation(token, inAnHour())]);

    await expect(verifier.verify(taken)).rejects.toMatchObject(refusal);
    await expect(verifier.verify(kept)).resolves.toMatchObject({ tokenId: idOf(kept) });
  });

  it('is one of its issuer alone: the other may have given the same id', async () => {
    const token = await pool.token({ ...access, jti: 'same-id' });
    await table.transactWrite([
      revoked.revocation({ issuer: hospital.issuer, tokenId: 'same-id' }, inAnHour()),
    ]);
    await expect(verifier.verify(token)).resolves.toMatchObject({ tokenId: 'same-id' });
  });

  it('was remembered where it had been used within the minute, and is not by who sees it first', async () => {
    const token = await hospital.token();
    await verifier.verify(token);
    await table.transactWrite([
      revoked.revocation({ issuer: hospital.issuer, tokenId: idOf(token) }, inAnHour()),
    ]);
    await expect(verifier.verify(token)).resolves.toBeDefined();
    await expect(newVerifier().verify(token)).rejects.toMatchObject(refusal);
  });

  it('leaves no id of it in the table', async () => {
    const token = { issuer: 'https://issuer.example', tokenId: 'marked-id' };
    const write = revoked.revocation(token, inAnHour());
    expect(JSON.stringify(write)).not.toMatch(/marked-id|issuer\.example/);
  });

  it('cannot be told from a good one while the table does not answer, so nothing is opened', async () => {
    const closed = LmdbPhiTable.open({ path: join(folder, 'closed.lmdb') });
    await closed.close();
    const issuers = [
      {
        issuer: hospital.issuer,
        meantFor: { audience: 'phi-api' },
        keys: new DiscoveredKeys(hospital.issuer),
      },
    ];
    const blind = new JwtTokenVerifier({ issuers, revoked: new RevokedTokens(closed), clockSkewSeconds: 5 });
    await expect(blind.verify(await hospital.token())).rejects.toMatchObject({
      type: { name: 'storage-unavailable' },
    });
  });
});
