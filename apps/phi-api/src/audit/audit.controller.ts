import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  type AuditEvent,
  type AuditFilter,
  AuditReader,
  type AuditRow,
  AuditTrail,
  CheckpointLog,
  CheckpointSigner,
  CorruptCheckpoint,
  type FhirAuditEvent,
  inclusionProof,
  type SignedCheckpoint,
  toFhirAuditEvent,
} from '@app/audit';
import { Access } from '@app/authorization';
import { type PhiConfig } from '@app/configuration';
import { type Caller } from '@app/patient-records';
import { invalidField, Problem, problemTypes } from '@app/problem-details';
import { AnswersPage, Documented } from '../http/api-documentation.js';
import { Cursors } from '../http/cursors.js';
import { DocumentId, IdParam } from '../http/input.js';
import { limitByDefault } from '../http/page.dto.js';
import { RequestCaller } from '../http/request-caller.js';
import { timeRange } from '../http/time-range.js';
import { AuditQueryDto, CheckpointQueryDto } from './audit-query.dto.js';
import { AuditEventPageDto, FhirAuditEventDto } from './fhir-audit-event.dto.js';
import { checkpointAnswer, CheckpointPageDto, InclusionProofDto, proofAnswer } from './proof.dto.js';

/** Scopes for AuditEvent stand for an office, not for a relationship: they reach every patient and every agent. */
const officers = ['system', 'user'] as const;

/** The trail for privacy and security officers. Reading it is recorded like any other reading (45 CFR 164.312(b)). */
@ApiTags('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(
    @Inject(AuditReader) private readonly reader: AuditReader,
    @Inject(AuditTrail) private readonly audit: AuditTrail,
    @Inject(CheckpointLog) private readonly checkpointLog: CheckpointLog,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(ConfigService) private readonly config: ConfigService<PhiConfig, true>,
  ) {}

  @Get('events')
  @Access('AuditEvent', 's', officers)
  @Documented({ summary: 'List audit events, newest first, as FHIR R4 AuditEvents' })
  @AnswersPage('A page of events', AuditEventPageDto)
  async events(
    @RequestCaller() caller: Caller,
    @Query() query: AuditQueryDto,
  ): Promise<{ items: FhirAuditEvent[]; nextCursor?: string }> {
    const { cursor, limit = limitByDefault, ...asked } = query;
    const filter = filterOf(asked, caller);
    const route = 'GET /v1/audit/events';
    const position = this.cursors.open(cursor, caller, route, filter);
    const page = await this.reader.events(filter, limit, position);
    await this.#record(caller, 'audit-query', {
      ...(asked.patient === undefined ? {} : { patientId: asked.patient }),
      query: Object.keys(asked).sort(),
      count: page.items.length,
    });
    const nextCursor = this.cursors.seal(page.next, caller, route, filter);
    return { items: page.items.map(toFhirAuditEvent), ...(nextCursor === undefined ? {} : { nextCursor }) };
  }

  @Get('events/:eventId')
  @Access('AuditEvent', 'r', officers)
  @Documented({ summary: 'Read an audit event as FHIR R4 AuditEvent', problems: { 404: 'No such event' } })
  @DocumentId('eventId')
  @ApiResponse({ status: 200, description: 'The event', type: FhirAuditEventDto })
  async event(@RequestCaller() caller: Caller, @IdParam('eventId') eventId: string): Promise<FhirAuditEvent> {
    const row = await this.#row(eventId);
    await this.#recordRead(caller, row);
    return toFhirAuditEvent(row);
  }

  @Get('events/:eventId/proof')
  @Access('AuditEvent', 'r', officers)
  @Documented({
    summary: 'Prove that an event is in the trail: a path to the root in a signed checkpoint (RFC 6962)',
    problems: { 404: 'No such event', 409: 'The event is not sealed yet: see `Retry-After`' },
  })
  @DocumentId('eventId')
  @ApiResponse({
    status: 200,
    description: 'The event as it is stored, and the proof',
    type: InclusionProofDto,
  })
  async proof(
    @RequestCaller() caller: Caller,
    @IdParam('eventId') eventId: string,
  ): Promise<InclusionProofDto> {
    const row = await this.#row(eventId);
    const proof = await intact(() => inclusionProof(this.checkpointLog, row));
    if (proof === undefined) {
      const seconds = this.config.get('PHI_AUDIT_SEAL_SECONDS', { infer: true });
      throw new Problem(problemTypes.notSealedYet, { headers: { 'retry-after': String(seconds) } });
    }
    await this.#recordRead(caller, row);
    return proofAnswer(row, proof, this.signer);
  }

  @Get('checkpoints')
  @Access('AuditEvent', 'r', officers)
  @Documented({ summary: 'List the signed checkpoints in order, with the public key that signs them' })
  @AnswersPage('A page of checkpoints', CheckpointPageDto)
  async checkpoints(
    @RequestCaller() caller: Caller,
    @Query() { cursor, limit = limitByDefault, from = 1 }: CheckpointQueryDto,
  ): Promise<CheckpointPageDto> {
    const route = 'GET /v1/audit/checkpoints';
    const position = this.cursors.open(cursor, caller, route, from);
    const found = await intact(() => this.#checkpointsFrom(Number(position ?? from), limit + 1));
    await this.#record(caller, 'audit-read', { count: Math.min(found.length, limit) });
    const following = found[limit]?.checkpoint.number.toString();
    const nextCursor = this.cursors.seal(following, caller, route, from);
    return {
      items: found.slice(0, limit).map(checkpointAnswer),
      publicKey: this.signer.publicKey,
      keyId: this.signer.keyId,
      ...(nextCursor === undefined ? {} : { nextCursor }),
    };
  }

  async #row(eventId: string): Promise<AuditRow> {
    const row = await this.reader.byId(eventId);
    if (row === undefined) throw new Problem(problemTypes.notFound);
    return row;
  }

  async #checkpointsFrom(number: number, limit: number): Promise<SignedCheckpoint[]> {
    const found: SignedCheckpoint[] = [];
    for await (const checkpoint of this.checkpointLog.read(number)) {
      found.push(checkpoint);
      if (found.length === limit) break;
    }
    return found;
  }

  #recordRead(caller: Caller, { event }: AuditRow): Promise<void> {
    return this.#record(caller, 'audit-read', {
      ...(event.patientId === undefined ? {} : { patientId: event.patientId }),
      entities: [{ type: 'AuditEvent', id: event.id }],
    });
  }

  /** Durable before anything is shown. */
  #record(
    { origin }: Caller,
    type: 'audit-query' | 'audit-read',
    details: Pick<AuditEvent, 'patientId' | 'entities' | 'query' | 'count'>,
  ): Promise<void> {
    return this.audit.append([{ type, outcome: '0', origin, ...details }]);
  }
}

/** @throws Problem `validation-failed` for an inverted range, or an issuer without an agent */
function filterOf(
  { patient, agent, issuer, from, to, ...equal }: Omit<AuditQueryDto, 'cursor' | 'limit'>,
  { principal }: Caller,
): AuditFilter {
  if (issuer !== undefined && agent === undefined)
    throw invalidField('query:issuer', 'must come with `agent`');
  return {
    ...equal,
    ...timeRange({ from, to }),
    ...(patient === undefined ? {} : { patientId: patient }),
    ...(agent === undefined ? {} : { agent: { issuer: issuer ?? principal.issuer, subject: agent } }),
  };
}

/** @throws Problem `integrity-failure` for a register that was altered */
async function intact<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CorruptCheckpoint)
      throw new Problem(problemTypes.integrityFailure, { cause: error });
    throw error;
  }
}
