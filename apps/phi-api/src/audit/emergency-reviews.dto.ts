import { ApiProperty } from '@nestjs/swagger';
import { type AuditRow } from '@app/audit';
import {
  type EmergencyAccess,
  type EmergencyCase,
  type EmergencyStatus,
  reviewFindings,
  type ReviewFinding,
} from '@app/patient-records';
import { FreeText } from '@app/pii-screening';
import { Choice, Text } from '../http/dto-properties.js';
import { PageQueryDto } from '../http/page.dto.js';

const statuses = ['open', 'reviewed'] as const satisfies readonly EmergencyStatus[];
const id = '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11';
const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const issuer = 'https://issuer.phi.localhost';

export class EmergencyQueueQueryDto extends PageQueryDto {
  @Choice(statuses, { about: '`open`: those to be reviewed, unless given; `reviewed`: those that were.' })
  status?: EmergencyStatus;
}

export class EmergencyReviewDto {
  @Choice(reviewFindings, { about: 'What you found. Final.', example: 'appropriate', required: true })
  finding!: ReviewFinding;
  @FreeText()
  @Text({
    about: "Why, in your words. Screened like notes, kept under the patient's key.",
    max: 2000,
    example: 'Confirmed by the shift log of the emergency department.',
  })
  comment?: string;
}

class EmergencyReviewerDto {
  @ApiProperty({ description: 'Issuer of his tokens.', example: issuer })
  issuer!: string;
  @ApiProperty({ description: 'The `sub` of his tokens.', example: 'privacy-officer' })
  subject!: string;
}

class EmergencyHolderDto {
  @ApiProperty({ description: 'Issuer of his tokens.', example: issuer })
  issuer!: string;
  @ApiProperty({ description: 'The `sub` of his tokens.', example: 'er-physician' })
  subject!: string;
  @ApiProperty({ description: 'The client that he used.', example: 'ward-app' })
  clientId!: string;
}

class EmergencyReviewAnswerDto {
  @ApiProperty({ description: 'What was found.', enum: [...reviewFindings], example: 'appropriate' })
  finding!: string;
  @ApiProperty({ description: 'Who found it.', type: EmergencyReviewerDto })
  reviewer!: EmergencyReviewerDto;
  @ApiProperty({ description: 'When.', format: 'date-time', example: '2026-01-05T14:00:00.000Z' })
  reviewedAt!: string;
}

/** An emergency access without what was written about it. */
export class EmergencyEntryDto {
  @ApiProperty({ description: 'Id of the emergency access.', format: 'uuid', example: id })
  id!: string;
  @ApiProperty({ description: 'The patient who was read.', format: 'uuid', example: patientId })
  patientId!: string;
  @ApiProperty({ description: 'Who broke the glass.', type: EmergencyHolderDto })
  holder!: EmergencyHolderDto;
  @ApiProperty({ description: 'HL7 v3 PurposeOfUse.', example: 'ETREAT' })
  purpose!: string;
  @ApiProperty({
    description: 'When it was opened.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.120Z',
  })
  grantedAt!: string;
  @ApiProperty({
    description: 'Until when it lasts.',
    format: 'date-time',
    example: '2026-01-05T10:30:00.120Z',
  })
  expiresAt!: string;
  @ApiProperty({ description: 'Whether it was reviewed.', enum: [...statuses], example: 'open' })
  status!: string;
  @ApiProperty({ description: 'How it was closed.', required: false, type: EmergencyReviewAnswerDto })
  review?: EmergencyReviewAnswerDto;
}

export class EmergencyPageDto {
  @ApiProperty({ type: [EmergencyEntryDto], description: 'Newest first.' })
  items!: EmergencyEntryDto[];
  @ApiProperty({ description: 'Absent on the last page.', required: false, example: 'AZ3kq0' })
  nextCursor?: string;
}

