import { Controller, Delete, HttpCode, Inject, Post, Res, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { OperationAccess } from '@app/authorization';
import { type Caller, EmergencyAccesses, type ScreeningResult } from '@app/patient-records';
import type { FastifyReply } from 'fastify';
import { Documented } from '../http/api-documentation.js';
import { DocumentId, IdParam } from '../http/input.js';
import { EmergencyLimitGuard } from '../http/rate-limit.guard.js';
import { RequestCaller } from '../http/request-caller.js';
import { ScreenedBody, Screening } from '../screening/pii-screening.interceptor.js';
import { EmergencyAccessAnswerDto, EmergencyAccessDto } from './emergency-access.dto.js';

/** Break the glass: 45 CFR 164.312(a)(2)(ii), emergency access procedure. */
@ApiTags('emergency access')
@Controller('v1/patients')
export class EmergencyAccessController {
  constructor(@Inject(EmergencyAccesses) private readonly emergencyAccesses: EmergencyAccesses) {}

  @Post(':patientId/emergency-access')
  @UseGuards(EmergencyLimitGuard)
  @OperationAccess('emergency-access')
  @Documented({
    summary:
      'Break the glass: read one patient for a while although you are not in his care team. It raises an alarm and is reviewed',
    problems: {
      404: 'No such patient',
      409: 'The patient is being changed again and again; nothing was opened',
      413: 'The body is too large',
      415: 'Not JSON',
      422: 'The reason contains an identifier that must not be stored',
    },
  })
  @DocumentId('patientId')
  @ApiResponse({
    status: 200,
    description: 'The one that you opened before and that is not over; nothing was changed',
    type: EmergencyAccessAnswerDto,
  })
  @ApiResponse({ status: 201, description: 'Opened', type: EmergencyAccessAnswerDto })
  async open(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @ScreenedBody() { reason }: EmergencyAccessDto,
    @Screening() screening: ScreeningResult,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EmergencyAccessAnswerDto> {
    const text = { resource: { reason }, screening };
    const { grant, isNew } = await this.emergencyAccesses.open(caller, patientId, text);
    void reply.status(isNew ? 201 : 200);
    return { id: grant.id, patientId, grantedAt: grant.grantedAt, expiresAt: grant.expiresAt };
  }

  @Delete(':patientId/emergency-access')
  @HttpCode(204)
  @OperationAccess('emergency-access')
  @Documented({
    summary: 'End your emergency access to a patient before its time',
    problems: {
      404: 'You have no emergency access to such a patient that is open',
      409: 'It is being changed again and again; it is still open',
    },
  })
  @DocumentId('patientId')
  @ApiResponse({ status: 204, description: 'Ended; it stays to be reviewed' })
  async end(@RequestCaller() caller: Caller, @IdParam('patientId') patientId: string): Promise<void> {
    await this.emergencyAccesses.end(caller, patientId);
  }
}
