import { hash } from 'node:crypto';
import { Problem, problemTypes } from '@app/problem-details';
import { decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.js';
import type { RevokedTokens } from './revoked-tokens.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** Decides whether a bearer token is genuine, in time and meant for us. */
export abstract class TokenVerifier {
  /** @throws Problem `unauthenticated`, the same for every reason */
  abstract verify(token: string): Promise<Principal>;
}

export interface JwtTokenVerifierOptions {
  issuers: readonly TrustedIssuer[];
  /** Absent: tokens are good until they expire. */
  revoked?: RevokedTokens;
  clockSkewSeconds: number;
}

/** A longer token is refused before anything is parsed. Bytes. */
const tokenAtMost = 8192;
/** A revoked key or token is honoured no longer than this. */
const rememberMilliseconds = 60_000;

/** Verifies JWT access tokens (RFC 9068) of the trusted issuers (45 CFR 164.312(d)). ES256 and RS256 only: no `none`, no HMAC (RFC 8725, 3.1). */
export class JwtTokenVerifier extends TokenVerifier {
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  /** Tokens verified within the last minute, by their SHA-256: an ES256 check costs more than the rest of a read. */
  readonly #verified = new LRUCache<string, Principal>({ max: 10_000, ttl: rememberMilliseconds });

  constructor(private readonly options: JwtTokenVerifierOptions) {
    super();
    this.#issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  override async verify(token: string): Promise<Principal> {
    if (token.length > tokenAtMost) throw new Problem(problemTypes.unauthenticated);
    const digest = hash('sha256', token, 'base64');
    const known = this.#verified.get(digest);
    if (known !== undefined && known.expiresAt > Date.now() / 1000) return known;
    const principal = await this.#check(token);
    if ((await this.options.revoked?.has(principal)) === true)
      throw new Problem(problemTypes.unauthenticated);
    this.#verified.set(digest, principal);
    return principal;
  }

  async #check(token: string): Promise<Principal> {
    try {
      // What the token says of its issuer only chooses whose keys must fit: another issuer's key opens nothing (RFC 8725, 3.8).
      const issuer = this.#issuers.get(decodeJwt(token).iss ?? '');
      if (issuer === undefined) throw new Error('the issuer is not trusted');
      const { payload } = await jwtVerify(token, issuer.keys.find.bind(issuer.keys), {
        issuer: issuer.issuer,
        ...('audience' in issuer.meantFor ? { audience: issuer.meantFor.audience } : {}),
        algorithms: ['ES256', 'RS256'],
        clockTolerance: this.options.clockSkewSeconds,
        // 45 CFR 164.312(a)(2)(i): somebody of his own; 164.312(a)(2)(iii): for a time.
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
      });
      if ('clientIds' in issuer.meantFor) needClient(payload, issuer.meantFor.clientIds);
      return principalOf(payload);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem(problemTypes.unauthenticated, { cause: error });
    }
  }
}

/**
 * Amazon Cognito's access tokens have no `aud`: the client and the use of the token stand for it.
 * @see Amazon Cognito Developer Guide, "Verifying JSON web tokens"
 */
function needClient(payload: JWTPayload, clientIds: readonly string[]): void {
  const { client_id, token_use } = payload as { client_id?: unknown; token_use?: unknown };
  if (token_use !== 'access') throw new Error('claim token_use is not access');
  if (typeof client_id !== 'string' || !clientIds.includes(client_id))
    throw new Error('claim client_id is not ours');
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
