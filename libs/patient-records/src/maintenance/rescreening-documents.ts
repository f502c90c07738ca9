import { FhirContent, FreeText } from '@app/pii-screening';
import { emergencyText, profile } from '../keys.js';

/*
 * A stored document is plain JSON, which would be screened as FHIR content throughout: a base64 text in the notes would be
 * decoded, a URL with a phone number in it passed. These classes carry the marks that the service's DTOs have at the door.
 */

class StoredRecord {
  @FhirContent()
  content!: Record<string, unknown>;
  @FreeText()
  notes?: string;
}

class StoredPatient {
  @FreeText()
  notes?: string;
}

class StoredEmergencyText {
  @FreeText()
  reason?: string;
  @FreeText()
  comment?: string;
}

/** A FHIR CodeableConcept. */
class Concept {
  @FreeText()
  text?: string;
}

/** A FHIR Coding. */
class Coding {
  @FreeText()
  display?: string;
}

/** Elements of a patient that are a CodeableConcept or a Coding, wherever they stand. */
const markedElements = new Map<string, object>([
  ['type', Concept.prototype],
  ['maritalStatus', Concept.prototype],
  ['relationship', Concept.prototype],
  ['language', Concept.prototype],
  ['coding', Coding.prototype],
  ['security', Coding.prototype],
]);

/**
 * @param resource as it was decrypted; it is the same JSON afterwards
 * @returns the resource itself, ready for a `PiiScreener`: screened as it was when it came in
 */
export function asItCameIn<T extends object>(recordType: string, resource: T): T {
  if (recordType === emergencyText) Object.setPrototypeOf(resource, StoredEmergencyText.prototype);
  else if (recordType !== profile) Object.setPrototypeOf(resource, StoredRecord.prototype);
  else {
    markElements(resource);
    Object.setPrototypeOf(resource, StoredPatient.prototype);
  }
  return resource;
}

function markElements(element: object): void {
  for (const [name, value] of Object.entries(element)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!isObject(one)) continue;
      markElements(one);
      const prototype = markedElements.get(name);
      if (prototype !== undefined) Object.setPrototypeOf(one, prototype);
    }
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
