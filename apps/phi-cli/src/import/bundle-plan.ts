import type { ImportIds } from './import-ids.js';
import { fhirResourceTypes } from '@app/configuration';
import { isJsonObject, type JsonObject, textOf } from './json.js';
import { mapPatient } from './patient-mapping.js';
import { PatientReferences } from './patient-references.js';

/** A place in a bundle; the type is one of FHIR's words, never what the file says. */
export interface EntryPlace {
  /** Position in `Bundle.entry`, from 0. */
  readonly entry: number;
  readonly resourceType?: string;
}

export interface PlannedRecord extends EntryPlace {
  readonly resourceType: string;
  readonly recordId: string;
  readonly content: JsonObject;
}

export interface PlannedPatient extends EntryPlace {
  readonly patientId: string;
  /** Body of the patient's request. */
  readonly body: Record<string, unknown>;
  /** His own whole resource first. */
  readonly records: PlannedRecord[];
}

interface PlaceNote extends EntryPlace {
  /** Safe to print. */
  readonly message: string;
}

/** What a bundle's entries become. */
export interface BundlePlan {
  readonly patients: readonly PlannedPatient[];
  /** Entries that cannot be imported. */
  readonly errors: readonly PlaceNote[];
  /** Entries that are imported, but not quite as they stand. */
  readonly warnings: readonly PlaceNote[];
  /** Entries that are no resource of a patient, or a second copy of one: nothing is to be done. */
  readonly ignored: number;
}

/** The bundle as a whole has nobody to file it under. */
export class NoPatient extends Error {
  override readonly name = 'NoPatient';
}

interface Resource extends EntryPlace {
  readonly resourceType: string;
  readonly content: JsonObject;
  readonly fullUrl: string | undefined;
}

/**
 * Decides for each entry which patient it belongs to, and under which ids it goes in. Pure: the same entries and
 * namespace make the same plan.
 * @throws NoPatient
 */
export function planBundle(entries: readonly unknown[], ids: ImportIds): BundlePlan {
  return new Planner(ids).plan(entries);
}

class Planner {
  readonly #errors: PlaceNote[] = [];
  readonly #warnings: PlaceNote[] = [];
  readonly #patients = new Map<string, PlannedPatient>();
  readonly #references = new PatientReferences<PlannedPatient>();
  /** Which entry holds a record id, to notice a second one. */
  readonly #taken = new Map<string, PlannedRecord>();
  #ignored = 0;

  constructor(private readonly ids: ImportIds) {}

  plan(entries: readonly unknown[]): BundlePlan {
    const resources = entries
      .map((entry, position) => this.#resource(entry, position))
      .filter((r) => r !== undefined);
    for (const resource of resources) if (resource.resourceType === 'Patient') this.#add(resource);
    if (this.#patients.size === 0)
      throw new NoPatient('the bundle has no Patient to file its resources under');
    for (const resource of resources) if (resource.resourceType !== 'Patient') this.#add(resource);
    return {
      patients: [...this.#patients.values()],
      errors: this.#errors,
      warnings: this.#warnings,
      ignored: this.#ignored,
    };
  }

  #resource(entry: unknown, position: number): Resource | undefined {
    const content = isJsonObject(entry) ? entry['resource'] : undefined;
    if (!isJsonObject(entry) || !isJsonObject(content)) {
      this.#errors.push({ entry: position, message: 'no resource' });
      return undefined;
    }
    const { resourceType } = content;
    if (typeof resourceType !== 'string' || !fhirResourceTypes.has(resourceType)) {
      const message = resourceType === undefined ? 'no resourceType' : 'not a resource type of FHIR R4';
      this.#errors.push({ entry: position, message });
      return undefined;
    }
    // A searchset may hold what the server had to say about the search: not a part of anybody's record.
    if (isJsonObject(entry['search']) && entry['search']['mode'] === 'outcome') {
      this.#ignored += 1;
      return undefined;
    }
    return { entry: position, resourceType, content, fullUrl: textOf(entry['fullUrl']) };
  }

  #add(resource: Resource): void {
    const { entry, resourceType } = resource;
    try {
      if (resourceType === 'Patient') this.#addPatient(resource);
      else this.#addRecord(resource);
    } catch (error) {
      // JSON.parse reads deeper than JSON.stringify writes.
      if (!(error instanceof RangeError)) throw error;
      this.#errors.push({ entry, resourceType, message: 'nested too deeply' });
    }
  }

  #addPatient({ entry, resourceType, content, fullUrl }: Resource): void {
    const patientId = this.ids.patientId(content, fullUrl);
    const known = this.#patients.get(patientId);
    if (known === undefined) {
      const { body, warnings } = mapPatient(content);
      const patient: PlannedPatient = { entry, resourceType, patientId, body, records: [] };
      this.#patients.set(patientId, patient);
      this.#references.add(patient, content, fullUrl);
      for (const message of warnings) this.#warnings.push({ entry, resourceType, message });
    }
    const patient = known ?? this.#patients.get(patientId);
    if (patient !== undefined) this.#file(patient, { entry, resourceType, content, fullUrl });
  }

  #addRecord(resource: Resource): void {
    const { entry, resourceType, content, fullUrl } = resource;
    const [only] = this.#patients.values();
    if (this.#patients.size === 1 && only !== undefined) {
      if (PatientReferences.namesPatient(content) && this.#references.ownersOf(content, fullUrl).size === 0) {
        const message = 'refers to a Patient outside the bundle; filed under the only one in it';
        this.#warnings.push({ entry, resourceType, message });
      }
      this.#file(only, resource);
      return;
    }
    const [owner, second] = this.#references.ownersOf(content, fullUrl);
    if (owner === undefined) {
      this.#errors.push({ entry, resourceType, message: 'belongs to none of the Patients of the bundle' });
    } else if (second !== undefined) {
      // Filing it under both would show each of them something of the other.
      this.#errors.push({ entry, resourceType, message: 'belongs to several of the Patients of the bundle' });
    } else {
      this.#file(owner, resource);
    }
  }

  #file(patient: PlannedPatient, { entry, resourceType, content, fullUrl }: Resource): void {
    const recordId = this.ids.recordId(patient.patientId, content, fullUrl);
    const earlier = this.#taken.get(recordId);
    if (earlier === undefined) {
      const record: PlannedRecord = { entry, resourceType, recordId, content };
      this.#taken.set(recordId, record);
      patient.records.push(record);
    } else if (JSON.stringify(earlier.content) === JSON.stringify(content)) {
      this.#ignored += 1;
    } else {
      // Only one of them could be stored, and the other would pass for "already there".
      const message = `the same resource as entry[${earlier.entry}], with another content`;
      this.#errors.push({ entry, resourceType, message });
    }
  }
}
