import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimits } from './rate-limits.js';

/** Not too often: what a principal may ask in a minute, and how much of it is left (draft-ietf-httpapi-ratelimit-headers). */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(@Inject(RateLimits) private readonly limits: RateLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const { principal } = http.getRequest<FastifyRequest>();
    if (principal === undefined) return true;
    const allowance = await this.limits.ask(principal);
    if (allowance === undefined) return true;
    const { limit, remaining, resetSeconds } = allowance;
    void http
      .getResponse<FastifyReply>()
      .header('ratelimit-policy', `"principal";q=${limit};w=60`)
      .header('ratelimit', `"principal";r=${remaining};t=${resetSeconds}`);
    return true;
  }
}

/** The same for breaking the glass: who does it more often in an hour treats no emergency, or looks for ids. */
@Injectable()
export class EmergencyLimitGuard implements CanActivate {
  constructor(@Inject(RateLimits) private readonly limits: RateLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (principal !== undefined) await this.limits.breakGlass(principal);
    return true;
  }
}
