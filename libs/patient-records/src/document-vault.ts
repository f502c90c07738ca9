import { hash } from 'node:crypto';
import { BranchKeyError, type RecordCipher, type RecordContext, type RowSeal } from '@app/encryption';
import { type AuditEntity } from '@app/audit';
import { type Attribute, type PhiItem, type PhiKey, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { type ScreeningResult, type Versioned } from './caller.js';
import { IntegrityBreach } from './integrity-breach.js';
import { emergencyText, keys, patientIdOf, profile } from './keys.js';
import { type PatientGate } from './patient-gate.js';
import { resealItem, sealItem, verifySeal } from './sealed-item.js';

/** What stands in clear beside a document's message, authenticated by the row's seal. */
export interface Head {
  patientId: string;
  /** The record's id; for the patient's own document the patient's id. */
  id: string;
  /** `PROFILE`, the record type, or that of what was written about an emergency access. */
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

/** A document as it lies in its message. */
export interface StoredText extends Pick<Head, 'id' | 'version' | 'createdAt' | 'updatedAt'> {
  /** JSON of `{resource, screening}`, UTF-8. Absent in the version that deleted it. */
  text?: Buffer;
}

/** A document with its message's overhead must fit in a store item (400 KB). Bytes of JSON. */
const documentAtMost = 256 * 1024;

/** Puts documents into rows and takes them out: encryption under the patient's key, the row's seal, versions. */
export class DocumentVault {
  constructor(
    private readonly cipher: RecordCipher,
    private readonly rowSeal: RowSeal,
    private readonly gate: Pick<PatientGate, 'wasErased'>,
  ) {}

  /** @returns the head row of a new version, and what its audit event says of the message */
  async lock<T>(version: NewVersion<T>): Promise<{ item: PhiItem; messageSha256: string }> {
    const message = await this.#encrypt(version, version);
    const item = this.#row(version, false, { ...version.clear, message }, version.indexed);
    return { item, messageSha256: hash('sha256', message, 'base64') };
  }

  async #encrypt(
    head: Omit<Head, 'deleted'>,
    { resource, screening }: { resource: unknown; screening: ScreeningResult },
  ): Promise<Uint8Array> {
    const plaintext = Buffer.from(JSON.stringify({ resource, screening }));
    if (plaintext.length > documentAtMost) {
      throw new Problem(problemTypes.payloadTooLarge, {
        detail: 'A document and its notes may be 256 KB as JSON.',
      });
    }
    return this.#withKey(head, () => this.cipher.encrypt(plaintext, contextOf(head)));
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
    // Only the head lists index rows: the tokens of a value that was would outlive their rows here.
    const { seal: _, partitions: __, ...attributes } = headItem.attributes;
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
    return parsedVersion<T>(await this.unlockText(item));
  }

  /**
   * As `unlock`, for who passes the document on and need not read it.
   * @throws Problem as `unlock`
   */
  async unlockText(item: PhiItem): Promise<StoredText> {
    const head = this.read(item);
    const { id, version, createdAt, updatedAt } = head;
    if (head.deleted) return { id, version, createdAt, updatedAt };
    const message = item.attributes['message'];
    if (!(message instanceof Uint8Array)) throw breachOf(head);
    const plaintext = await this.#withKey(head, () => this.cipher.decrypt(message, contextOf(head)));
    const text = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
    return { id, version, createdAt, updatedAt, text };
  }

  /**
   * @param item a head row or a version row
   * @returns the branch key version that its message was written under, `undefined` where it holds none
   * @throws Problem `integrity-failure`
   */
  keyVersion(item: PhiItem): string | undefined {
    const head = this.read(item);
    if (head.deleted) return undefined;
    const { message } = item.attributes;
    if (!(message instanceof Uint8Array)) throw breachOf(head);
    return this.cipher.messageKeyVersion(message);
  }

  /**
   * The same version of the same document, encrypted anew under the patient's branch key as it is now.
   * @param item a head row or a version row that holds a message
   * @returns the row anew, and what the audit event says of the message. `rewritten` stands in clear and changes the seal,
   *   so that whoever has read the row before notices
   * @throws Problem `integrity-failure`, `gone` for a patient who was erased meanwhile
   */
  async renew(item: PhiItem): Promise<{ item: PhiItem; entity: AuditEntity }> {
    const head = this.read(item);
    const before = item.attributes['message'];
    if (!(before instanceof Uint8Array)) throw breachOf(head);
    const context = contextOf(head);
    const message = await this.#withKey(head, async () => {
      const plaintext = await this.cipher.decrypt(before, context);
      try {
        return await this.cipher.encrypt(plaintext, context);
      } finally {
        plaintext.fill(0);
      }
    });
    return this.#withMessage(item, head, message);
  }

  /**
   * The same version of the same document with another content, for what must not stay as it was written.
   * @param item a head row or a version row
   * @returns as `renew`
   * @throws Problem as `lock` and `renew`
   */
  async rewrite(
    item: PhiItem,
    content: { resource: object; screening: ScreeningResult },
  ): Promise<{ item: PhiItem; entity: AuditEntity }> {
    const head = this.read(item);
    return this.#withMessage(item, head, await this.#encrypt(head, content));
  }

  #withMessage(item: PhiItem, head: Head, message: Uint8Array): { item: PhiItem; entity: AuditEntity } {
    const rewritten = ((item.attributes['rewritten'] as number | undefined) ?? 0) + 1;
    const entity = {
      type: head.recordType === profile ? 'Patient' : head.recordType,
      id: head.id,
      version: head.version,
      messageSha256: hash('sha256', message, 'base64'),
    };
    return { item: resealItem(this.rowSeal, item, { message, rewritten }), entity };
  }

  /**
   * A patient has a key before his first row and until he is erased. A row of his without a key is one that his erasure
   * overtook, or one that somebody put back: to ask again later would not help.
   */
  async #withKey(head: { patientId: string }, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.type === problemTypes.integrityFailure) throw breachOf(head, error);
      const keyless = error.cause instanceof BranchKeyError && error.cause.failure === 'no-key';
      if (!keyless) throw error;
      if (await this.gate.wasErased(head.patientId)) throw new Problem(problemTypes.gone, { cause: error });
      throw breachOf(head, error);
    }
  }
}

