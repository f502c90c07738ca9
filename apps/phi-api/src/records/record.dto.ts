import { ApiProperty } from '@nestjs/swagger';
import { FhirContent, FreeText } from '@app/pii-screening';
import { InstantText, NestedList, Text } from '../http/dto-properties.js';
import { uuid } from '../http/input.js';
import { notesAtMost } from '../patients/patient.dto.js';
import { IsBoundedJson } from '../http/bounded-json.validator.js';
import { IsRecordType } from './record-type.validator.js';

/** A clinical record. */
export class RecordDto {
  @IsRecordType()
  @Text({
    about: 'FHIR R4 resource type, or a word that the deployment adds. It is stored in clear.',
    max: 64,
    example: 'Observation',
    required: true,
  })
  recordType!: string;

  @FhirContent()
  @IsBoundedJson()
  @ApiProperty({
    description: 'The record as JSON, usually a FHIR resource. Its texts are screened.',
    type: 'object',
    additionalProperties: true,
    example: {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
      valueQuantity: { value: 172, unit: 'cm' },
    },
  })
  content!: Record<string, unknown>;

  @FreeText()
  @Text({
    about: 'Clinical notes; SSN and card numbers are refused, phone, email and address are replaced.',
    max: notesAtMost,
    example: 'Patient stands upright without help.',
  })
  notes?: string;

  @InstantText({
    about: 'Clinical time of the record; now if absent. Lists show the newest first.',
    example: '2026-01-05T09:30:00Z',
  })
  recordedAt?: string;
}

export class BatchRecordDto extends RecordDto {
  @Text({
    about: 'Id of your own for a batch that can be repeated; else we give one.',
    max: 36,
    example: '0f3b2a6e-6c2f-5f5e-9a55-0d6f3f6f7a11',
    pattern: uuid,
    expects: 'a UUID in lower case',
  })
  id?: string;
}

export class BatchDto {
  @NestedList(() => BatchRecordDto, {
    about: 'Records to create, all or none.',
    items: 50,
    least: 1,
    required: true,
  })
  records!: BatchRecordDto[];
}
