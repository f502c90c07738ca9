import { ApiProperty, IntersectionType, PartialType } from '@nestjs/swagger';
import { type ClinicalRecord, type Versioned } from '@app/patient-records';
import { Text } from '../http/dto-properties.js';
import { PageQueryDto } from '../http/page.dto.js';
import { VersionDto } from '../patients/patient-answers.dto.js';
import { RecordDto } from './record.dto.js';

const uuid = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';

class RecordPlaceDto extends VersionDto {
  @ApiProperty({ description: 'The patient.', format: 'uuid', example: uuid })
  patientId!: string;
}

export class RecordAnswerDto extends IntersectionType(RecordPlaceDto, RecordDto) {}

export class RecordPageDto {
  @ApiProperty({ type: [RecordAnswerDto], description: 'This page.' })
  items!: RecordAnswerDto[];
  @ApiProperty({
    description: 'Send it as `cursor` for the next page; absent on the last.',
    required: false,
    example: 'AbC123',
  })
  nextCursor?: string;
}

/** A version that was, or the deletion after it: that one says when, and holds nothing. */
export class RecordVersionDto extends IntersectionType(RecordPlaceDto, PartialType(RecordDto)) {}

export class RecordHistoryDto {
  @ApiProperty({ type: [RecordVersionDto], description: 'This page, newest first.' })
  items!: RecordVersionDto[];
  @ApiProperty({
    description: 'Send it as `cursor` for the next page; absent on the last.',
    required: false,
    example: 'AbC123',
  })
  nextCursor?: string;
}

export class RecordQueryDto extends PageQueryDto {
  @Text({
    about: 'Only records of this type.',
    max: 64,
    example: 'Observation',
    pattern: /^[A-Za-z][A-Za-z-]*$/,
    expects: 'a record type',
  })
  type?: string;
}

export function recordAnswer(version: Versioned<ClinicalRecord>, patientId: string): RecordAnswerDto {
  const { id, version: number, createdAt, updatedAt, resource, screening } = version;
  const place = { id, patientId, version: number, createdAt, updatedAt };
  if (resource === undefined) return { ...place, deleted: true } as RecordAnswerDto;
  const { recordType, content, notes, recordedAt } = resource;
  const text = notes === undefined ? {} : { notes };
  return { ...place, recordType, content, ...text, recordedAt, screening } as RecordAnswerDto;
}
