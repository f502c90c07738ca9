import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isPublic, type Principal } from '@app/authentication';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Level, type Permission, Scopes } from './scopes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller's scopes permit; set by AuthorizationGuard. */
    scopes?: Scopes;
  }
}

/** What a route needs before it runs. The type of a record is decided in the handler, which knows it. */
export interface RouteAccess {
  type: 'Patient' | 'any-record';
  permission: Permission;
  /** Levels that may use the route at all; a list of everybody is for `system` only. */
  levels: readonly Level[];
}

const routeAccess = 'phi:access';

/** @param levels all three unless told otherwise */
export const Access = (
  type: RouteAccess['type'],
  permission: Permission,
  levels: readonly Level[] = ['system', 'user', 'patient'],
) => SetMetadata(routeAccess, { type, permission, levels } satisfies RouteAccess);

/** May you? Denies every route that does not say what it needs. */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  readonly #parsed = new LRUCache<string, Scopes>({ max: 1000 });

  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (isPublic(this.reflector, context)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const needed = this.reflector.get<RouteAccess | undefined>(routeAccess, context.getHandler());
    if (needed === undefined || request.principal === undefined) {
      throw new Problem(problemTypes.insufficientScope);
    }
    const scopes = this.#scopesOf(request.principal);
    const held =
      needed.type === 'any-record'
        ? scopes.levelsForAnyType(needed.permission)
        : scopes.levels(needed.type, needed.permission);
    if (!held.some((level) => needed.levels.includes(level))) {
      throw new Problem(problemTypes.insufficientScope, { detail: neededScope(needed) });
    }
    request.scopes = scopes;
    return true;
  }

  #scopesOf(principal: Principal): Scopes {
    const text = principal.scopes.join(' ');
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const scopes = new Scopes(principal.scopes);
    this.#parsed.set(text, scopes);
    return scopes;
  }
}

function neededScope({ type, permission, levels }: RouteAccess): string {
  const shown = type === 'any-record' ? '<type>' : type;
  return `This needs a scope such as ${levels.map((level) => `${level}/${shown}.${permission}`).join(' or ')}.`;
}
