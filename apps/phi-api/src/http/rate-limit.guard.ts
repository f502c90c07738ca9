import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { subjectToken } from '@app/authentication';
import { type PhiConfig } from '@app/configuration';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/** Not too often: a principal's requests in a minute, counted in this process. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  readonly #limiter: RateLimiterMemory | undefined;

  constructor(@Inject(ConfigService) config: ConfigService<PhiConfig, true>) {
    const points = config.get('PHI_RATE_LIMIT_PER_MINUTE', { infer: true });
    this.#limiter = points === 0 ? undefined : new RateLimiterMemory({ points, duration: 60 });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.#limiter === undefined || principal === undefined) return true;
    try {
      await this.#limiter.consume(subjectToken(principal));
      return true;
    } catch (refused) {
      const seconds = Math.ceil((refused as RateLimiterRes).msBeforeNext / 1000);
      throw new Problem(problemTypes.tooManyRequests, { headers: { 'retry-after': String(seconds) } });
    }
  }
}
