import {
  type BlindIndex,
  normalizeDate,
  normalizeEmail,
  normalizePhone,
  normalizeText,
} from '@app/encryption';
import type { Patient } from './patient.js';

/** What a search asks for: one of these, matched exactly after normalization. */
export type PatientQuery =
  | { identifier: { system: string; value: string } }
  | { family: string; birthDate: string }
  | { phone: string }
  | { email: string };

/** Token lengths: 128 bits tell unique values apart, 20 bits say little about a name and a birth date. */
const exactBits = 128;
const coarseBits = 20;

interface IndexTerm {
  field: 'identifier' | 'family-birth-date' | 'phone' | 'email';
  components: string[];
  bits: 20 | 128;
  unique: boolean;
}

/** Says under which blind-index partitions a patient stands, and where a query must look. */
export class PatientIndex {
  /** @param sharedSystems identifier systems whose values several patients may have */
  constructor(
    private readonly blindIndex: BlindIndex,
    private readonly sharedSystems: ReadonlySet<string>,
  ) {}

  /** @returns the partitions of `UNIQUE#` and `INDEX#` rows for this patient, each once */
  partitionsOf(patient: Patient): string[] {
    return [...new Set(this.#terms(patient).flatMap((term) => this.#partitions(term)))].sort();
  }

  /**
   * @returns the partition that holds the answer to a query: under the active root. A root becomes active only once
   *   everybody stands under it (`Reindex`), so that nobody is missed, or found twice.
   */
  partitionFor(query: PatientQuery): string {
    const { field, components, bits, unique } = this.#queryTerm(query);
    const { blindIndex } = this;
    return partitionName(field, unique, blindIndex.activeVersion, blindIndex.token(field, components, bits));
  }

  /** Whether the patient is really an answer: a token may be shared by chance, a coarse one is by design. */
  matches(query: PatientQuery, patient: Patient): boolean {
    const wanted = JSON.stringify(this.#queryTerm(query).components);
    const field = this.#queryTerm(query).field;
    return this.#terms(patient).some(
      (term) => term.field === field && JSON.stringify(term.components) === wanted,
    );
  }

  /** One partition a root version: during a reindex a patient stands under both. */
  #partitions({ field, components, bits, unique }: IndexTerm): string[] {
    return this.blindIndex
      .tokens(field, components, bits)
      .map(({ version, token }) => partitionName(field, unique, version, token));
  }

  #queryTerm(query: PatientQuery): IndexTerm {
    if ('identifier' in query) return this.#identifier(query.identifier.system, query.identifier.value);
    if ('phone' in query) return phoneTerm(query.phone);
    if ('email' in query) return emailTerm(query.email);
    return nameTerm(query.family, query.birthDate);
  }

  #terms(patient: Patient): IndexTerm[] {
    const { identifier = [], telecom = [], name = [], birthDate } = patient;
    return [
      ...identifier.map(({ system, value }) => this.#identifier(system ?? '', value)),
      ...this.#contactTerms(telecom),
      ...name.flatMap(({ family }) =>
        family === undefined || birthDate === undefined ? [] : [nameTerm(family, birthDate)],
      ),
    ];
  }

  /** A phone number without a digit ("unlisted") is no number that anybody could be found by. */
  #contactTerms(telecom: { system?: string; value: string }[]): IndexTerm[] {
    return telecom
      .flatMap(({ system, value }) =>
        system === 'phone' ? [phoneTerm(value)] : system === 'email' ? [emailTerm(value)] : [],
      )
      .filter(({ components }) => components[0] !== '');
  }

  #identifier(system: string, value: string): IndexTerm {
    // A value without a system names nothing unique.
    const unique = system !== '' && !this.sharedSystems.has(system);
    return { field: 'identifier', components: [system, normalizeText(value)], bits: exactBits, unique };
  }
}

const partitionName = (field: string, unique: boolean, version: number, token: string) =>
  unique ? `UNIQUE#${version}#${token}` : `INDEX#${field}#${version}#${token}`;

const phoneTerm = (value: string): IndexTerm => ({
  field: 'phone',
  components: [normalizePhone(value)],
  bits: exactBits,
  unique: false,
});

const emailTerm = (value: string): IndexTerm => ({
  field: 'email',
  components: [normalizeEmail(value)],
  bits: exactBits,
  unique: false,
});

const nameTerm = (family: string, birthDate: string): IndexTerm => ({
  field: 'family-birth-date',
  components: [normalizeText(family), normalizeDate(birthDate)],
  bits: coarseBits,
  unique: false,
});
