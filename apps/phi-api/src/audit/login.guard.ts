import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '@app/audit';
import { type Principal } from '@app/authentication';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { originOf } from '../http/request-caller.js';

/** Tokens in use at a time, and more: one that was forgotten leaves another event, which does no harm. */
const tokensAtMost = 10_000;

/** The end of the year 9999: an issuer may mean "never" by any number. */
const latestSeconds = 253_402_300_799;

/**
 * Since when does somebody work with us? The issuer's login is not seen here: the first use of a token in this process is, and leaves
 * an event (45 CFR 164.308(a)(5)(ii)(C), log-in monitoring). Attempts that fail are refusals, which leave one each.
 */
@Injectable()
export class LoginGuard implements CanActivate {
  /** Requests that come at once share one event. */
  readonly #logins = new LRUCache<string, Promise<void>>({ max: tokensAtMost });

  constructor(@Inject(AuditTrail) private readonly audit: AuditTrail) {}

  /** @throws Problem `audit-unavailable` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.principal === undefined) return true;
    await this.#login(request, request.principal);
    return true;
  }

  #login(request: FastifyRequest, { issuer, subject, tokenId, expiresAt }: Principal): Promise<void> {
    const name = JSON.stringify([issuer, subject, tokenId, expiresAt]);
    const known = this.#logins.get(name);
    if (known !== undefined) return known;
    const login = { expiresAt: new Date(Math.min(expiresAt, latestSeconds) * 1000).toISOString() };
    const recorded = this.audit.append([{ type: 'login', outcome: '0', origin: originOf(request), login }]);
    this.#logins.set(name, recorded);
    // What was not written is tried again with the next request.
    recorded.catch(() => this.#logins.delete(name));
    return recorded;
  }
}
