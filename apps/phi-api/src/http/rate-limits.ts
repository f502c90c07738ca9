import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type Principal, subjectToken } from '@app/authentication';
import { type PhiConfig } from '@app/configuration';
import { Problem, type ProblemType, problemTypes } from '@app/problem-details';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { FurtherRefusal } from './further-refusal.js';
import { networkOf } from './network-of.js';

/** What is left of a limit. */
export interface Allowance {
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/** One who collects these answers learns what exists (404, 409) or guesses tokens (401). */
const misses: ReadonlySet<ProblemType> = new Set([
  problemTypes.unauthenticated,
  problemTypes.notFound,
  problemTypes.identifierTaken,
]);

const minuteSeconds = 60;
const limiter = (points: number, seconds = minuteSeconds) =>
  points === 0 ? undefined : new RateLimiterMemory({ points, duration: seconds });

/**
 * How often somebody may ask in a minute (break the glass: in an hour), by principal and, before anybody is known, by network address (OWASP ASVS 5, 2.4.1).
 * Counted in this process: a fleet lets through as many times more.
 */
@Injectable()
export class RateLimits {
  readonly #principals: RateLimiterMemory | undefined;
  readonly #addresses: RateLimiterMemory | undefined;
  readonly #misses: RateLimiterMemory | undefined;
  readonly #emergencies: RateLimiterMemory | undefined;

  constructor(@Inject(ConfigService) config: ConfigService<PhiConfig, true>) {
    this.#emergencies = limiter(
      config.get('PHI_EMERGENCY_ACCESSES_PER_HOUR', { infer: true }),
      60 * minuteSeconds,
    );
    const principal = config.get('PHI_RATE_LIMIT_PER_MINUTE', { infer: true });
    if (principal === 0) return;
    this.#principals = limiter(principal);
    this.#addresses = limiter(config.get('PHI_ADDRESS_RATE_LIMIT_PER_MINUTE', { infer: true }));
    this.#misses = limiter(config.get('PHI_MISS_LIMIT_PER_MINUTE', { infer: true }));
  }

  /** @throws Problem `too-many-requests` */
  async enter(address: string): Promise<void> {
    if (this.#addresses === undefined) return;
    await this.#needFewMisses(ofAddress(address));
    await consume(this.#addresses, networkOf(address));
  }

  /** @returns what is left, `undefined` without a limit @throws Problem `too-many-requests` */
  async ask(principal: Principal): Promise<Allowance | undefined> {
    if (this.#principals === undefined) return undefined;
    await this.#needFewMisses(ofPrincipal(principal));
    const { remainingPoints, msBeforeNext } = await consume(this.#principals, subjectToken(principal));
    return {
      limit: this.#principals.points,
      remaining: remainingPoints,
      resetSeconds: secondsOf(msBeforeNext),
    };
  }

  /** @throws Problem `too-many-requests` */
  async breakGlass(principal: Principal): Promise<void> {
    if (this.#emergencies !== undefined) await consume(this.#emergencies, subjectToken(principal));
  }

  /** Counts a refusal against whoever could learn from many of them. */
  refused(type: ProblemType, address: string, principal: Principal | undefined): void {
    if (this.#misses === undefined || !misses.has(type)) return;
    void this.#misses.penalty(principal === undefined ? ofAddress(address) : ofPrincipal(principal));
  }

  async #needFewMisses(name: string): Promise<void> {
    const counted = await this.#misses?.get(name);
    if (this.#misses === undefined || !counted || counted.consumedPoints < this.#misses.points) return;
    const isFirst = counted.consumedPoints === this.#misses.points;
    // So that the next one is a further one.
    if (isFirst) await this.#misses.penalty(name);
    throw tooMany(counted, isFirst);
  }
}

async function consume(limits: RateLimiterMemory, name: string): Promise<RateLimiterRes> {
  try {
    return await limits.consume(name);
  } catch (refused) {
    const counted = refused as RateLimiterRes;
    throw tooMany(counted, counted.consumedPoints === limits.points + 1);
  }
}

function tooMany({ msBeforeNext }: RateLimiterRes, isFirst: boolean): Problem {
  const headers = { 'retry-after': String(secondsOf(msBeforeNext)) };
  return new Problem(problemTypes.tooManyRequests, {
    headers,
    ...(isFirst ? {} : { cause: new FurtherRefusal() }),
  });
}

const secondsOf = (milliseconds: number) => Math.ceil(milliseconds / 1000);
const ofAddress = (address: string) => `address ${networkOf(address)}`;
const ofPrincipal = (principal: Principal) => `principal ${subjectToken(principal)}`;
