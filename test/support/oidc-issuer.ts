import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An OpenID provider on loopback: discovery, keys, tokens. What it answers can be changed while it runs. */
export interface OidcIssuer {
  issuer: string;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** Instead of what a path answers. */
  answers: Record<string, Answer>;
  /** Takes a new key into use; the old one is in the set no longer. */
  rotate(): Promise<void>;
  /** @returns a token with these claims over usual ones; `undefined` removes one */
  token(claims?: JWTPayload, header?: object): Promise<string>;
  close(): Promise<void>;
}

export async function startOidcIssuer(algorithm: 'ES256' | 'RS256' = 'ES256'): Promise<OidcIssuer> {
  let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  let publicJwk: JWK;
  const asked: string[] = [];
  const answers: Record<string, Answer> = {};
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const own = answers[path] ?? usual[path];
    if (own === undefined) response.writeHead(404).end();
    else own(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const json =
    (body: () => unknown): Answer =>
    (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body()));
  const usual: Record<string, Answer> = {
    '/.well-known/openid-configuration': json(() => ({ issuer, jwks_uri: `${issuer}/keys` })),
    '/keys': json(() => ({ keys: [publicJwk] })),
  };
  const rotate = async () => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    privateKey = pair.privateKey;
    publicJwk = { ...(await exportJWK(pair.publicKey)), kid: randomUUID(), alg: algorithm, use: 'sig' };
  };
  await rotate();
  return {
    issuer,
    asked,
    answers,
    rotate,
    async token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const usualClaims = { iss: issuer, aud: 'phi-api', sub: 'tester', scope: 'system/*.cruds' };
      const times = { jti: randomUUID(), iat: now, exp: now + 600 };
      const payload = JSON.parse(JSON.stringify({ ...usualClaims, ...times, ...claims })) as JWTPayload;
      return new SignJWT(payload)
        .setProtectedHeader({ alg: algorithm, kid: publicJwk.kid as string, ...header })
        .sign(privateKey);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
