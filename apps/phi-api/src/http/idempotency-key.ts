import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { KeyedHash } from '@app/encryption';
import { type Caller, type Idempotency } from '@app/patient-records';
import { invalidField } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it was sent, before screening, in canonical form; only of a request that may be repeated. */
    sentBody?: string;
  }
}

/** A request that may be repeated: its `Idempotency-Key` header and what it sent. */
export interface Repeatable {
  key: string;
  sentBody: string;
}

/** The request's `Idempotency-Key`, checked, and its body. */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): Repeatable | undefined => {
    const { headers, sentBody = '' } = context.switchToHttp().getRequest<FastifyRequest>();
    const key = headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return { key, sentBody };
    throw invalidField('header:Idempotency-Key', 'must have 1 to 200 printable characters without spaces');
  },
);

/** Keeps what was sent, so that a repeated request is known although screening would make two bodies the same. */
export function keepSentBody(request: FastifyRequest, body: object): void {
  if (request.headers['idempotency-key'] !== undefined) request.sentBody = canonicalJson(body);
}

/** @returns JSON with the names of every object in order: another order of elements is no other request */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Names a repeatable request by keyed hashes: neither the key nor the body can be guessed from the store. */
@Injectable()
export class IdempotentRequest {
  constructor(@Inject(KeyedHash) private readonly hash: KeyedHash) {}

  /** @returns `undefined` of a request that may not be repeated */
  name(repeatable: Repeatable | undefined, { principal }: Caller, route: string): Idempotency | undefined {
    if (repeatable === undefined) return undefined;
    const { issuer, clientId, subject } = principal;
    return {
      tokens: this.hash.hashes([issuer, clientId, subject, route, repeatable.key]),
      bodyHashes: this.hash.hashes(['body', repeatable.sentBody]),
    };
  }
}
