import { ApiProperty } from '@nestjs/swagger';

const uuid = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';

export class FindingSummaryDto {
  @ApiProperty({ description: 'Kind of identifier.', example: 'PHONE' })
  type!: string;
  @ApiProperty({ description: 'How many of them.', example: 1 })
  count!: number;
  @ApiProperty({ description: 'RFC 6901 pointer to the text.', example: '/notes' })
  pointer!: string;
}

export class ScreeningSummaryDto {
  @ApiProperty({
    description: 'Whether text was replaced.',
    enum: ['clean', 'anonymized'],
    example: 'anonymized',
  })
  outcome!: string;
  @ApiProperty({ description: 'What was replaced, never its text.', type: [FindingSummaryDto] })
  findings!: FindingSummaryDto[];
  @ApiProperty({
    description:
      'True if a part of the detector was out of reach: the document is stored, and screened again later.',
    required: false,
    example: false,
  })
  degraded?: boolean;
}

export class FieldErrorDto {
  @ApiProperty({
    description: 'RFC 6901 pointer into the body, or header:, path:, query: and a name.',
    example: '/birthDate',
  })
  pointer!: string;
  @ApiProperty({
    description: 'What is expected there.',
    example: 'must be a date: YYYY, YYYY-MM or YYYY-MM-DD',
  })
  detail!: string;
}

/** RFC 9457. */
export class ProblemDto {
  @ApiProperty({ description: 'Kind of problem.', example: '/problems/validation-failed' })
  type!: string;
  @ApiProperty({ description: 'The kind in words.', example: 'The request does not match its schema' })
  title!: string;
  @ApiProperty({ description: 'HTTP status.', example: 400 })
  status!: number;
  @ApiProperty({
    description: 'What to do next.',
    required: false,
    example: 'Nothing was stored. Repeat the request later.',
  })
  detail?: string;
  @ApiProperty({ description: 'Request id, for support.', example: uuid })
  instance!: string;
  @ApiProperty({
    description: 'Places in the request that are wrong.',
    required: false,
    type: [FieldErrorDto],
  })
  errors?: FieldErrorDto[];
  @ApiProperty({
    description: 'Identifiers that screening found.',
    required: false,
    type: [FindingSummaryDto],
  })
  findings?: FindingSummaryDto[];
}
