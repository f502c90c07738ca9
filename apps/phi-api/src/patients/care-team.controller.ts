import { Controller, Get, Inject, Put, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access } from '@app/authorization';
import { type Caller, type CareTeam, type CareTeamMember, CareTeams } from '@app/patient-records';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers, Documented } from '../http/api-documentation.js';
import { answerHeaders, ifMatch } from '../http/conditional-request.js';
import { DocumentId, IdParam, refuseRepeated } from '../http/input.js';
import { RequestCaller } from '../http/request-caller.js';
import { ScreenedBody } from '../screening/pii-screening.interceptor.js';
import { CareTeamAnswerDto, CareTeamDto, type CareTeamMemberDto } from './care-team.dto.js';

const problems = { 404: 'No such patient for this caller', 410: 'The patient was deleted' };

/** Who treats the patient: `user/` scopes reach a patient only through membership in the care team. */
@ApiTags('care team')
@Controller('v1/patients/:patientId/care-team')
export class CareTeamController {
  constructor(@Inject(CareTeams) private readonly careTeams: CareTeams) {}

  @Get()
  @Access('Patient', 'r')
  @Documented({ summary: 'Read the care team of a patient', problems })
  @DocumentId('patientId')
  @Answers(200, 'The care team', CareTeamAnswerDto)
  async read(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CareTeamAnswerDto> {
    return answer(reply, await this.careTeams.read(caller, patientId));
  }

  @Put()
  @Access('Patient', 'u', ['system', 'user'])
  @Documented({
    summary: 'Replace the care team of a patient',
    problems: { ...problems, 413: 'The body is too large', 415: 'Not JSON' },
    conditional: true,
  })
  @DocumentId('patientId')
  @Answers(200, 'The new care team', CareTeamAnswerDto)
  async replace(
    @RequestCaller() caller: Caller,
    @IdParam('patientId') patientId: string,
    @ScreenedBody() body: CareTeamDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CareTeamAnswerDto> {
    const members = body.members.map((member) => memberOf(member, caller.principal.issuer));
    const names = members.map(({ issuer, subject }) => JSON.stringify([issuer, subject]));
    refuseRepeated(names, (position) => `/members/${position}`, 'must not be the same member twice');
    return answer(reply, await this.careTeams.replace(caller, patientId, ifMatch(request), members));
  }
}

/** Periods are compared as text: UTC with milliseconds. */
function memberOf({ issuer, subject, role, period }: CareTeamMemberDto, ownIssuer: string): CareTeamMember {
  const end = period.end ?? undefined;
  return {
    issuer: issuer ?? ownIssuer,
    subject,
    role,
    period: {
      start: new Date(period.start).toISOString(),
      ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
    },
  };
}

function answer(reply: FastifyReply, { version, members }: CareTeam): CareTeamAnswerDto {
  answerHeaders(reply, version);
  return { version, members };
}
