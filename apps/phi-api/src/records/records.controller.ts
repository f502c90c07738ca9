import { randomUUID } from 'node:crypto';
import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Access } from '@app/authorization';
import {
  type Caller,
  type ClinicalRecord,
  ClinicalRecords,
  type NewRecord,
  type Page,
  type ScreeningResult,
  type Versioned,
} from '@app/patient-records';
import { Problem, problemTypes } from '@app/problem-details';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers, AnswersPage, Documented, Idempotent } from '../http/api-documentation.js';
import { answerHeaders, createsOnly, ifMatch, isNotModified } from '../http/conditional-request.js';
import { Cursors } from '../http/cursors.js';
import { IdempotencyKey, IdempotentRequest, type Repeatable } from '../http/idempotency-key.js';
import { DocumentId, DocumentVersion, IdParam, refuseRepeated, VersionParam } from '../http/input.js';
import { limitByDefault, PageQueryDto } from '../http/page.dto.js';
import { RequestCaller } from '../http/request-caller.js';
import { answerText } from '../http/stored-answer.js';
import { ScreenedBody, Screening } from '../screening/pii-screening.interceptor.js';
import { BatchAnswerDto, batchAnswer, MinimalOnWish } from './batch-answer.js';
import {
  RecordAnswerDto,
  recordAnswer,
  RecordHistoryDto,
  RecordPageDto,
  RecordQueryDto,
  RecordVersionDto,
} from './record-answers.dto.js';
import { recordDocument, screeningOf } from './record-documents.js';
import { recordText } from './record-line.js';
import { BatchDto, RecordDto } from './record.dto.js';
import { batchExamples, recordExamples } from './record-examples.js';

const ofPatient = { 404: 'No such patient or record for this caller', 410: 'It was deleted' };
const screened = {
  413: 'The record is too large',
  415: 'Not JSON',
  422: 'The text contains an identifier that must not be stored',
};
const base = '/v1/patients/{patientId}/records';

@ApiTags('records')
@Controller('v1/patients/:patientId/records')
export class RecordsController {
  constructor(
    @Inject(ClinicalRecords) private readonly records: ClinicalRecords,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(IdempotentRequest) private readonly idempotent: IdempotentRequest,
  ) {}

  @Post()
  @Access('any-record', 'c')
  @Documented({
    summary: 'Create a record',
    problems: { ...ofPatient, ...screened, 409: 'A request with the same key is under way' },
  })
  @DocumentId('patientId')
  @Idempotent()
  @ApiBody({ type: RecordDto, examples: recordExamples })
  @Answers(201, 'Created', RecordAnswerDto)
  async create(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdempotencyKey() repeatable: Repeatable | undefined,
    @ScreenedBody() body: RecordDto,
    @Screening() screening: ScreeningResult,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordAnswerDto> {
    const idempotency = this.idempotent.name(repeatable, caller, `POST ${base} ${patientId}`);
    const replay = idempotency && (await this.records.replayOf(idempotency));
    const record = replay
      ? await this.records.version(caller, patientId, replay.ids[0] as string, 1, 'c')
      : await this.#createOne(
          caller,
          patientId,
          { id: randomUUID(), resource: recordDocument(body), screening },
          idempotency,
        );
    return created(reply, patientId, record);
  }

