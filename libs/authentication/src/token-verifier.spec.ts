import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Problem } from '@app/problem-details';
import { SignJWT } from 'jose';
import { JwtTokenVerifier } from './token-verifier.js';

const issuer = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const verifierFor = (clientIds?: readonly string[]) =>
  new JwtTokenVerifier({
    issuer,
    audience: 'phi-api',
    clientIds,
    keys: async () => publicKey,
    clockSkewSeconds: 5,
  });

/** An access token as Cognito issues it: no `aud`, no `typ`. */
const token = (claims: Record<string, unknown> = {}) =>
  new SignJWT({ token_use: 'access', client_id: 'ours', scope: 'user/Patient.rs', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer)
    .setSubject(randomUUID())
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(privateKey);

describe('tokens of an issuer that names no audience', () => {
  it('are of a client that is ours', async () => {
    const principal = await verifierFor(['theirs', 'ours']).verify(await token());
    expect(principal).toMatchObject({ issuer, clientId: 'ours', scopes: ['user/Patient.rs'] });
  });

  it.each([
    ['of another client', { client_id: 'foreign' }],
    ['of no client', { client_id: undefined }],
    ['that are ID tokens', { token_use: 'id', aud: 'ours' }],
    ['that do not say what they are', { token_use: undefined }],
  ])('are refused, %s', async (_, claims) => {
    const refused = verifierFor(['ours']).verify(await token(claims));
    await expect(refused).rejects.toThrow(Problem);
  });

  it('are refused where no client is named: then the audience counts', async () => {
    await expect(verifierFor().verify(await token())).rejects.toThrow(Problem);
    expect(await verifierFor().verify(await token({ aud: 'phi-api' }))).toMatchObject({ clientId: 'ours' });
  });
});
