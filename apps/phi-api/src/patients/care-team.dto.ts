import { ApiProperty } from '@nestjs/swagger';
import { membersAtMost } from '@app/patient-records';
import { NotScreened } from '@app/pii-screening';
import { InstantText, Nested, NestedList, Text } from '../http/dto-properties.js';

class MembershipPeriodDto {
  @InstantText({ about: 'First moment.', example: '2026-01-05T09:30:00Z', required: true })
  start!: string;
  @InstantText({ about: 'First moment after it; open if absent.', example: '2027-01-05T09:30:00Z' })
  end?: string;
}

export class CareTeamMemberDto {
  @Text({
    about: "Issuer of the member's tokens; yours if absent.",
    max: 200,
    example: 'https://issuer.phi.localhost',
    pattern: /^[\x21-\x7e]+$/,
    expects: 'printable characters without spaces',
  })
  issuer?: string;
  @Text({
    about: "The `sub` claim of the member's tokens.",
    max: 200,
    example: 'dr-sample',
    pattern: /^[\x21-\x7e]+$/,
    expects: 'printable characters without spaces',
    required: true,
  })
  subject!: string;
  @Text({
    about: 'Role in the team, a word.',
    max: 40,
    example: 'physician',
    pattern: /^[a-z][a-z-]*$/,
    expects: 'lower case letters and hyphens',
    required: true,
  })
  role!: string;
  @Nested(() => MembershipPeriodDto, { about: 'When the member belongs to the team.', required: true })
  period!: MembershipPeriodDto;
}

/** Staff, named by their tokens: a subject that is an email address must stay what it is. */
@NotScreened()
export class CareTeamDto {
  @NestedList(() => CareTeamMemberDto, {
    about: 'Everybody in the team.',
    items: membersAtMost,
    required: true,
  })
  members!: CareTeamMemberDto[];
}

export class CareTeamAnswerDto {
  @ApiProperty({ description: 'Counts the changes, from 1; also the ETag.', example: 1 })
  version!: number;
  @ApiProperty({ type: [CareTeamMemberDto], description: 'Everybody in the team.' })
  members!: CareTeamMemberDto[];
}
