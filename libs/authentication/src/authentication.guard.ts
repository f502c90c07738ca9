import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by AuthenticationGuard; absent on public routes and on refusals before it. */
    principal?: Principal;
  }
}

const publicRoute = 'phi:public';

/** The only opening in the guards: probes and documentation, never PHI. */
export const Public = () => SetMetadata(publicRoute, true);

export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  return (
    reflector.getAllAndOverride<boolean>(publicRoute, [context.getHandler(), context.getClass()]) === true
  );
}

/** Who are you? Every route needs a verified bearer token (RFC 6750) unless it is marked public. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isPublic(this.reflector, context)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const match = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headers.authorization ?? '');
    if (match?.[1] === undefined) throw new Problem(problemTypes.unauthenticated);
    request.principal = await this.verifier.verify(match[1]);
    return true;
  }
}
