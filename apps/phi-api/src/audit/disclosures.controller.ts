import { setImmediate } from 'node:timers/promises';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type AccountingRequest, accountingOf, AuditReader, AuditTrail, type Disclosure } from '@app/audit';
import { Access } from '@app/authorization';
import { type Caller, OutOfReach } from '@app/patient-records';
import { asProblem, invalidField, Problem, problemTypes, RefusalRecorder } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Documented } from '../http/api-documentation.js';
import { Cursors } from '../http/cursors.js';
import { DocumentId, IdParam } from '../http/input.js';
import { prefersCsv } from '../http/media-types.js';
import { limitByDefault } from '../http/page.dto.js';
import { RequestCaller } from '../http/request-caller.js';
import { timeRange } from '../http/time-range.js';
import { DisclosuresQueryDto } from './audit-query.dto.js';
import { csvStream } from './disclosures-csv.stream.js';
import { disclosureAnswer, DisclosurePageDto } from './disclosures.dto.js';

/** 45 CFR 164.528(a)(3): an accounting goes back six years from its request. */
const yearsAccountedFor = 6;
/** Disclosures of one piece of a CSV answer. */
const csvPage = 500;

/** The accounting of disclosures (45 CFR 164.528), for officers and for the patient. The trail outlives the patient's data. */
@ApiTags('audit')
@Controller('v1/patients')
export class DisclosuresController {
  constructor(
    @Inject(AuditReader) private readonly reader: AuditReader,
    @Inject(AuditTrail) private readonly audit: AuditTrail,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(RefusalRecorder) private readonly refusals: RefusalRecorder,
  ) {}

  @Get(':patientId/disclosures')
  @Access('AuditEvent', 's')
  @Documented({
    summary:
      'Account for the disclosures of a patient, six years back unless told otherwise (45 CFR 164.528)',
    problems: { 404: 'The trail knows no such patient, or not for this caller' },
  })
  @DocumentId('patientId')
  @ApiResponse({
    status: 200,
    description: 'A page as JSON, or with `Accept: text/csv` everything at once',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(DisclosurePageDto) } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  async disclosures(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Query() query: DisclosuresQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    needReach(caller, patientId);
    const accounting = accountingRequest(patientId, query);
    if (!(await this.reader.knowsPatient(patientId))) throw new Problem(problemTypes.notFound);
    void reply.header('vary', 'accept');
    if (!prefersCsv(request)) {
      void reply.send(await this.#page(caller, accounting, query));
      return;
    }
    if (query.cursor !== undefined) throw invalidField('query:cursor', 'is for JSON: CSV holds everything');
    await this.#record(caller, patientId, query, {});
    const failed = (error: unknown) => this.refusals.record(request, asProblem(error));
    void reply
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', 'attachment; filename="disclosures.csv"')
      .send(csvStream(this.#everything(accounting), failed));
  }

  async #page(
    caller: Caller,
    accounting: AccountingRequest,
    query: DisclosuresQueryDto,
  ): Promise<DisclosurePageDto> {
    const { cursor, limit = limitByDefault, ...filter } = query;
    const { patientId, from, to } = accounting;
    const route = 'GET /v1/patients/{patientId}/disclosures';
    const position = this.cursors.open(cursor, caller, route, { patientId, ...filter });
    const page = await accountingOf(this.reader, accounting, limit, position);
    await this.#record(caller, patientId, query, { count: page.items.length });
    const nextCursor = this.cursors.seal(page.next, caller, route, { patientId, ...filter });
    return {
      patientId,
      from,
      to,
      items: page.items.map(disclosureAnswer),
      ...(nextCursor === undefined ? {} : { nextCursor }),
    };
  }

  async *#everything(accounting: AccountingRequest): AsyncGenerator<Disclosure[]> {
    let after: string | undefined;
    do {
      const page = await accountingOf(this.reader, accounting, csvPage, after);
      yield page.items;
      after = page.next;
      // On the embedded platform a page waits for nobody: without a turn, every other request would wait for all of them.
      await setImmediate();
    } while (after !== undefined);
  }

  /** Durable before anything is shown. */
  #record(
    { origin }: Caller,
    patientId: string,
    { from, to, include }: DisclosuresQueryDto,
    details: { count?: number },
  ): Promise<void> {
    const query = Object.entries({ from, include, to }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    return this.audit.append([
      { type: 'disclosures-read', outcome: '0', origin, patientId, query, ...details },
    ]);
  }
}

/**
 * Scopes for AuditEvent at the levels `system` and `user` stand for the privacy office, which reaches everybody; at the level `patient`
 * for the patient, who reaches himself.
 * @throws Problem `not-found`, as for a patient who never was
 */
function needReach({ scopes, principal }: Caller, patientId: string): void {
  const levels = scopes.levels('AuditEvent', 's');
  const isOfficer = levels.includes('system') || levels.includes('user');
  if (isOfficer || principal.patient === patientId) return;
  throw new Problem(problemTypes.notFound, { cause: new OutOfReach(patientId) });
}

function accountingRequest(patientId: string, query: DisclosuresQueryDto): AccountingRequest {
  const { from, to = new Date().toISOString() } = timeRange(query);
  const everyAccess = query.include === 'access';
  return { patientId, from: from ?? yearsBefore(to), to, everyAccess };
}

function yearsBefore(moment: string): string {
  const earlier = new Date(moment);
  earlier.setUTCFullYear(earlier.getUTCFullYear() - yearsAccountedFor);
  return earlier.toISOString();
}
