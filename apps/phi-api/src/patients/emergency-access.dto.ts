import { ApiProperty } from '@nestjs/swagger';
import { FreeText } from '@app/pii-screening';
import { Choice, Text } from '../http/dto-properties.js';

/** HL7 v3 PurposeOfUse: emergency treatment. */
const purposes = ['ETREAT'] as const;

export class EmergencyAccessDto {
  @FreeText()
  @Text({
    about:
      "Why, in your words, for the privacy officer who reviews it. Screened like notes, kept under the patient's key.",
    max: 2000,
    example: 'Unconscious in the emergency department, allergies unknown.',
    required: true,
  })
  reason!: string;
  @Choice(purposes, { about: 'HL7 v3 PurposeOfUse.', example: 'ETREAT', required: true })
  purpose!: (typeof purposes)[number];
}

export class EmergencyAccessAnswerDto {
  @ApiProperty({
    description: 'Id of the emergency access; each event of a read under it names it.',
    format: 'uuid',
    example: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
  })
  id!: string;
  @ApiProperty({
    description: 'The one patient whom it opens.',
    format: 'uuid',
    example: '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11',
  })
  patientId!: string;
  @ApiProperty({
    description: 'When it was opened.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.120Z',
  })
  grantedAt!: string;
  @ApiProperty({
    description: 'It is over from this moment on.',
    format: 'date-time',
    example: '2026-01-05T10:30:00.120Z',
  })
  expiresAt!: string;
}
