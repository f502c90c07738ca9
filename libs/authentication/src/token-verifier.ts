import { hash } from 'node:crypto';
import { Problem, problemTypes } from '@app/problem-details';
import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.js';

/** Decides whether a bearer token is genuine, in time and meant for us. */
export abstract class TokenVerifier {
  /** @throws Problem `unauthenticated`, the same for every reason */
  abstract verify(token: string): Promise<Principal>;
}

export interface JwtTokenVerifierOptions {
  issuer: string;
  /** What tokens name as `aud`; of no account where `clientIds` are given. */
  audience: string;
  /**
   * Of an issuer whose access tokens have no `aud`, such as Cognito: they must be access tokens (`token_use`) and given to one
   * of these clients. @see Amazon Cognito Developer Guide, "Verifying JSON web tokens", step 3
   */
  clientIds?: readonly string[] | undefined;
  /** Finds the issuer's key for a token header. */
  keys: JWTVerifyGetKey;
  clockSkewSeconds: number;
}

/** A longer token is refused before anything is parsed. Bytes. */
const tokenAtMost = 8192;
/** A revoked key or token is honoured no longer than this. */
const rememberMilliseconds = 60_000;

/** Verifies JWT access tokens (RFC 9068) against an issuer's keys. ES256 and RS256 only: no `none`, no HMAC. */
export class JwtTokenVerifier extends TokenVerifier {
  /** Tokens verified within the last minute, by their SHA-256: an ES256 check costs more than the rest of a read. */
  readonly #verified = new LRUCache<string, Principal>({ max: 10_000, ttl: rememberMilliseconds });

  constructor(private readonly options: JwtTokenVerifierOptions) {
    super();
  }

  override async verify(token: string): Promise<Principal> {
    if (token.length > tokenAtMost) throw new Problem(problemTypes.unauthenticated);
    const digest = hash('sha256', token, 'base64');
    const known = this.#verified.get(digest);
    if (known !== undefined && known.expiresAt > Date.now() / 1000) return known;
    const principal = await this.#check(token);
    this.#verified.set(digest, principal);
    return principal;
  }

  async #check(token: string): Promise<Principal> {
    const { issuer, audience, clientIds, keys, clockSkewSeconds } = this.options;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        ...(clientIds === undefined ? { audience } : {}),
        algorithms: ['ES256', 'RS256'],
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
      });
      if (clientIds !== undefined) checkClient(payload, clientIds);
      return principalOf(payload);
    } catch (error) {
      throw new Problem(problemTypes.unauthenticated, { cause: error });
    }
  }
}

/** An ID token of the same pool says `id` and was meant for the client alone. */
function checkClient(payload: JWTPayload, clientIds: readonly string[]): void {
  if (payload['token_use'] !== 'access') throw new Error('this is no access token');
  if (!clientIds.some((id) => id === payload['client_id'])) throw new Error('the token is of another client');
}

/** Subjects, clients and token ids are written into the audit trail: plain short text only. */
const plainName = /^[\x21-\x7e]{1,200}$/;

/** Scopes and the spaces between them (RFC 6749, 3.3); the trail names them, too. */
const scopeText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function principalOf(payload: JWTPayload): Principal {
  const claim = (name: string) => {
    const value = payload[name];
    if (typeof value !== 'string' || !plainName.test(value)) throw new Error(`claim ${name} is not usable`);
    return value;
  };
  const scope = payload['scope'];
  if (scope !== undefined && (typeof scope !== 'string' || !scopeText.test(scope)))
    throw new Error('claim scope is not usable');
  return Object.freeze({
    issuer: claim('iss'),
    subject: claim('sub'),
    clientId: payload['client_id'] === undefined ? claim('sub') : claim('client_id'),
    scopes: Object.freeze((scope ?? '').split(' ').filter((part) => part !== '')),
    ...(payload['patient'] === undefined ? {} : { patient: claim('patient') }),
    ...purposesOf(payload),
    tokenId: claim('jti'),
    expiresAt: payload.exp as number,
  });
}

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

/** @see IHE IUA, ITI TF-2: 3.71, JWT claims of the IUA extension: `extensions.ihe_iua.purpose_of_use`, a list of codings */
function purposesOf(payload: JWTPayload): Pick<Principal, 'purposesOfUse'> {
  const iua = elementOf(elementOf(payload, 'extensions'), 'ihe_iua');
  const codings = elementOf(iua, 'purpose_of_use');
  if (!Array.isArray(codings)) return {};
  const codes = codings.flatMap((coding: unknown) => {
    const [system, code] = [elementOf(coding, 'system'), elementOf(coding, 'code')];
    return system === actReason && typeof code === 'string' && plainName.test(code) ? [code] : [];
  });
  return codes.length === 0 ? {} : { purposesOfUse: Object.freeze(codes) };
}

const elementOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
