import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type AuditOrigin, purposesOfUse } from '@app/audit';
import { type Caller } from '@app/patient-records';
import { invalidField, Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';

/**
 * The purpose that the header states, if it is one of the value set and of the token's; without a header the one that the token names,
 * if that is one. A token that names several says what is permitted, not what is meant.
 */
function purposeOf({ headers, principal }: FastifyRequest): string | undefined {
  const stated = headers['x-purpose-of-use'];
  const ofToken = principal?.purposesOfUse?.filter((code) => purposesOfUse.has(code));
  if (stated === undefined) return ofToken?.length === 1 ? ofToken[0] : undefined;
  const isKnown = typeof stated === 'string' && purposesOfUse.has(stated);
  return isKnown && (ofToken === undefined || ofToken.includes(stated)) ? stated : undefined;
}

/** @returns what each audit event of the request says of where it came from; a purpose that may not be stated is no purpose */
export function originOf(request: FastifyRequest): AuditOrigin {
  const { principal } = request;
  const purpose = purposeOf(request);
  const origin: AuditOrigin = { networkAddress: request.ip, requestId: request.id };
  if (purpose !== undefined) origin.purposeOfUse = purpose;
  if (principal === undefined) return origin;
  const { issuer, subject, clientId, scopes } = principal;
  return { ...origin, agent: { issuer, subject, clientId, scopes } };
}

/**
 * On whose behalf the handler works.
 * @throws Problem `validation-failed` for a purpose outside the value set (the trail holds codes, not text), or that the token was not given for
 */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { principal, scopes } = request;
  if (principal === undefined || scopes === undefined) throw new Problem(problemTypes.unauthenticated);
  const origin = originOf(request);
  if (request.headers['x-purpose-of-use'] !== undefined && origin.purposeOfUse === undefined) {
    throw invalidField(
      'header:X-Purpose-Of-Use',
      'must be a code of the HL7 v3 PurposeOfUse value set, and one that the token was given for if it names any',
    );
  }
  return { principal, scopes, origin };
});
