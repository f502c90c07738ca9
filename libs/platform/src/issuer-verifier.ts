import { JwtTokenVerifier } from '@app/authentication';
import { ConfigurationError, type PhiConfig } from '@app/configuration';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';

/** Who signs access tokens, and with which keys. */
export interface IssuerSettings {
  issuer: string;
  /** JSON Web Key Set (RFC 7517). */
  jwks: string;
}

/** Members of private and symmetric keys (RFC 7518, 6.2.2, 6.3.2, 6.4): they have no place in what everybody may read. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * @param place of the key set, for the message
 * @throws ConfigurationError when it is no set of public keys
 */
export function issuerVerifier(config: PhiConfig, { issuer, jwks }: IssuerSettings, place: string) {
  return new JwtTokenVerifier({
    issuer,
    audience: config.PHI_TOKEN_AUDIENCE,
    clientIds: config.PHI_TOKEN_CLIENT_IDS,
    keys: createLocalJWKSet(keySet(jwks, place)),
    clockSkewSeconds: config.PHI_CLOCK_SKEW_SECONDS,
  });
}

function keySet(text: string, place: string): JSONWebKeySet {
  const set = parsed(text) as { keys?: unknown } | null;
  const keys = typeof set === 'object' && set !== null && Array.isArray(set.keys) ? set.keys : [];
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && 'kty' in key && !secretMembers.some((name) => name in key);
  if (keys.length > 0 && keys.every(isPublic)) return { keys } as JSONWebKeySet;
  throw new ConfigurationError([`${place} must be a JSON Web Key Set of public keys: {"keys": [...]}`]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
