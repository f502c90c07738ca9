import { hash } from 'node:crypto';
import { type RecordCipher, type RecordContext, type RowSeal } from '@app/encryption';
import { type Attribute, type PhiItem, type PhiKey, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { type ScreeningResult, type Versioned } from './caller.js';
import { IntegrityBreach } from './integrity-breach.js';
import { keys, patientIdOf, profile } from './keys.js';
import { sealItem, verifySeal } from './sealed-item.js';

/** What stands in clear beside a document's message, authenticated by the row's seal. */
export interface Head {
  patientId: string;
  /** The record's id; for the patient's own document the patient's id. */
  id: string;
  /** `PROFILE` or the record type. */
  recordType: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  deleted: boolean;
}

/** A document on its way into a row. */
export interface NewVersion<T> extends Omit<Head, 'deleted'> {
  resource: T;
  screening: ScreeningResult;
  /** Further clear attributes of the row, sealed with the rest. */
  clear?: Record<string, Attribute>;
  indexed?: PhiItem['indexed'];
}

/** A document with its message's overhead must fit in a store item (400 KB). Bytes of JSON. */
const documentAtMost = 256 * 1024;

/** Puts documents into rows and takes them out: encryption under the patient's key, the row's seal, versions. */
export class DocumentVault {
  constructor(
    private readonly cipher: RecordCipher,
    private readonly rowSeal: RowSeal,
  ) {}

  /** @returns the head row of a new version, and what its audit event says of the message */
  async lock<T>(version: NewVersion<T>): Promise<{ item: PhiItem; messageSha256: string }> {
    const { resource, screening } = version;
    const plaintext = Buffer.from(JSON.stringify({ resource, screening }));
    if (plaintext.length > documentAtMost) {
      throw new Problem(problemTypes.payloadTooLarge, {
        detail: 'A document and its notes may be 256 KB as JSON.',
      });
    }
    const message = await this.cipher.encrypt(plaintext, contextOf(version));
    const item = this.#row(version, false, { ...version.clear, message }, version.indexed);
    return { item, messageSha256: hash('sha256', message, 'base64') };
  }

  /** @returns the head row that says that the document is deleted; it holds no message and stands in no index */
  tombstone(head: Omit<Head, 'deleted'>, clear: Record<string, Attribute> = {}): PhiItem {
    return this.#row(head, true, clear, undefined);
  }

  #row(
    head: Omit<Head, 'deleted'>,
    deleted: boolean,
    attributes: Record<string, Attribute>,
    indexed: PhiItem['indexed'],
  ): PhiItem {
    const { version, createdAt, updatedAt, recordType } = head;
    return sealItem(this.rowSeal, {
      ...headKey(head),
      ...(indexed === undefined ? {} : { indexed }),
      attributes: { ...attributes, recordType, version, createdAt, updatedAt, deleted },
    });
  }

  /** @returns the write that keeps a head row as a superseded version */
  keepVersion(headItem: PhiItem): TableWrite {
    const head = this.read(headItem);
    const key = keys.version(head.patientId, idInSort(head), head.version);
    const { seal: _, ...attributes } = headItem.attributes;
    return {
      type: 'put',
      item: sealItem(this.rowSeal, { ...key, attributes }),
      condition: { type: 'absent' },
    };
  }

  /**
   * @param item a head row or a version row
   * @throws Problem `integrity-failure`
   */
  read(item: PhiItem): Head {
    const { recordType, version, createdAt, updatedAt, deleted } = verifySeal(this.rowSeal, item).attributes;
    const patientId = patientIdOf(item.partition);
    const idPart = item.sort === profile ? profile : (item.sort.split('#')[1] ?? '');
    return {
      patientId,
      id: idPart === profile ? patientId : idPart,
      recordType: recordType as string,
      version: version as number,
      createdAt: createdAt as string,
      updatedAt: updatedAt as string,
      deleted: deleted as boolean,
    };
  }

  /**
   * @param item a head row or a version row
   * @returns its document, without `resource` where the version is the deletion
   * @throws Problem `integrity-failure` if the row was changed, or its message belongs to another patient, record or version
   */
  async unlock<T>(item: PhiItem): Promise<Versioned<T>> {
    const head = this.read(item);
    const { id, version, createdAt, updatedAt } = head;
    if (head.deleted) return { id, version, createdAt, updatedAt };
    const message = item.attributes['message'];
    if (!(message instanceof Uint8Array)) throw breachOf(head);
    const plaintext = await this.#decrypt(message, head);
    const { resource, screening } = JSON.parse(Buffer.from(plaintext).toString('utf8')) as {
      resource: T;
      screening: ScreeningResult;
    };
    return { id, version, createdAt, updatedAt, resource, screening };
  }

  async #decrypt(message: Uint8Array, head: Head): Promise<Uint8Array> {
    try {
      return await this.cipher.decrypt(message, contextOf(head));
    } catch (error) {
      if (error instanceof Problem && error.type === problemTypes.integrityFailure)
        throw breachOf(head, error);
      throw error;
    }
  }
}

/** @param found what the cipher says, if it came so far */
function breachOf({ patientId }: Head, found?: Problem): Problem {
  return new Problem(problemTypes.integrityFailure, { cause: new IntegrityBreach(patientId, found) });
}

function headKey(head: Omit<Head, 'deleted'>): PhiKey {
  return head.recordType === profile ? keys.profile(head.patientId) : keys.record(head.patientId, head.id);
}

const idInSort = (head: Head) => (head.recordType === profile ? profile : head.id);

/** One message belongs to one patient, type, record and version: nothing else decrypts it. */
function contextOf(head: Omit<Head, 'deleted'>): RecordContext {
  return {
    patient_id: head.patientId,
    record_type: head.recordType,
    record_id: head.id,
    record_version: String(head.version),
  };
}