/** @returns the version with its document, without `resource` where it is the deletion */
export function parsedVersion<T>({ text, ...version }: StoredText): Versioned<T> {
  if (text === undefined) return version;
  const stored = JSON.parse(text.toString('utf8')) as { resource: T; screening: ScreeningResult };
  return { ...version, resource: stored.resource, screening: stored.screening };
}

/** @param found what the cipher says, if it came so far */
function breachOf({ patientId }: { patientId: string }, found?: Problem): Problem {
  return new Problem(problemTypes.integrityFailure, { cause: new IntegrityBreach(patientId, found) });
}

function headKey({ patientId, recordType, id }: Omit<Head, 'deleted'>): PhiKey {
  if (recordType === profile) return keys.profile(patientId);
  return recordType === emergencyText ? keys.emergencyText(patientId, id) : keys.record(patientId, id);
}

const idInSort = (head: Head) => (head.recordType === profile ? profile : head.id);

/** Ids are UUIDs in lower case; another spelling of an id would get the name of the same document. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * One message belongs to one patient, type, record and version: nothing else decrypts it. The id takes 22 characters
 * instead of 36, because it stands in every message; no two documents have one name, as nothing in it holds a `/`.
 */
function contextOf({ patientId, recordType, id, version }: Omit<Head, 'deleted'>): RecordContext {
  if (!uuid.test(id)) throw new TypeError('A document needs a UUID');
  const shortId = Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
  return { patient_id: patientId, record: `${recordType}/${shortId}/${version}` };
}
