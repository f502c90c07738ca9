import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { OperationAccess } from '@app/authorization';
import { type Caller, EmergencyReviews, type ScreeningResult } from '@app/patient-records';
import { AnswersPage, Documented } from '../http/api-documentation.js';
import { Cursors } from '../http/cursors.js';
import { DocumentId, IdParam } from '../http/input.js';
import { limitByDefault } from '../http/page.dto.js';
import { RequestCaller } from '../http/request-caller.js';
import { ScreenedBody, Screening } from '../screening/pii-screening.interceptor.js';
import {
  caseAnswer,
  EmergencyCaseDto,
  EmergencyEntryDto,
  EmergencyPageDto,
  EmergencyQueueQueryDto,
  EmergencyReviewDto,
  entryAnswer,
} from './emergency-reviews.dto.js';

const notFound = { 404: 'No such emergency access' };

/** Whoever broke the glass is reviewed by somebody else: 45 CFR 164.308(a)(1)(ii)(D), information system activity review. */
@ApiTags('emergency access')
@Controller('v1/audit/emergency-accesses')
export class EmergencyReviewsController {
  constructor(
    @Inject(EmergencyReviews) private readonly reviews: EmergencyReviews,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  @Get()
  @OperationAccess('review')
  @Documented({ summary: 'List emergency accesses, newest first: those to be reviewed, or those that were' })
  @AnswersPage('A page of emergency accesses', EmergencyPageDto)
  async list(
    @RequestCaller() caller: Caller,
    @Query() { cursor, limit = limitByDefault, status = 'open' }: EmergencyQueueQueryDto,
  ): Promise<EmergencyPageDto> {
    const route = 'GET /v1/audit/emergency-accesses';
    const position = this.cursors.open(cursor, caller, route, status);
    const page = await this.reviews.list(caller, status, limit, position);
    const nextCursor = this.cursors.seal(page.next, caller, route, status);
    return { items: page.items.map(entryAnswer), ...(nextCursor === undefined ? {} : { nextCursor }) };
  }

  @Get(':emergencyAccessId')
  @OperationAccess('review')
  @Documented({
    summary: 'Read an emergency access: its reason, and what was read under it',
    problems: notFound,
  })
  @DocumentId('emergencyAccessId')
  @ApiResponse({ status: 200, description: 'The emergency access', type: EmergencyCaseDto })
  async read(
    @RequestCaller() caller: Caller,
    @IdParam('emergencyAccessId') id: string,
  ): Promise<EmergencyCaseDto> {
    return caseAnswer(await this.reviews.read(caller, id));
  }

  @Post(':emergencyAccessId/review')
  @HttpCode(200)
  @OperationAccess('review')
  @Documented({
    summary:
      'Close an emergency access with a finding, for good; one that was inappropriate is over at once. Not your own',
    problems: {
      ...notFound,
      409: 'It was reviewed before',
      410: 'The patient was erased, so that a comment cannot be kept',
      413: 'The body is too large',
      415: 'Not JSON',
      422: 'The comment contains an identifier that must not be stored',
    },
  })
  @DocumentId('emergencyAccessId')
  @ApiResponse({ status: 200, description: 'Reviewed', type: EmergencyEntryDto })
  async review(
    @RequestCaller() caller: Caller,
    @IdParam('emergencyAccessId') id: string,
    @ScreenedBody() { finding, comment }: EmergencyReviewDto,
    @Screening() screening: ScreeningResult,
  ): Promise<EmergencyEntryDto> {
    const text = comment === undefined ? undefined : { resource: { comment }, screening };
    return entryAnswer(await this.reviews.review(caller, id, finding, text));
  }
}
