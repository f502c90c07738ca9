import { randomUUID } from 'node:crypto';
import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Access } from '@app/authorization';
import {
  type Caller,
  oneQuery,
  type Page,
  PatientDirectory,
  PatientExport,
  Patients,
  type ScreeningResult,
  type Versioned,
} from '@app/patient-records';
import { asProblem, RefusalRecorder } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers, AnswersPage, Documented, Idempotent } from '../http/api-documentation.js';
import { answerHeaders, createsOnly, ifMatch, isNotModified } from '../http/conditional-request.js';
import { Cursors } from '../http/cursors.js';
import { IdempotencyKey, IdempotentRequest, type Repeatable } from '../http/idempotency-key.js';
import { DocumentId, DocumentVersion, IdParam, VersionParam } from '../http/input.js';
import { limitByDefault, PageQueryDto } from '../http/page.dto.js';
import { RequestCaller } from '../http/request-caller.js';
import { answerText } from '../http/stored-answer.js';
import { ScreenedBody, Screening } from '../screening/pii-screening.interceptor.js';
import { isReplaced, mergePatch } from './merge-patch.js';
import {
  PatientAnswerDto,
  patientAnswer,
  patientDocument,
  PatientPageDto,
  PatientSearchDto,
} from './patient-answers.dto.js';
import { PatientDto } from './patient.dto.js';
import { patchExamples, patientExamples, searchExamples } from './patient-examples.js';
import { exportStream } from './patient-export.stream.js';
import { patientText } from './patient-text.js';

const screened = {
  409: 'An identifier is already in use',
  413: 'The body is too large',
  415: 'Not JSON',
  422: 'The text contains an identifier that must not be stored',
};
const ofOne = { 404: 'No such patient for this caller', 410: 'The patient was deleted' };

@ApiTags('patients')
@Controller('v1/patients')
export class PatientsController {
  constructor(
    @Inject(Patients) private readonly patients: Patients,
    @Inject(PatientDirectory) private readonly directory: PatientDirectory,
    @Inject(PatientExport) private readonly exports: PatientExport,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(IdempotentRequest) private readonly idempotent: IdempotentRequest,
    @Inject(RefusalRecorder) private readonly refusals: RefusalRecorder,
  ) {}

