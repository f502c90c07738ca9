import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSecretFile } from '@app/configuration';
import { calculateJwkThumbprint, importJWK, type JWK, SignJWT } from 'jose';

/** What a development token says. */
export interface TokenRequest {
  subject: string;
  /** SMART scopes, separated by spaces. */
  scope: string;
  /** Launch context for `patient/` scopes. */
  patient?: string;
  expiresInSeconds: number;
}

/** The issuer of the embedded platform: mints ES256 access tokens with a key of its own data folder. */
export class LocalIssuer {
  /** The `iss` claim; the address never leaves this machine (RFC 6761). */
  static readonly issuer = 'https://issuer.phi.localhost';

  private constructor(
    private readonly key: JWK,
    private readonly audience: string,
  ) {}

  /** @param folder where the key is kept, made at first use (mode 0600) */
  static async open(folder: string, audience: string): Promise<LocalIssuer> {
    const text = openSecretFile(join(folder, 'issuer-key'), 'local issuer key', newKey).toString('utf8');
    const key = JSON.parse(text) as JWK;
    const named = { ...key, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(key) };
    const issuer = new LocalIssuer(named, audience);
    // Public, and derived from the key: for whoever wants to verify a development token without us.
    writeFileSync(join(folder, 'issuer-jwks.json'), JSON.stringify(issuer.jwks), { mode: 0o600 });
    return issuer;
  }

  /** The public half, as a JSON Web Key Set (RFC 7517). */
  get jwks(): { keys: JWK[] } {
    const { kty, crv, x, y, kid, alg, use } = this.key;
    return { keys: [{ kty, crv, x, y, kid, alg, use } as JWK] };
  }

  async mint(request: TokenRequest): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      scope: request.scope,
      client_id: 'phi-development',
      ...(request.patient === undefined ? {} : { patient: request.patient }),
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.key.kid as string })
      .setIssuer(LocalIssuer.issuer)
      .setAudience(this.audience)
      .setSubject(request.subject)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + request.expiresInSeconds)
      .sign(await importJWK(this.key, 'ES256'));
  }
}

/** @returns a P-256 private key as a JSON Web Key (RFC 7517) */
function newKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return Buffer.from(JSON.stringify(privateKey.export({ format: 'jwk' })));
}
