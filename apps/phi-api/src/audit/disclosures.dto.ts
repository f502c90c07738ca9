import { ApiProperty } from '@nestjs/swagger';
import { type Disclosure } from '@app/audit';

const uuid = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';

export class RecipientDto {
  @ApiProperty({ description: 'Issuer of the token.', example: 'https://issuer.example.org' })
  issuer!: string;
  @ApiProperty({ description: 'Person or client that the token speaks for.', example: 'registry' })
  subject!: string;
  @ApiProperty({ description: 'Application that was used.', example: 'registry-connector' })
  clientId!: string;
}

export class DisclosedDocumentDto {
  @ApiProperty({ description: '`Patient` or a record type.', example: 'Observation' })
  type!: string;
  @ApiProperty({ description: 'Its id.', example: uuid })
  id!: string;
  @ApiProperty({ description: 'Its version.', required: false, example: 1 })
  version?: number;
}

export class PurposeDto {
  @ApiProperty({ description: 'HL7 v3 PurposeOfUse code.', example: 'PUBHLTH' })
  code!: string;
  @ApiProperty({ description: 'The code in words.', example: 'public health' })
  display!: string;
}

/** 45 CFR 164.528(b)(2): date, recipient, what was disclosed, purpose. */
export class DisclosureDto {
  @ApiProperty({
    description: 'The audit event that tells it.',
    format: 'uuid',
    example: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
  })
  eventId!: string;
  @ApiProperty({ description: 'When.', format: 'date-time', example: '2026-01-05T09:30:00.000Z' })
  date!: string;
  @ApiProperty({ description: 'To whom.', type: RecipientDto })
  recipient!: RecipientDto;
  @ApiProperty({ description: 'Type of the audit event.', example: 'record-read' })
  type!: string;
  @ApiProperty({ description: 'What, in words.', example: 'Record read' })
  description!: string;
  @ApiProperty({
    description: 'Which documents, as far as they were named.',
    type: [DisclosedDocumentDto],
  })
  documents!: DisclosedDocumentDto[];
  @ApiProperty({
    description:
      'Why it is listed: `other` and `not-stated` by law; with `include=access` also `treatment`, `payment`, `operations`, `individual` (the patient himself) and `change`.',
    enum: ['other', 'not-stated', 'treatment', 'payment', 'operations', 'individual', 'change'],
    example: 'other',
  })
  category!: string;
  @ApiProperty({
    description: 'Purpose that the recipient stated; absent if none was.',
    required: false,
    type: PurposeDto,
  })
  purpose?: PurposeDto;
}

export class DisclosurePageDto {
  @ApiProperty({ description: 'Of whom.', format: 'uuid', example: uuid })
  patientId!: string;
  @ApiProperty({
    description: 'Beginning of the time accounted for.',
    format: 'date-time',
    example: '2020-01-05T09:30:00.000Z',
  })
  from!: string;
  @ApiProperty({
    description: 'End of the time accounted for, itself excluded.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.000Z',
  })
  to!: string;
  @ApiProperty({
    description: 'Newest first; a page may hold none although more follow.',
    type: [DisclosureDto],
  })
  items!: DisclosureDto[];
  @ApiProperty({
    description: 'Cursor of the next page; absent at the end.',
    required: false,
    example: 'AbC0',
  })
  nextCursor?: string;
}

export function disclosureAnswer(disclosure: Disclosure): DisclosureDto {
  const { eventId, date, recipient, type, description, documents, category, purpose } = disclosure;
  const { issuer, subject, clientId } = recipient;
  return {
    eventId,
    date,
    recipient: { issuer, subject, clientId },
    type,
    description,
    documents,
    category,
    ...(purpose === undefined ? {} : { purpose }),
  };
}