  @Post('batch')
  @Access('any-record', 'c')
  @Documented({
    summary: 'Create up to 50 records of a patient, all or none',
    problems: { ...ofPatient, ...screened, 409: 'An id of the batch is in use' },
  })
  @DocumentId('patientId')
  @Idempotent()
  @MinimalOnWish()
  @ApiBody({ type: BatchDto, examples: batchExamples })
  @ApiResponse({ status: 201, description: 'Created', type: BatchAnswerDto })
  async createBatch(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdempotencyKey() repeatable: Repeatable | undefined,
    @ScreenedBody() body: BatchDto,
    @Screening() screening: ScreeningResult,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchAnswerDto> {
    const idempotency = this.idempotent.name(repeatable, caller, `POST ${base}/batch ${patientId}`);
    const replay = idempotency && (await this.records.replayOf(idempotency));
    if (replay) {
      const items = await Promise.all(
        replay.ids.map((id) => this.records.version(caller, patientId, id, 1, 'c')),
      );
      return batchAnswer(items, patientId, request, reply);
    }
    const records = body.records.map((record, position) => ({
      id: record.id ?? randomUUID(),
      resource: recordDocument(record),
      screening: screeningOf(screening, `/records/${position}`),
    }));
    const ids = records.map(({ id }) => id);
    refuseRepeated(ids, (position) => `/records/${position}/id`, 'must not be used twice in the batch');
    const taken = new Problem(problemTypes.alreadyExists);
    const items = await this.records.create(caller, patientId, records, taken, idempotency);
    return batchAnswer(items, patientId, request, reply);
  }

  @Get()
  @Access('any-record', 's')
  @Documented({ summary: 'List the records of a patient, newest recordedAt first', problems: ofPatient })
  @DocumentId('patientId')
  @AnswersPage('A page of records', RecordPageDto)
  async list(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Query() { cursor, limit = limitByDefault, type }: RecordQueryDto,
  ): Promise<RecordPageDto> {
    const filter = { patientId, type };
    const position = this.cursors.open(cursor, caller, `GET ${base}`, filter);
    const wanted = { limit, ...(type === undefined ? {} : { recordType: type }) };
    const page = await this.records.list(caller, patientId, wanted, position);
    return answerPage(page, patientId, this.cursors.seal(page.next, caller, `GET ${base}`, filter));
  }

  @Get(':recordId')
  @Access('any-record', 'r')
  @Documented({ summary: 'Read a record', problems: ofPatient })
  @DocumentId('patientId')
  @DocumentId('recordId')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'ETag that you have: 304 if it is current.',
    schema: { type: 'string' },
  })
  @Answers(200, 'The current version', RecordAnswerDto)
  @ApiResponse({ status: 304, description: 'You have the current version' })
  async read(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdParam('recordId') recordId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const record = await this.records.read(caller, patientId, recordId);
    answerHeaders(reply, record.version);
    if (!isNotModified(request, record.version)) return answerText(reply, recordText(record, patientId));
    void reply.status(304);
    return undefined;
  }

  @Put(':recordId')
  @Access('any-record', 'u')
  @Documented({
    summary: 'Replace a record, or with `If-None-Match: *` create one under this id',
    problems: { ...ofPatient, ...screened },
    conditional: true,
  })
  @DocumentId('patientId')
  @DocumentId('recordId')
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: '`*` creates; 412 if the id is taken.',
    schema: { type: 'string' },
  })
  @ApiBody({ type: RecordDto, examples: recordExamples })
  @Answers(200, 'Replaced', RecordAnswerDto)
  @Answers(201, 'Created', RecordAnswerDto)
  async put(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdParam('recordId') recordId: string,
    @ScreenedBody() body: RecordDto,
    @Screening() screening: ScreeningResult,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordAnswerDto> {
    const resource = recordDocument(body);
    if (createsOnly(request)) {
      return created(
        reply,
        patientId,
        await this.#createOne(caller, patientId, { id: recordId, resource, screening }),
      );
    }
    const record = await this.records.replace(caller, patientId, recordId, ifMatch(request), {
      resource,
      screening,
    });
    answerHeaders(reply, record.version);
    return recordAnswer(record, patientId);
  }

  @Delete(':recordId')
  @HttpCode(204)
  @Access('any-record', 'd')
  @Documented({ summary: 'Delete a record; its history stays', problems: ofPatient, conditional: true })
  @DocumentId('patientId')
  @DocumentId('recordId')
  @ApiResponse({ status: 204, description: 'Deleted' })
  async remove(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdParam('recordId') recordId: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.records.remove(caller, patientId, recordId, ifMatch(request));
  }

  @Get(':recordId/history')
  @Access('any-record', 'r')
  @Documented({ summary: 'Every version of a record, newest first', problems: { 404: ofPatient[404] } })
  @DocumentId('patientId')
  @DocumentId('recordId')
  @AnswersPage('A page of versions', RecordHistoryDto)
  async history(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdParam('recordId') recordId: string,
    @Query() { cursor, limit = limitByDefault }: PageQueryDto,
  ): Promise<RecordHistoryDto> {
    const route = `GET ${base}/{recordId}/history`;
    const filter = { patientId, recordId };
    const position = this.cursors.open(cursor, caller, route, filter);
    const before = position === undefined ? undefined : Number(position);
    const page = await this.records.history(caller, patientId, recordId, before, limit);
    return answerPage(page, patientId, this.cursors.seal(page.next, caller, route, filter));
  }

  @Get(':recordId/history/:version')
  @Access('any-record', 'r')
  @Documented({ summary: 'One version of a record', problems: { 404: ofPatient[404] } })
  @DocumentId('patientId')
  @DocumentId('recordId')
  @DocumentVersion()
  @Answers(200, 'That version', RecordVersionDto)
  async version(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @IdParam('recordId') recordId: string,
    @VersionParam('version') version: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordVersionDto> {
    const record = await this.records.version(caller, patientId, recordId, version);
    answerHeaders(reply, record.version);
    return recordAnswer(record, patientId);
  }

  async #createOne(
    caller: Caller,
    patientId: string,
    record: NewRecord,
    idempotency?: Parameters<ClinicalRecords['create']>[4],
  ): Promise<Versioned<ClinicalRecord>> {
    const taken = new Problem(problemTypes.preconditionFailed);
    const [made] = await this.records.create(caller, patientId, [record], taken, idempotency);
    return made as Versioned<ClinicalRecord>;
  }
}

function created(reply: FastifyReply, patientId: string, record: Versioned<ClinicalRecord>): RecordAnswerDto {
  answerHeaders(reply, record.version);
  void reply.status(201).header('location', `/v1/patients/${patientId}/records/${record.id}`);
  return recordAnswer(record, patientId);
}

function answerPage(
  page: Page<Versioned<ClinicalRecord>>,
  patientId: string,
  nextCursor: string | undefined,
): RecordPageDto {
  const items = page.items.map((item) => recordAnswer(item, patientId));
  return { items, ...(nextCursor === undefined ? {} : { nextCursor }) };
}
