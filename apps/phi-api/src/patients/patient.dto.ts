import { FreeText } from '@app/pii-screening';
import {
  Choice,
  DateText,
  DateTimeText,
  Flag,
  Nested,
  NestedList,
  Text,
  TextList,
  Whole,
} from '../http/dto-properties.js';

/** Free text may be as long as a discharge letter. Characters. */
export const notesAtMost = 65_536;

export class PeriodDto {
  @DateTimeText({ about: 'First moment, inclusive.', example: '2019-03-01' })
  start?: string;
  @DateTimeText({ about: 'Last moment, inclusive.', example: '2024-03-01' })
  end?: string;
}

export class CodingDto {
  @Text({
    about: 'Code system, a URI.',
    max: 255,
    example: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus',
  })
  system?: string;
  @Text({ about: 'Version of the code system.', max: 64, example: '2018-08-12' })
  version?: string;
  @Text({ about: 'Code.', max: 64, example: 'M' })
  code?: string;
  @FreeText()
  @Text({ about: 'Meaning of the code; screened.', max: 512, example: 'Married' })
  display?: string;
  @Flag({ about: 'Whether a person chose this coding.', example: false })
  userSelected?: boolean;
}

export class CodeableConceptDto {
  @NestedList(() => CodingDto, { about: 'Codes of the concept.', items: 10 })
  coding?: CodingDto[];
  @FreeText()
  @Text({ about: 'The concept in words; screened.', max: 512, example: 'Married' })
  text?: string;
}

export class IdentifierDto {
  @Choice(['usual', 'official', 'temp', 'secondary', 'old'], {
    about: 'Purpose of the identifier.',
    example: 'usual',
  })
  use?: string;
  @Nested(() => CodeableConceptDto, { about: 'Kind of identifier, e.g. MR.' })
  type?: CodeableConceptDto;
  @Text({
    about: 'Who gave it, a URI. A value of a system belongs to one patient.',
    max: 255,
    example: 'urn:oid:2.16.840.1.113883.19.5',
  })
  system?: string;
  @Text({ about: 'The identifier itself.', max: 255, example: 'MRN-0042', required: true })
  value!: string;
  @Nested(() => PeriodDto, { about: 'When it was in use.' })
  period?: PeriodDto;
}

export class HumanNameDto {
  @Choice(['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'], {
    about: 'Purpose of the name.',
    example: 'official',
  })
  use?: string;
  @Text({ about: 'The whole name as it is written.', max: 255, example: 'Ms. Ana Rivera' })
  text?: string;
  @Text({ about: 'Family name.', max: 255, example: 'Rivera' })
  family?: string;
  @TextList({ about: 'Given names.', max: 255, items: 10, example: ['Ana'] })
  given?: string[];
  @TextList({ about: 'Parts before the name.', max: 64, items: 10, example: ['Ms.'] })
  prefix?: string[];
  @TextList({ about: 'Parts after the name.', max: 64, items: 10, example: ['Jr.'] })
  suffix?: string[];
  @Nested(() => PeriodDto, { about: 'When it was in use.' })
  period?: PeriodDto;
}

export class ContactPointDto {
  @Choice(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'], {
    about: 'Kind of contact.',
    example: 'phone',
    required: true,
  })
  system!: string;
  @Text({ about: 'Number or address.', max: 255, example: '+1 202 555 0143', required: true })
  value!: string;
  @Choice(['home', 'work', 'temp', 'old', 'mobile'], { about: 'Purpose of the contact.', example: 'home' })
  use?: string;
  @Whole({ about: 'Order of preference, 1 first.', from: 1, to: 1000, example: 1 })
  rank?: number;
  @Nested(() => PeriodDto, { about: 'When it was in use.' })
  period?: PeriodDto;
}

