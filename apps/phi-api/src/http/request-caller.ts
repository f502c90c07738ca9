import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type AuditOrigin } from '@app/audit';
import { type Caller } from '@app/patient-records';
import { invalidField, Problem, problemTypes } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';

/** HL7 v3 PurposeOfUse, the codes of its value set. @see http://terminology.hl7.org/ValueSet/v3-PurposeOfUse */
const purposesOfUse = new Set(
  (
    'PurposeOfUse HMARKT HOPERAT CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP ' +
    'HSYSADMIN LABELING METAMGT MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV HTEST TRAIN HPAYMT CLMATTCH ' +
    'COVAUTH COVERAGE ELIGDTRM ELIGVER ENROLLM MILDCRG REMITADV HRESCH BIORCH CLINTRCH CLINTRCHNPC CLINTRCHPC PRECLINTRCH ' +
    'DSRCH POARCH TRANSRCH PATRQT FAMRQT PWATRNY SUPNWK PUBHLTH DISASTER THREAT TREAT CLINTRL CAREMGT COC ETREAT BTG ' +
    'ERTREAT POPHLTH'
  ).split(' '),
);

/** @returns what each audit event of the request says of where it came from; a purpose outside the value set is no purpose */
export function originOf(request: FastifyRequest): AuditOrigin {
  const { principal } = request;
  const purpose = request.headers['x-purpose-of-use'];
  const origin: AuditOrigin = { networkAddress: request.ip, requestId: request.id };
  if (typeof purpose === 'string' && purposesOfUse.has(purpose)) origin.purposeOfUse = purpose;
  if (principal === undefined) return origin;
  const { issuer, subject, clientId, scopes } = principal;
  return { ...origin, agent: { issuer, subject, clientId, scopes } };
}

/**
 * On whose behalf the handler works.
 * @throws Problem `validation-failed` for a purpose outside the value set: the trail holds codes, not text
 */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { principal, scopes } = request;
  if (principal === undefined || scopes === undefined) throw new Problem(problemTypes.unauthenticated);
  const origin = originOf(request);
  if (request.headers['x-purpose-of-use'] !== undefined && origin.purposeOfUse === undefined) {
    throw invalidField('header:X-Purpose-Of-Use', 'must be a code of the HL7 v3 PurposeOfUse value set');
  }
  return { principal, scopes, origin };
});
