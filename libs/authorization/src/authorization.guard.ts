import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isPublic, type Principal } from '@app/authentication';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Level, type Operation, type Permission, Scopes } from './scopes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller's scopes permit; set by AuthorizationGuard. */
    scopes?: Scopes;
  }
}

/** What a route needs before it runs. The type of a record is decided in the handler, which knows it. */
interface TypeAccess {
  type: 'Patient' | 'any-record' | 'AuditEvent';
  permission: Permission;
  /** Levels that may use the route at all; a list of everybody is for `system` only. */
  levels: readonly Level[];
}

/** What a route needs: a scope for a type, or the one scope of an operation of our own. */
type RouteAccess = TypeAccess | { operation: Operation };

const routeAccess = 'phi:access';

/** @param levels all three unless told otherwise */
export const Access = (
  type: TypeAccess['type'],
  permission: Permission,
  levels: readonly Level[] = ['system', 'user', 'patient'],
) => SetMetadata(routeAccess, { type, permission, levels } satisfies RouteAccess);

/** The scope `phi/<operation>` and no other: `system/*` covers clinical types alone. */
export const OperationAccess = (operation: Operation) =>
  SetMetadata(routeAccess, { operation } satisfies RouteAccess);

/** May you? Denies every route that does not say what it needs (45 CFR 164.312(a)(1)). */
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
    if (!permits(scopes, needed)) {
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

function permits(scopes: Scopes, needed: RouteAccess): boolean {
  if ('operation' in needed) return scopes.permitsOperation(needed.operation);
  const { type, permission, levels } = needed;
  const held = type === 'any-record' ? scopes.levelsForAnyType(permission) : scopes.levels(type, permission);
  return held.some((level) => levels.includes(level));
}

function neededScope(needed: RouteAccess): string {
  if ('operation' in needed) return `This needs the scope phi/${needed.operation}.`;
  const { type, permission, levels } = needed;
  const shown = type === 'any-record' ? '<type>' : type;
  return `This needs a scope such as ${levels.map((level) => `${level}/${shown}.${permission}`).join(' or ')}.`;
}