export class AddressDto {
  @Choice(['home', 'work', 'temp', 'old', 'billing'], { about: 'Purpose of the address.', example: 'home' })
  use?: string;
  @Choice(['postal', 'physical', 'both'], { about: 'Kind of address.', example: 'both' })
  type?: string;
  @Text({ about: 'The whole address as it is written.', max: 512, example: '12 Sample Street, Springfield' })
  text?: string;
  @TextList({ about: 'Street, number, unit.', max: 255, items: 5, example: ['12 Sample Street'] })
  line?: string[];
  @Text({ about: 'City.', max: 255, example: 'Springfield' })
  city?: string;
  @Text({ about: 'District.', max: 255, example: 'Sample County' })
  district?: string;
  @Text({ about: 'State.', max: 255, example: 'MA' })
  state?: string;
  @Text({ about: 'Postal code.', max: 32, example: '01101' })
  postalCode?: string;
  @Text({ about: 'Country.', max: 64, example: 'US' })
  country?: string;
  @Nested(() => PeriodDto, { about: 'When it was in use.' })
  period?: PeriodDto;
}

const genders = ['male', 'female', 'other', 'unknown'] as const;

export class PatientContactDto {
  @NestedList(() => CodeableConceptDto, { about: 'Relationship to the patient.', items: 5 })
  relationship?: CodeableConceptDto[];
  @Nested(() => HumanNameDto, { about: 'Name of the contact.' })
  name?: HumanNameDto;
  @NestedList(() => ContactPointDto, { about: 'How to reach the contact.', items: 10 })
  telecom?: ContactPointDto[];
  @Nested(() => AddressDto, { about: 'Address of the contact.' })
  address?: AddressDto;
  @Choice(genders, { about: 'Administrative gender.', example: 'female' })
  gender?: string;
  @Nested(() => PeriodDto, { about: 'When the contact was valid.' })
  period?: PeriodDto;
}

export class CommunicationDto {
  @Nested(() => CodeableConceptDto, { about: 'Language, BCP 47.', required: true })
  language!: CodeableConceptDto;
  @Flag({ about: 'Whether the patient prefers it.', example: true })
  preferred?: boolean;
}

export class SecurityLabelDto {
  @Text({
    about: 'Code system.',
    max: 255,
    example: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  })
  system?: string;
  @Text({
    about: 'R and V, and what HL7 v3 Confidentiality does not know, restrict the patient to his care team.',
    max: 64,
    example: 'N',
    required: true,
  })
  code!: string;
  @FreeText()
  @Text({ about: 'Meaning of the code; screened.', max: 255, example: 'normal' })
  display?: string;
}

export class PatientMetaDto {
  @NestedList(() => SecurityLabelDto, { about: 'Confidentiality labels.', items: 5 })
  security?: SecurityLabelDto[];
}

/** A patient as FHIR R4 names its elements. @see https://hl7.org/fhir/R4/patient.html */
export class PatientDto {
  @NestedList(() => IdentifierDto, { about: 'Identifiers; each belongs to one patient.', items: 10 })
  identifier?: IdentifierDto[];
  @Flag({ about: 'Whether the record is in use.', example: true })
  active?: boolean;
  @NestedList(() => HumanNameDto, { about: 'Names.', items: 5 })
  name?: HumanNameDto[];
  @NestedList(() => ContactPointDto, { about: 'How to reach the patient.', items: 10 })
  telecom?: ContactPointDto[];
  @Choice(genders, { about: 'Administrative gender.', example: 'female' })
  gender?: string;
  @DateText({ about: 'Date of birth.', example: '1984-05-17' })
  birthDate?: string;
  @DateTimeText({ about: 'When the patient died.', example: '2024-11-02T08:15:00Z' })
  deceasedDateTime?: string;
  @NestedList(() => AddressDto, { about: 'Addresses.', items: 10 })
  address?: AddressDto[];
  @Nested(() => CodeableConceptDto, { about: 'Marital status.' })
  maritalStatus?: CodeableConceptDto;
  @NestedList(() => PatientContactDto, { about: 'People to contact.', items: 10 })
  contact?: PatientContactDto[];
  @NestedList(() => CommunicationDto, { about: 'Languages.', items: 10 })
  communication?: CommunicationDto[];
  @Nested(() => PatientMetaDto, { about: 'Confidentiality.' })
  meta?: PatientMetaDto;
  @FreeText()
  @Text({
    about: 'Clinical notes; SSN and card numbers are refused, phone, email and address are replaced.',
    max: notesAtMost,
    example: 'Follow-up in two weeks.',
  })
  notes?: string;
}
