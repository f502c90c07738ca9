import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { type Versioned } from '@app/patient-records';
import { NotScreened } from '@app/pii-screening';
import { Problem, problemTypes } from '@app/problem-details';
import { Nested, Text } from '../http/dto-properties.js';
import { ScreeningSummaryDto } from '../http/answers.dto.js';
import { PatientDto } from './patient.dto.js';

const uuid = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';

/** What every answer says of the version that it shows. */
export class VersionDto {
  @ApiProperty({ description: 'Opaque id.', format: 'uuid', example: uuid })
  id!: string;
  @ApiProperty({ description: 'Counts the changes, from 1; also the ETag.', example: 1 })
  version!: number;
  @ApiProperty({
    description: 'When it was created.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.000Z',
  })
  createdAt!: string;
  @ApiProperty({
    description: 'When this version was written.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.000Z',
  })
  updatedAt!: string;
  @ApiProperty({
    description: 'What screening did when this version was written.',
    type: ScreeningSummaryDto,
    required: false,
  })
  screening?: ScreeningSummaryDto;
  @ApiProperty({
    description: 'True in the version that deleted it; such a version has nothing else.',
    required: false,
    example: false,
  })
  deleted?: boolean;
}

export class PatientAnswerDto extends IntersectionType(VersionDto, PatientDto) {}

export class PatientPageDto {
  @ApiProperty({ type: [PatientAnswerDto], description: 'This page.' })
  items!: PatientAnswerDto[];
  @ApiProperty({
    description: 'Send it as `cursor` for the next page; absent on the last.',
    required: false,
    example: 'AbC123',
  })
  nextCursor?: string;
}

@NotScreened()
class IdentifierQueryDto {
  @Text({ about: 'Who gave it, a URI.', max: 255, example: 'urn:oid:2.16.840.1.113883.19.5', required: true })
  system!: string;
  @Text({ about: 'The identifier.', max: 255, example: 'MRN-0042', required: true })
  value!: string;
}

/** Asks for one of: `identifier`; `family` with `birthDate`; `phone`; `email`. */
@NotScreened()
export class PatientSearchDto {
  @Nested(() => IdentifierQueryDto, { about: 'System and value of an identifier.' })
  identifier?: IdentifierQueryDto;
  @Text({ about: 'Family name; needs birthDate.', max: 255, example: 'Rivera' })
  family?: string;
  @Text({ about: 'Date of birth; needs family.', max: 10, example: '1984-05-17' })
  birthDate?: string;
  @Text({ about: 'Phone number, in any notation.', max: 64, example: '(202) 555-0143' })
  phone?: string;
  @Text({ about: 'Email address.', max: 255, example: 'ana@example.org' })
  email?: string;
}

/** Elements of a patient in the order in which they are kept and answered. */
export const patientElements = [
  'identifier',
  'active',
  'name',
  'telecom',
  'gender',
  'birthDate',
  'deceasedDateTime',
  'address',
  'maritalStatus',
  'contact',
  'communication',
  'meta',
  'notes',
] as const satisfies readonly (keyof PatientDto)[];

/** @returns the document that is kept: known elements alone, JSON `null` left out */
export function patientDocument(dto: PatientDto): PatientDto {
  const document: Record<string, unknown> = {};
  for (const element of patientElements) {
    const value = withoutNulls(dto[element]);
    if (value !== undefined) document[element] = value;
  }
  return document as PatientDto;
}

/** @returns plain JSON without `null`, which means absent in FHIR */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object') return value;
  const kept: Record<string, unknown> = {};
  // Names are those of our DTOs: there is no `__proto__` among them.
  for (const [name, inner] of Object.entries(value)) {
    const cleaned = withoutNulls(inner);
    if (cleaned !== undefined) kept[name] = cleaned;
  }
  return kept;
}

export function patientAnswer(version: Versioned<object>): PatientAnswerDto {
  const { id, version: number, createdAt, updatedAt, resource, screening } = version;
  if (resource === undefined) return { id, version: number, createdAt, updatedAt, deleted: true };
  if (screening === undefined) throw new Problem(problemTypes.internal);
  return { id, version: number, createdAt, updatedAt, ...shown(resource as PatientDto), screening };
}

/** @returns the known elements of a stored document, in their order; it was cleaned before it was stored */
function shown(document: PatientDto): PatientDto {
  const answer: Record<string, unknown> = {};
  for (const element of patientElements) {
    if (document[element] !== undefined) answer[element] = document[element];
  }
  return answer as PatientDto;
}