  @Post()
  @Access('Patient', 'c', ['system', 'user'])
  @Documented({ summary: 'Create a patient', problems: screened })
  @Idempotent()
  @ApiBody({ type: PatientDto, examples: patientExamples })
  @Answers(201, 'Created', PatientAnswerDto)
  async create(
    @RequestCaller() caller: Caller,
    @IdempotencyKey() repeatable: Repeatable | undefined,
    @ScreenedBody() body: PatientDto,
    @Screening() screening: ScreeningResult,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PatientAnswerDto> {
    const resource = patientDocument(body);
    const idempotency = this.idempotent.name(repeatable, caller, 'POST /v1/patients');
    const replay = idempotency && (await this.patients.replayOf(idempotency));
    const patient = replay
      ? await this.patients.version(caller, replay.patientId, 1, 'c')
      : await this.patients.create(caller, randomUUID(), { resource, screening }, idempotency);
    return created(reply, patient);
  }

  @Post('search')
  @HttpCode(200)
  @Access('Patient', 's', ['system', 'user'])
  @Documented({
    summary: 'Find patients by an exact value; the values travel in the body, never in a URL',
    problems: { 413: screened[413], 415: screened[415] },
  })
  @ApiBody({ type: PatientSearchDto, examples: searchExamples })
  @AnswersPage('Patients that match and that the caller may see', PatientPageDto)
  async search(
    @RequestCaller() caller: Caller,
    @Query() { cursor, limit = limitByDefault }: PageQueryDto,
    @ScreenedBody() body: PatientSearchDto,
  ): Promise<PatientPageDto> {
    const query = oneQuery(body);
    const route = 'POST /v1/patients/search';
    const position = this.cursors.open(cursor, caller, route, query);
    const page = await this.directory.search(caller, query, limit, position);
    return answerPage(page, this.cursors.seal(page.next, caller, route, query));
  }

  @Get()
  @Access('Patient', 's', ['system'])
  @Documented({ summary: 'List all patients, in no particular order' })
  @AnswersPage('A page of patients', PatientPageDto)
  async list(
    @RequestCaller() caller: Caller,
    @Query() { cursor, limit = limitByDefault }: PageQueryDto,
  ): Promise<PatientPageDto> {
    const route = 'GET /v1/patients';
    const position = this.cursors.open(cursor, caller, route, {});
    const page = await this.directory.list(caller, limit, position);
    return answerPage(page, this.cursors.seal(page.next, caller, route, {}));
  }

  @Get(':patientId')
  @Access('Patient', 'r')
  @Documented({ summary: 'Read a patient', problems: ofOne })
  @DocumentId('patientId')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'ETag that you have: 304 if it is current.',
    schema: { type: 'string' },
  })
  @Answers(200, 'The current version', PatientAnswerDto)
  @ApiResponse({ status: 304, description: 'You have the current version' })
  async read(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const patient = await this.patients.read(caller, patientId);
    answerHeaders(reply, patient.version);
    if (!isNotModified(request, patient.version)) return answerText(reply, patientText(patient));
    void reply.status(304);
    return undefined;
  }

  @Put(':patientId')
  @Access('Patient', 'u', ['system', 'user'])
  @Documented({
    summary: 'Replace a patient, or with `If-None-Match: *` create one under this id',
    problems: { ...ofOne, ...screened },
    conditional: true,
  })
  @DocumentId('patientId')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: '`*` creates; 412 if the id is taken.',
    schema: { type: 'string' },
  })
  @ApiBody({ type: PatientDto, examples: patientExamples })
  @Answers(200, 'Replaced', PatientAnswerDto)
  @Answers(201, 'Created', PatientAnswerDto)
  async put(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @ScreenedBody() body: PatientDto,
    @Screening() screening: ScreeningResult,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PatientAnswerDto> {
    const resource = patientDocument(body);
    if (createsOnly(request)) {
      return created(reply, await this.patients.create(caller, patientId, { resource, screening }));
    }
    const expected = ifMatch(request);
    const patient = await this.patients.replace(caller, patientId, expected, { resource, screening });
    answerHeaders(reply, patient.version);
    return patientAnswer(patient);
  }

  @Patch(':patientId')
  @Access('Patient', 'u', ['system', 'user'])
  @Documented({
    summary: 'Change some elements (RFC 7396 merge patch); null removes one',
    problems: { ...ofOne, ...screened },
    conditional: true,
  })
  @DocumentId('patientId')
  @ApiConsumes('application/merge-patch+json')
  @ApiBody({ type: PatientDto, examples: patchExamples })
  @Answers(200, 'Changed', PatientAnswerDto)
  async patch(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @ScreenedBody() patch: PatientDto,
    @Screening() screening: ScreeningResult,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PatientAnswerDto> {
    const expected = ifMatch(request);
    const patient = await this.patients.change(caller, patientId, expected, (current) => ({
      resource: patientDocument(mergePatch(current.resource, patch) as PatientDto),
      screening: mergedScreening(current.screening, patch, screening),
    }));
    answerHeaders(reply, patient.version);
    return patientAnswer(patient);
  }

  @Delete(':patientId')
  @HttpCode(204)
  @Access('Patient', 'd', ['system', 'user'])
  @Documented({
    summary: 'Delete a patient; the history stays, the identifiers are free again',
    problems: ofOne,
    conditional: true,
  })
  @DocumentId('patientId')
  @ApiResponse({ status: 204, description: 'Deleted' })
  async remove(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.patients.remove(caller, patientId, ifMatch(request));
  }

  @Get(':patientId/history')
  @Access('Patient', 'r')
  @Documented({ summary: 'Every version of a patient, newest first', problems: { 404: ofOne[404] } })
  @DocumentId('patientId')
  @AnswersPage('A page of versions', PatientPageDto)
  async history(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Query() { cursor, limit = limitByDefault }: PageQueryDto,
  ): Promise<PatientPageDto> {
    const route = 'GET /v1/patients/{patientId}/history';
    const position = this.cursors.open(cursor, caller, route, patientId);
    const before = position === undefined ? undefined : Number(position);
    const page = await this.patients.history(caller, patientId, before, limit);
    return answerPage(page, this.cursors.seal(page.next, caller, route, patientId));
  }

  @Get(':patientId/history/:version')
  @Access('Patient', 'r')
  @Documented({ summary: 'One version of a patient', problems: { 404: ofOne[404] } })
  @DocumentId('patientId')
  @DocumentVersion()
  @Answers(200, 'That version', PatientAnswerDto)
  async version(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @VersionParam('version') version: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PatientAnswerDto> {
    const patient = await this.patients.version(caller, patientId, version);
    answerHeaders(reply, patient.version);
    return patientAnswer(patient);
  }

  @Get(':patientId/export')
  @Access('Patient', 'r')
  @Documented({ summary: 'Everything of a patient, streamed as NDJSON (45 CFR 164.524)', problems: ofOne })
  @DocumentId('patientId')
  @ApiResponse({
    status: 200,
    description: 'One JSON document a line: the patient, then the records, oldest first',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  async export(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parts = await this.exports.start(caller, patientId);
    const failed = (error: unknown) => this.refusals.record(request, asProblem(error));
    void reply.header('content-type', 'application/x-ndjson').send(exportStream(parts, patientId, failed));
  }
}

function created(reply: FastifyReply, patient: Versioned<object>): PatientAnswerDto {
  answerHeaders(reply, patient.version);
  void reply.status(201).header('location', `/v1/patients/${patient.id}`);
  return patientAnswer(patient);
}

/** @returns what was found in the patch, and what had been found in the texts that it leaves alone */
function mergedScreening(before: ScreeningResult, patch: object, found: ScreeningResult): ScreeningResult {
  const kept = before.findings.filter(({ pointer }) => !isReplaced(patch, pointer.split('/').slice(1)));
  const findings = [...kept, ...found.findings];
  const outcome = findings.length === 0 ? 'clean' : 'anonymized';
  // What the patch leaves alone may be what was not screened by the whole detector.
  const degraded = before.degraded ?? found.degraded;
  return { outcome, findings, ...(degraded ? { degraded } : {}) };
}

function answerPage(page: Page<Versioned<object>>, nextCursor: string | undefined): PatientPageDto {
  return { items: page.items.map(patientAnswer), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
