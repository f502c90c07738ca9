import { createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { KeyedHash } from '@app/encryption';
import { type Caller, type Idempotency } from '@app/patient-records';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';

/** The `Idempotency-Key` header, checked. */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined || (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key))) return key;
    throw new Problem(problemTypes.validationFailed, {
      errors: [
        {
          pointer: 'header:Idempotency-Key',
          detail: 'must have 1 to 200 printable characters without spaces',
        },
      ],
    });
  },
);

/** Names a repeatable request by keyed hashes: neither the key nor the body can be guessed from the store. */
@Injectable()
export class IdempotentRequest {
  constructor(@Inject(KeyedHash) private readonly hash: KeyedHash) {}

  /** @param body screened body of the request @returns `undefined` without a key */
  name(
    key: string | undefined,
    { principal }: Caller,
    route: string,
    body: unknown,
  ): Idempotency | undefined {
    if (key === undefined) return undefined;
    const { issuer, clientId, subject } = principal;
    return {
      token: this.hash.hash([issuer, clientId, subject, route, key]),
      bodyHash: this.hash.hash(['body', JSON.stringify(body)]),
    };
  }
}
