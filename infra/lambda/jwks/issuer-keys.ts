import { get, type RequestOptions } from 'node:https';

/** A public key that signs tokens, with the members that a verifier needs and no others (RFC 7517, RFC 7518). */
export interface SigningKey {
  kid: string;
  kty: 'RSA' | 'EC';
  use: 'sig';
  alg: 'RS256' | 'ES256';
  n?: string;
  e?: string;
  crv?: 'P-256';
  x?: string;
  y?: string;
}

/** Why an issuer's keys were not taken, in fixed words: what came in is told to nobody. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused';
}

const DOCUMENT_AT_MOST_BYTES = 64 * 1024;
const ANSWER_WITHIN_MS = 5_000;
const KEYS_AT_MOST = 20;
/** NIST SP 800-131A: below it RSA signatures are not to be made; base64url of 256 bytes. */
const RSA_MODULUS_LEAST = 342;
/** Of private RSA and EC keys, and of a symmetric one (RFC 7518, 6.2.2, 6.3.2, 6.4). */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

type Connection = Pick<RequestOptions, 'ca'>;

/**
 * Reads an issuer's public signing keys, by its discovery document.
 * @param issuer as tokens name it; `https` alone
 * @param connection how to reach it, for tests
 * @returns JSON text of a JWK Set with these keys, in order of their ids
 * @throws KeysRefused
 * @see OpenID Connect Discovery 1.0, section 4
 */
export async function issuerKeys(issuer: string, connection: Connection = {}): Promise<string> {
  const base = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
  const discovered = await readJson(`${base}/.well-known/openid-configuration`, connection);
  // Section 4.3: else somebody else's keys could be brought in.
  if (discovered['issuer'] !== issuer) throw new KeysRefused('the discovery document is of another issuer');
  const address = discovered['jwks_uri'];
  if (typeof address !== 'string') throw new KeysRefused('the discovery document names no keys');
  return JSON.stringify({ keys: signingKeys(await readJson(address, connection)) });
}

/** @throws KeysRefused if anything in it is secret, or nothing in it signs */
export function signingKeys(document: Record<string, unknown>): SigningKey[] {
  const { keys } = document;
  if (!Array.isArray(keys)) throw new KeysRefused('not a JWK Set');
  if (keys.length > KEYS_AT_MOST) throw new KeysRefused('too many keys');
  // Keys for encryption stand in many sets; they verify nothing.
  const found = keys.map(checkedKey).filter((key) => key !== undefined);
  if (found.length === 0) throw new KeysRefused('no key that signs');
  if (new Set(found.map(({ kid }) => kid)).size < found.length)
    throw new KeysRefused('two keys with the same id');
  return found.sort((a, b) => (a.kid < b.kid ? -1 : 1));
}

function checkedKey(key: unknown): SigningKey | undefined {
  if (!isObject(key)) throw new KeysRefused('not a JWK Set');
  if (secretMembers.some((member) => member in key)) throw new KeysRefused('a key that is not public');
  const { kty, use, alg, kid } = key;
  if (use !== undefined && use !== 'sig') return undefined;
  if (kty === 'RSA' && (alg === undefined || alg === 'RS256')) {
    const { n, e } = key;
    if (!isBase64Url(n) || !isBase64Url(e) || n.length < RSA_MODULUS_LEAST)
      throw new KeysRefused('a weak or broken key');
    return { kid: checkedId(kid), kty, use: 'sig', alg: 'RS256', n, e };
  }
  if (kty === 'EC' && key['crv'] === 'P-256' && (alg === undefined || alg === 'ES256')) {
    const { x, y } = key;
    if (!isBase64Url(x) || !isBase64Url(y)) throw new KeysRefused('a weak or broken key');
    return { kid: checkedId(kid), kty, use: 'sig', alg: 'ES256', crv: 'P-256', x, y };
  }
  // Of an algorithm that the service does not take.
  return undefined;
}

function checkedId(kid: unknown): string {
  if (typeof kid === 'string' && /^[\x21-\x7e]{1,200}$/.test(kid)) return kid;
  throw new KeysRefused('a key without an id');
}

/** One answer, whole, not too long and not elsewhere: redirections are not followed. */
async function readJson(address: string, connection: Connection): Promise<Record<string, unknown>> {
  if (!/^https:\/\/[^\s@]+$/.test(address)) throw new KeysRefused('not an https address');
  const text = await read(address, connection);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeysRefused('not JSON');
  }
  if (!isObject(value)) throw new KeysRefused('not JSON');
  return value;
}

function read(address: string, connection: Connection): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new KeysRefused(why));
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const request = get(
      address,
      { ...connection, signal, headers: { accept: 'application/json' } },
      (response) => {
        if (response.statusCode !== 200) {
          request.destroy();
          return refuse('the issuer did not answer 200');
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= DOCUMENT_AT_MOST_BYTES) return chunks.push(chunk);
          request.destroy();
          return refuse('the answer is too long');
        });
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', () => refuse('the answer was cut off'));
      },
    );
    request.on('error', () =>
      refuse(signal.aborted ? 'the issuer did not answer in time' : 'the issuer cannot be reached'),
    );
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isBase64Url = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,2000}$/.test(value);
