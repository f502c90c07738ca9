import {
  DiscoveredKeys,
  GivenKeys,
  JwtTokenVerifier,
  type RevokedTokens,
  type TrustedIssuer,
} from '@app/authentication';
import { ConfigurationError, type PhiConfig } from '@app/configuration';
import type { JSONWebKeySet } from 'jose';

/** Who signs access tokens, and with which keys. */
export interface IssuerSettings {
  issuer: string;
  /** JSON Web Key Set (RFC 7517). */
  jwks: string;
}

/** Members of private and symmetric keys (RFC 7518, 6.2.2, 6.3.2, 6.4): they have no place in what everybody may read. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * The issuer whose keys are at hand.
 * @param place of the key set, for the message
 * @throws ConfigurationError when it is no set of public keys
 */
export function issuerAtHand(
  config: PhiConfig,
  { issuer, jwks }: IssuerSettings,
  place: string,
): TrustedIssuer {
  const { PHI_TOKEN_CLIENT_IDS: clientIds, PHI_TOKEN_AUDIENCE: audience } = config;
  const meantFor = clientIds === undefined ? { audience } : { clientIds };
  return { issuer, meantFor, keys: new GivenKeys(keySet(jwks, place)) };
}

/** @returns what verifies tokens of this issuer, and of those on the network that the configuration names */
export function issuerVerifier(config: PhiConfig, atHand: TrustedIssuer, revoked: RevokedTokens) {
  const onNetwork = config.PHI_TRUSTED_ISSUERS.map((settings) => ({
    ...settings,
    keys: new DiscoveredKeys(settings.issuer),
  }));
  return new JwtTokenVerifier({
    // Named twice, it is the one at hand.
    issuers: [...onNetwork, atHand],
    revoked,
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
