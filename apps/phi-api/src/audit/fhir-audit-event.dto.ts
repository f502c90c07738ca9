import { ApiProperty } from '@nestjs/swagger';

const uuid = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const issuer = 'https://issuer.example.org';

/** The elements of FHIR R4 AuditEvent that we fill, for OpenAPI; `toFhirAuditEvent` makes them. */
export class FhirCodingDto {
  @ApiProperty({ description: 'Code system.', example: 'http://hl7.org/fhir/restful-interaction' })
  system!: string;
  @ApiProperty({ description: 'Code.', example: 'read' })
  code!: string;
  @ApiProperty({ description: 'The code in words.', required: false, example: 'read' })
  display?: string;
}

export class FhirConceptDto {
  @ApiProperty({ description: 'The concept in one code system.', type: [FhirCodingDto] })
  coding!: FhirCodingDto[];
}

export class FhirIdentifierDto {
  @ApiProperty({ description: 'Who gave the identifier.', example: issuer })
  system!: string;
  @ApiProperty({ description: 'The identifier.', example: 'dr-weber' })
  value!: string;
}

export class FhirReferenceDto {
  @ApiProperty({ description: 'Type, id and version.', required: false, example: `Patient/${uuid}` })
  reference?: string;
  @ApiProperty({ description: 'FHIR resource type.', required: false, example: 'Patient' })
  type?: string;
  @ApiProperty({ description: 'Where there is no FHIR resource.', required: false, type: FhirIdentifierDto })
  identifier?: FhirIdentifierDto;
  @ApiProperty({ description: 'In words.', required: false, example: 'Healthcare Security Platform' })
  display?: string;
}

export class FhirNetworkDto {
  @ApiProperty({ description: 'Address, or name of the machine.', example: '203.0.113.7' })
  address!: string;
  @ApiProperty({ description: '1 machine name, 2 IP address.', enum: ['1', '2'], example: '2' })
  type!: string;
}

export class FhirAgentDto {
  @ApiProperty({ description: 'How the agent took part.', type: FhirConceptDto })
  type!: FhirConceptDto;
  @ApiProperty({
    description: 'Who: issuer and subject or client of the token, or we.',
    type: FhirReferenceDto,
  })
  who!: FhirReferenceDto;
  @ApiProperty({ description: 'Whether it was the one who asked.', example: true })
  requestor!: boolean;
  @ApiProperty({
    description: 'Scopes of the token.',
    required: false,
    type: [String],
    example: ['user/*.rs'],
  })
  policy?: string[];
  @ApiProperty({ description: 'Where it came from.', required: false, type: FhirNetworkDto })
  network?: FhirNetworkDto;
  @ApiProperty({ description: 'HL7 v3 PurposeOfUse.', required: false, type: [FhirConceptDto] })
  purposeOfUse?: FhirConceptDto[];
}

export class FhirSourceDto {
  @ApiProperty({ description: 'The instance that recorded the event.', type: FhirReferenceDto })
  observer!: FhirReferenceDto;
  @ApiProperty({ description: 'What it is.', type: [FhirCodingDto] })
  type!: FhirCodingDto[];
}

export class FhirDetailDto {
  @ApiProperty({ description: 'Which detail.', example: 'version' })
  type!: string;
  @ApiProperty({ description: 'Its value.', required: false, example: '3' })
  valueString?: string;
  @ApiProperty({
    description: 'Its value, base64.',
    required: false,
    example: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=',
  })
  valueBase64Binary?: string;
}

export class FhirEntityDto {
  @ApiProperty({ description: 'The patient, document or request.', required: false, type: FhirReferenceDto })
  what?: FhirReferenceDto;
  @ApiProperty({ description: 'Its kind.', type: FhirCodingDto })
  type!: FhirCodingDto;
  @ApiProperty({ description: 'Its role in what happened.', required: false, type: FhirCodingDto })
  role?: FhirCodingDto;
  @ApiProperty({
    description: 'In words.',
    required: false,
    example: 'Names of the search fields; their values are not recorded',
  })
  description?: string;
  @ApiProperty({ description: 'Of a search: field names, base64.', required: false, example: 'cGhvbmU=' })
  query?: string;
  @ApiProperty({ description: 'Counts, codes and hashes.', required: false, type: [FhirDetailDto] })
  detail?: FhirDetailDto[];
}

export class FhirMetaDto {
  @ApiProperty({
    description: 'Profiles of IHE BALP that the event follows.',
    type: [String],
    example: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead'],
  })
  profile!: string[];
}

export class FhirAuditEventDto {
  @ApiProperty({ description: 'Always `AuditEvent`.', enum: ['AuditEvent'], example: 'AuditEvent' })
  resourceType!: string;
  @ApiProperty({
    description: 'Id of the event: a version 7 UUID.',
    example: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
  })
  id!: string;
  @ApiProperty({ description: 'Profiles.', required: false, type: FhirMetaDto })
  meta?: FhirMetaDto;
  @ApiProperty({ description: 'Kind of event.', type: FhirCodingDto })
  type!: FhirCodingDto;
  @ApiProperty({ description: 'More of its kind; the last one is our own code.', type: [FhirCodingDto] })
  subtype!: FhirCodingDto[];
  @ApiProperty({
    description: 'Create, read, update, delete or execute.',
    enum: ['C', 'R', 'U', 'D', 'E'],
    example: 'R',
  })
  action!: string;
  @ApiProperty({
    description: 'When it was recorded.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.000Z',
  })
  recorded!: string;
  @ApiProperty({
    description: 'Success, minor, serious or major failure.',
    enum: ['0', '4', '8', '12'],
    example: '0',
  })
  outcome!: string;
  @ApiProperty({ description: 'Of a refusal: the problem.', required: false, example: 'insufficient-scope' })
  outcomeDesc?: string;
  @ApiProperty({ description: 'HL7 v3 PurposeOfUse.', required: false, type: [FhirConceptDto] })
  purposeOfEvent?: FhirConceptDto[];
  @ApiProperty({ description: 'Client, user and service.', type: [FhirAgentDto] })
  agent!: FhirAgentDto[];
  @ApiProperty({ description: 'Who recorded it.', type: FhirSourceDto })
  source!: FhirSourceDto;
  @ApiProperty({ description: 'Patient, documents and request.', required: false, type: [FhirEntityDto] })
  entity?: FhirEntityDto[];
}

export class AuditEventPageDto {
  @ApiProperty({
    description: 'FHIR R4 AuditEvents, newest first; a page may hold none although more follow.',
    type: [FhirAuditEventDto],
  })
  items!: FhirAuditEventDto[];
  @ApiProperty({
    description: 'Cursor of the next page; absent at the end.',
    required: false,
    example: 'AbC0',
  })
  nextCursor?: string;
}
