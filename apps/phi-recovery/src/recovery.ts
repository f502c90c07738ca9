import { type BranchKeys } from './branch-keys.js';
import { type DataFolder, type FoundRow } from './data-folder.js';
import { unwrapDataKey } from './hierarchical-keyring.js';
import { decryptMessage } from './message-decryption.js';
import { parseMessage } from './message-format.js';
import { parseJson, type StoredRow } from './stored-rows.js';
import { needs, Unreadable } from './unreadable.js';

/** One stored version of a document, or the mark that it was deleted. Holds PHI in clear. */
export interface RecoveredDocument {
  readonly patientId: string;
  /** `PROFILE`, `RECORD#<id>`, `VERSION#<PROFILE or id>#<version>` or `EMERGENCY#<id>`. */
  readonly row: string;
  /** What stands in clear beside the message. Its seal is not checked. */
  readonly clear: Readonly<Record<string, unknown>>;
  /** The context that the message is authenticated with. */
  readonly context?: Readonly<Record<string, string>>;
  /** `{resource, screening}` as the service wrote it; absent where the version is the deletion. */
  readonly document?: unknown;
}

/** A row whose document could not be had. */
export interface Failure {
  readonly patientId: string;
  readonly row: string;
  readonly reason: string;
}

const DOCUMENT_ROW = /^(?:PROFILE$|RECORD#|VERSION#|EMERGENCY#)/;
const PATIENT_ID = 'patient_id';

/**
 * Decrypts every stored version of one patient, or of all, one after another.
 * @returns documents and failures in the order of the store
 */
export function* recoverDocuments(
  folder: DataFolder,
  patientId?: string,
): Generator<RecoveredDocument | Failure> {
  for (const found of folder.rows(patientId)) {
    if (!DOCUMENT_ROW.test(found.sort)) continue;
    try {
      yield recovered(found, folder.branchKeys);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      yield { patientId: found.patientId, row: found.sort, reason: error.message };
    }
  }
}

function recovered(found: FoundRow, branchKeys: BranchKeys): RecoveredDocument {
  if ('unreadable' in found) throw found.unreadable;
  const { patientId, sort, row } = found;
  const place = { patientId, row: sort, clear: row.clear };
  const message = row.binaries.get('message');
  if (message === undefined) {
    needs(isDeletion(row), 'The row has no message.');
    return place;
  }
  const { context, plaintext } = openStoredMessage(message, branchKeys);
  // Decrypted all the same, but not as a document of this patient.
  needs(context.get(PATIENT_ID) === patientId, 'The message belongs to another patient.');
  return { ...place, context: Object.fromEntries(context), document: parseJson(plaintext) };
}

const isDeletion = ({ clear }: StoredRow) => clear['deleted'] === true;

/**
 * @returns the authenticated context and the plaintext of a message under a branch key
 * @throws Unreadable
 */
export function openStoredMessage(
  message: Buffer,
  branchKeys: BranchKeys,
): { context: ReadonlyMap<string, string>; plaintext: Buffer } {
  const parsed = parseMessage(message);
  const dataKey = unwrapDataKey(parsed, (name) => branchKeys.get(name));
  return { context: parsed.context, plaintext: Buffer.concat(decryptMessage(parsed, dataKey)) };
}
