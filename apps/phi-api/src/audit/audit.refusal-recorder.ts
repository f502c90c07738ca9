import { Inject, Injectable } from '@nestjs/common';
import { type AuditEvent, AuditTrail, findingCounts } from '@app/audit';
import { type Log } from '@app/observability';
import { IntegrityBreach, OutOfReach } from '@app/patient-records';
import { type Problem, problemTypes, RefusalRecorder } from '@app/problem-details';
import type { FastifyRequest } from 'fastify';
import { FurtherRefusal } from '../http/further-refusal.js';
import { uuid } from '../http/input.js';
import { RateLimits } from '../http/rate-limits.js';
import { LOG } from '../log.js';
import { originOf } from '../http/request-caller.js';
import { RequestMetrics } from '../metrics/request-metrics.js';

/** Writes every refusal and error into the trail (45 CFR 164.312(b)): attempts tell more than successes. */
@Injectable()
export class AuditRefusalRecorder extends RefusalRecorder {
  constructor(
    @Inject(AuditTrail) private readonly audit: AuditTrail,
    @Inject(LOG) private readonly log: Log,
    @Inject(RequestMetrics) private readonly metrics: RequestMetrics,
    @Inject(RateLimits) private readonly limits: RateLimits,
  ) {
    super();
  }

  override async record(request: FastifyRequest, problem: Problem): Promise<void> {
    const { status, name } = problem.type;
    this.limits.refused(problem.type, request.ip, request.principal);
    if (problem.cause instanceof FurtherRefusal) return this.metrics.refusedUnrecorded();
    if (status >= 500) {
      this.log.error(
        { requestId: request.id, problem: name, error: problem.cause ?? problem },
        'request failed',
      );
    }
    let failed = problem.type === problemTypes.auditUnavailable;
    try {
      await this.audit.append([refusalEvent(request, problem)]);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      if (failed) this.metrics.auditFailed();
    }
  }
}

function refusalEvent(request: FastifyRequest, problem: Problem): AuditEvent {
  const { status, name } = problem.type;
  const integrity = problem.type === problemTypes.integrityFailure;
  const { patientId: asked, recordId } = (request.params ?? {}) as { patientId?: string; recordId?: string };
  const patientId = problem.cause instanceof IntegrityBreach ? problem.cause.patientId : asked;
  const outOfReach = problem.cause instanceof OutOfReach;
  const counts = findingCounts(problem.findings ?? []);
  return {
    type: integrity ? 'integrity-alarm' : 'refusal',
    // FHIR R4 AuditEvent.outcome: 4 the caller's fault, 8 ours or an attempt at something out of reach, 12 stored data changed.
    outcome: integrity ? '12' : status >= 500 || outOfReach ? '8' : '4',
    origin: originOf(request),
    ...(patientId !== undefined && uuid.test(patientId) ? { patientId } : {}),
    ...(recordId !== undefined && uuid.test(recordId)
      ? { entities: [{ type: 'Record', id: recordId }] }
      : {}),
    ...(Object.keys(counts).length === 0 ? {} : { screening: counts }),
    refusal: {
      problem: outOfReach ? 'out-of-reach' : name,
      status,
      method: request.method,
      route: request.routeOptions.url ?? '(no such route)',
    },
  };
}
