import { ApiProperty } from '@nestjs/swagger';
import { NotScreened, piiTypes, policyActions } from '@app/pii-screening';
import { FindingSummaryDto } from '../http/answers.dto.js';
import { Flag, Text, TextList } from '../http/dto-properties.js';
import { IsBoundedJson } from '../http/bounded-json.validator.js';
import { IsOptional } from 'class-validator';

/** Texts of one request, and the length of each in UTF-16 code units. */
export const textsAtMost = 100;
export const textLengthAtMost = 65_536;

const exampleText = 'Call Mr. Alvarez at 202-555-0143 after March 4, 2026.';

const Texts = () =>
  TextList({
    about: 'Texts to look through, each a document of its own.',
    max: textLengthAtMost,
    items: textsAtMost,
    least: 1,
    example: [exampleText],
  });

const Purpose = (fallback: string) =>
  Text({
    about: `Which policy decides: stored-notes, safe-harbor, or one that the deployment names. ${fallback} if absent.`,
    max: 64,
    example: fallback,
    pattern: /^[a-z][a-z0-9-]*$/,
    expects: 'the name of a purpose',
  });

/** Nothing of it is stored: it is looked through, and that is all. */
@NotScreened()
export class DetectDto {
  @Texts()
  texts?: string[];
  @Purpose('stored-notes')
  purpose?: string;
}

@NotScreened()
export class DeidentifyDto {
  @Texts()
  texts?: string[];

  @IsOptional()
  @IsBoundedJson()
  @ApiProperty({
    description: 'A FHIR R4 resource instead of texts, a Bundle included.',
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    example: { resourceType: 'Patient', birthDate: '1931-05-17', address: [{ postalCode: '02139' }] },
  })
  resource?: Record<string, unknown>;

  @Flag({
    about: 'Number the tags of a document, the same number for the same value: {NAME_1}.',
    example: false,
  })
  surrogates?: boolean;

  @Purpose('safe-harbor')
  purpose?: string;
}

class FindingDto {
  @ApiProperty({ description: 'Kind of identifier.', enum: [...piiTypes], example: 'PHONE' })
  type!: string;
  @ApiProperty({ description: 'First UTF-16 code unit of the span in the text.', example: 20 })
  start!: number;
  @ApiProperty({ description: 'One past the last UTF-16 code unit.', example: 32 })
  end!: number;
  @ApiProperty({
    description:
      'What the policy does with the span: the strictest, if it is a record number that looks like a social security number.',
    enum: [...policyActions],
    example: 'ANONYMIZE',
  })
  action!: string;
  @ApiProperty({ description: '0 to 1: how sure the rule is.', example: 0.9 })
  confidence!: number;
}

class DetectResultDto {
  @ApiProperty({ description: 'In order, not overlapping.', type: [FindingDto] })
  findings!: FindingDto[];
}

const Degraded = () =>
  ApiProperty({
    description: 'True if a part of the detector was out of reach: ask again later.',
    required: false,
    example: false,
  });

export class DetectAnswerDto {
  @ApiProperty({ description: 'One result a text, in the order of the texts.', type: [DetectResultDto] })
  results!: DetectResultDto[];
  @Degraded()
  degraded?: boolean;
}

class DeidentifyResultDto extends DetectResultDto {
  @ApiProperty({
    description: 'The text without identifiers.',
    example: 'Call Mr. {NAME} at {PHONE} after 2026.',
  })
  text!: string;
}

export class DeidentifyAnswerDto {
  @ApiProperty({
    description: 'For texts: one result a text. Positions are those of the text that was sent.',
    type: [DeidentifyResultDto],
    required: false,
  })
  results?: DeidentifyResultDto[];
  @ApiProperty({
    description: 'For a resource: the resource without identifiers.',
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    example: { resourceType: 'Patient', birthDate: '1931', address: [{ postalCode: '021' }] },
  })
  resource?: Record<string, unknown>;
  @ApiProperty({
    description: 'For a resource: what was replaced, and where.',
    type: [FindingSummaryDto],
    required: false,
  })
  findings?: FindingSummaryDto[];
  @Degraded()
  degraded?: boolean;
}
