import { Problem, problemTypes } from '@app/problem-details';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Where the keys are that an issuer signs with: a network, a parameter, or this machine. */
export abstract class IssuerKeys {
  /**
   * @returns the key that the token's header names
   * @throws JWKSNoMatchingKey and other errors of jose: the token is not the issuer's
   * @throws Problem `identity-provider-unavailable`: whose it is cannot be told now
   */
  abstract find(...header: Parameters<JWTVerifyGetKey>): ReturnType<JWTVerifyGetKey>;
}

/** Keys that somebody else keeps current: a JSON Web Key Set (RFC 7517) of a parameter, for those who cannot reach the issuer. */
export class GivenKeys extends IssuerKeys {
  readonly #keys: JWTVerifyGetKey;

  constructor(keySet: JSONWebKeySet) {
    super();
    this.#keys = createLocalJWKSet(keySet);
  }

  override find(...header: Parameters<JWTVerifyGetKey>) {
    return this.#keys(...header);
  }
}

export interface DiscoveredKeysOptions {
  /** Asks the network, `fetch` unless given. */
  fetch?: typeof fetch;
  /** Milliseconds of a clock that never goes back, `performance.now` unless given. */
  now?: () => number;
}

/** A set is asked for anew after this: a key that the issuer took out is honoured no longer. */
const freshMilliseconds = 10 * 60_000;
/** While the issuer does not answer, known keys serve on for this long. */
const staleMilliseconds = 60 * 60_000;
/** Between two questions, whatever makes them: forged key ids must not turn us against the issuer. */
const pauseMilliseconds = 30_000;
/** The same after a question that failed. */
const retryMilliseconds = 5_000;
const answerWithinMilliseconds = 5_000;
/** Larger answers are none that an issuer gives. */
const answerAtMostBytes = 256 * 1024;

/**
 * Keys of an issuer on the network, found by OpenID Connect Discovery 1.0 and kept; asked for anew when they are old or a token names a
 * key that is not among them.
 */
export class DiscoveredKeys extends IssuerKeys {
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  #known: { keys: JWTVerifyGetKey; at: number } | undefined;
  #asking: Promise<JWTVerifyGetKey> | undefined;
  #mayAskAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly issuer: string,
    options: DiscoveredKeysOptions = {},
  ) {
    super();
    this.#fetch = options.fetch ?? fetch;
    this.#now = options.now ?? (() => performance.now());
  }

  override async find(...header: Parameters<JWTVerifyGetKey>) {
    const keys = await this.#current();
    try {
      return await keys(...header);
    } catch (error) {
      // The issuer may have a new key. If it has none, or does not answer, the token is not known to be its own.
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayAsk()) throw error;
      const newer = await this.#ask().catch(() => undefined);
      if (newer === undefined) throw error;
      return newer(...header);
    }
  }

  async #current(): Promise<JWTVerifyGetKey> {
    const age = this.#known === undefined ? Number.POSITIVE_INFINITY : this.#now() - this.#known.at;
    if (this.#known !== undefined && age < freshMilliseconds) return this.#known.keys;
    try {
      if (!this.#mayAsk()) throw new Error('the issuer was asked a moment ago');
      return await this.#ask();
    } catch (cause) {
      if (this.#known !== undefined && age < staleMilliseconds) return this.#known.keys;
      const headers = { 'retry-after': String(retryMilliseconds / 1000) };
      throw new Problem(problemTypes.identityProviderUnavailable, { cause, headers });
    }
  }

  #mayAsk(): boolean {
    return this.#asking !== undefined || this.#now() >= this.#mayAskAt;
  }

  /** Those who ask together get one answer. */
  #ask(): Promise<JWTVerifyGetKey> {
    this.#asking ??= this.#fetchKeys().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #fetchKeys(): Promise<JWTVerifyGetKey> {
    this.#mayAskAt = this.#now() + retryMilliseconds;
    const { issuer, jwks_uri } = await this.#json(discoveryAddress(this.issuer));
    // OpenID Connect Discovery 1.0, 4.3: "The issuer value returned MUST be identical".
    if (issuer !== this.issuer) throw new Error('the discovery document is of another issuer');
    if (typeof jwks_uri !== 'string' || !mayBeAsked(jwks_uri))
      throw new Error('the discovery document names no keys');
    // Throws where there is no set.
    const keys = createLocalJWKSet((await this.#json(jwks_uri)) as unknown as JSONWebKeySet);
    this.#known = { keys, at: this.#now() };
    this.#mayAskAt = this.#known.at + pauseMilliseconds;
    return keys;
  }

  async #json(address: string): Promise<Record<string, unknown>> {
    const answer = await this.#fetch(address, {
      headers: { accept: 'application/json' },
      // Whoever can redirect us could name other keys.
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMilliseconds),
    });
    if (answer.status !== 200 || answer.body === null)
      throw new Error(`the issuer answered ${answer.status}`);
    const parsed = JSON.parse(await textOf(answer.body)) as unknown;
    if (typeof parsed !== 'object' || parsed === null) throw new Error('the issuer answered no object');
    return parsed as Record<string, unknown>;
  }
}

/** OpenID Connect Discovery 1.0, 4: a terminating slash is removed before the path is appended. */
const discoveryAddress = (issuer: string) => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** @returns whether keys may be read there: by TLS, or on this machine */
export function mayBeAsked(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isHere);
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > answerAtMostBytes) throw new Error('the issuer answered too much');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