class EmergencyDocumentDto {
  @ApiProperty({ description: '`Patient` or a record type.', example: 'AllergyIntolerance' })
  type!: string;
  @ApiProperty({ description: 'Its id.', format: 'uuid', example: patientId })
  id!: string;
  @ApiProperty({ description: 'The version that was shown.', required: false, example: 3 })
  version?: number;
}

class EmergencyReadDto {
  @ApiProperty({ description: 'The event that tells it.', format: 'uuid', example: id })
  eventId!: string;
  @ApiProperty({ description: 'When.', format: 'date-time', example: '2026-01-05T09:31:00.000Z' })
  recordedAt!: string;
  @ApiProperty({ description: 'What was done, in our own words.', example: 'record-read' })
  type!: string;
  @ApiProperty({ description: 'How many documents a list held.', required: false, example: 12 })
  count?: number;
  @ApiProperty({ description: 'What was read, as far as the event names it.', type: [EmergencyDocumentDto] })
  documents!: EmergencyDocumentDto[];
}

/** An emergency access as a reviewer judges it. */
export class EmergencyCaseDto extends EmergencyEntryDto {
  @ApiProperty({
    description: 'The patient was erased meanwhile, and reason and comment with his key.',
    example: false,
  })
  patientErased!: boolean;
  @ApiProperty({
    description: 'Why the glass was broken.',
    required: false,
    example: 'Unconscious in the emergency department, allergies unknown.',
  })
  reason?: string;
  @ApiProperty({
    description: 'What the reviewer wrote.',
    required: false,
    example: 'Confirmed by the shift log of the emergency department.',
  })
  comment?: string;
  @ApiProperty({
    description: 'When its holder ended it, before its time.',
    required: false,
    format: 'date-time',
    example: '2026-01-05T09:48:00.000Z',
  })
  endedAt?: string;
  @ApiProperty({ description: 'What was read under it, newest first.', type: [EmergencyReadDto] })
  reads!: EmergencyReadDto[];
  @ApiProperty({
    description: 'Whether there are more than are shown: `GET /v1/audit/events` has all.',
    example: false,
  })
  moreReads!: boolean;
}

export function entryAnswer(access: EmergencyAccess): EmergencyEntryDto {
  const { holder, review } = access;
  return {
    id: access.id,
    patientId: access.patientId,
    holder: { issuer: holder.issuer, subject: holder.subject, clientId: holder.clientId },
    purpose: access.purposeOfUse,
    grantedAt: access.grantedAt,
    expiresAt: access.expiresAt,
    status: review === undefined ? 'open' : 'reviewed',
    ...(review === undefined
      ? {}
      : {
          review: {
            finding: review.finding,
            reviewer: { issuer: review.reviewer.issuer, subject: review.reviewer.subject },
            reviewedAt: review.reviewedAt,
          },
        }),
  };
}

export function caseAnswer({
  access,
  patientErased,
  texts,
  events,
  moreEvents,
}: EmergencyCase): EmergencyCaseDto {
  const { reason, comment } = texts;
  const ended = events.find(isEnd);
  return {
    ...entryAnswer(access),
    patientErased,
    ...(reason === undefined ? {} : { reason }),
    ...(comment === undefined ? {} : { comment }),
    ...(ended === undefined ? {} : { endedAt: ended.event.recordedAt }),
    reads: events.filter((row) => !isEnd(row)).map(readAnswer),
    moreReads: moreEvents,
  };
}

const isEnd = ({ event }: AuditRow) => event.emergencyAccess?.step === 'ended';

function readAnswer({ event }: AuditRow): EmergencyReadDto {
  const { id: eventId, recordedAt, type, count, entities = [] } = event;
  return {
    eventId,
    recordedAt,
    type,
    ...(count === undefined ? {} : { count }),
    documents: entities.map(({ type: documentType, id: documentId, version }) => ({
      type: documentType,
      id: documentId,
      ...(version === undefined ? {} : { version }),
    })),
  };
}
