import { setTimeout as pause } from 'node:timers/promises';
import { type PhiTable } from '@app/phi-table';
import { documentHistories, type DocumentHistory } from './document-history.js';
import { type EmergencyCensus } from './emergency-check.js';
import { type Findings } from './findings.js';
import type { RecordsVerified } from './verification-report.js';

/** One version of a document as the store holds it: clear state and the hash of its message, never the message itself. */
export interface StoredVersion {
  /** `patient` for the patient's own document, whose id is his. */
  of: 'patient' | 'record';
  id: string;
  version: number;
  /** The head, not a superseded version. */
  current: boolean;
  deleted: boolean;
  /** The patient was erased: nothing but this head may be left of him. */
  erased: boolean;
  /** ISO 8601. */
  updatedAt: string;
  /** Base64; absent where the row holds no message. */
  messageSha256?: string;
}

/** What a walk over the records answers; the lib that owns their layout does it. */
export interface RecordCensus extends EmergencyCensus {
  /** Everybody of whom the store should hold something: whoever has a key, and whoever was erased. */
  patients(): AsyncIterable<string>;
  /** @returns every version of every document of one patient */
  versionsOf(patientId: string): Promise<StoredVersion[]>;
  /** @returns those of whom there is no head @param patientIds at most 100 */
  withoutHead(patientIds: readonly string[]): Promise<string[]>;
}

/** A write between the look at the rows and the look at the trail is no fault: look again. */
const looksAtOnce = 3;
const doubtfulAtMost = 1000;

/** Holds the records against the trail: each version's number and message are those that its last event names. */
export class RecordCheck {
  readonly verified: RecordsVerified = { patients: 0, documents: 0, unattested: 0 };
  readonly #doubtful: string[] = [];

  /**
   * @param indexLagSeconds whoever differs is looked at again after so long
   * @param expiredThrough ISO 8601: events up to then may have expired, and the versions that they named are not attested
   */
  constructor(
    private readonly table: PhiTable,
    private readonly census: RecordCensus,
    private readonly findings: Findings,
    private readonly indexLagSeconds: number,
    private readonly expiredThrough: string,
  ) {}

  async patient(patientId: string): Promise<void> {
    for (let look = 1; look <= looksAtOnce; look++) {
      const differences = await this.#compare(patientId);
      if (differences.faults.length === 0) return this.#count(differences);
    }
    if (this.#doubtful.length < doubtfulAtMost) this.#doubtful.push(patientId);
    else this.#tell(await this.#compare(patientId));
  }

  /** Looks once more at those who differed. */
  async settle(): Promise<void> {
    if (this.#doubtful.length > 0) await pause(this.indexLagSeconds * 1000);
    for (const patientId of this.#doubtful) this.#tell(await this.#compare(patientId));
  }

  #tell(comparison: Comparison): void {
    this.#count(comparison);
    for (const fault of comparison.faults) this.findings.add(fault);
  }

  #count({ patients, documents, unattested }: Comparison): void {
    this.verified.patients += patients;
    this.verified.documents += documents;
    this.verified.unattested += unattested;
  }

  /** The rows come first: what is written after them is in the trail and not in them, and the next look shows both. */
  async #compare(patientId: string): Promise<Comparison> {
    const versions = await this.census.versionsOf(patientId);
    const histories = await documentHistories(this.table, patientId);
    return compare(patientId, versions, histories, this.expiredThrough);
  }
}

interface Comparison {
  /** 0 for somebody of whom there is nothing: a key that was made for a creation which was then refused. */
  patients: number;
  faults: Parameters<Findings['add']>[0][];
  documents: number;
  unattested: number;
}

function compare(
  patientId: string,
  versions: readonly StoredVersion[],
  histories: ReadonlyMap<string, DocumentHistory>,
  expiredThrough: string,
): Comparison {
  const comparison: Comparison = {
    patients: versions.length > 0 ? 1 : 0,
    faults: [],
    documents: 0,
    unattested: 0,
  };
  const documents = new Map<string, StoredVersion[]>();
  for (const version of versions) {
    const key = `${version.of} ${version.id}`;
    const known = documents.get(key);
    if (known === undefined) documents.set(key, [version]);
    else known.push(version);
  }
  const head = versions.find(({ of, current }) => of === 'patient' && current);
  const { erasure } = histories.get(`patient ${patientId}`) ?? {};
  const erased = erasure !== undefined;
  const context = { patientId, expiredThrough, comparison };
  if (erased && head !== undefined && !head.erased) {
    fault(context, head, 'record-rolled-back', 'was put back: the trail says that the patient was erased');
  }
  if (head === undefined && versions.length > 0 && !histories.has(`patient ${patientId}`)) {
    fault(
      context,
      { of: 'patient', id: patientId, version: 1 },
      'record-removed',
      'was removed: his records are left',
    );
  }
  for (const stored of documents.values()) {
    if (erasure === 'completed' && stored[0]!.of === 'record') {
      fault(
        context,
        stored[0]!,
        'record-inserted',
        'was put back: the trail says that the patient was erased',
      );
      continue;
    }
    const history = histories.get(`${stored[0]!.of} ${stored[0]!.id}`);
    compareDocument(context, stored, history, head?.erased === true || erased);
  }
  for (const [key, history] of histories) {
    // What is left of an erased patient is his head.
    if (documents.has(key) || history.written === 0 || (erased && key !== `patient ${patientId}`)) continue;
    const [of, id] = key.split(' ') as ['patient' | 'record', string];
    const gone = { of, id, version: history.written };
    fault(
      context,
      gone,
      'record-removed',
      `was removed: the trail knows ${history.written === 1 ? 'version 1' : `versions up to ${history.written}`}`,
    );
  }
  return comparison;
}

interface Context {
  patientId: string;
  expiredThrough: string;
  comparison: Comparison;
}

function compareDocument(
  context: Context,
  stored: readonly StoredVersion[],
  history: DocumentHistory | undefined,
  erased: boolean,
): void {
  const head = stored.find(({ current }) => current);
  const newest = history?.written ?? 0;
  if (head === undefined) {
    const { of, id, version } = stored[0]!;
    if (!erased)
      fault(
        context,
        { of, id, version: newest || version },
        'record-removed',
        'was removed: only superseded versions of it are left',
      );
    return;
  }
  if (history !== undefined && head.version < newest) {
    const back = `version ${newest} was rolled back to version ${head.version}, which ${head.messageSha256 !== undefined && history.hashesOf(head.version).includes(head.messageSha256) ? 'is an older genuine one' : 'is none that the trail knows'}`;
    fault(context, head, 'record-rolled-back', back);
  } else {
    compareVersion(context, head, history);
  }
  if (erased) return;
  const there = new Set(stored.map(({ version }) => version));
  for (const version of stored)
    if (!version.current && version.version !== head.version) compareVersion(context, version, history);
  for (let version = 1; version < Math.max(head.version, newest); version++) {
    if (!there.has(version))
      fault(context, { ...head, version }, 'record-removed', `version ${version} was removed`);
  }
}

function compareVersion(
  { expiredThrough, ...context }: Context,
  stored: StoredVersion,
  history: DocumentHistory | undefined,
): void {
  const { version, updatedAt, messageSha256, deleted } = stored;
  const { comparison } = context;
  const write = history?.writeOf(version);
  if (write === undefined) {
    // Its event has expired, or there was none.
    if (updatedAt <= expiredThrough) comparison.unattested += 1;
    else
      fault(
        { ...context, expiredThrough },
        stored,
        'record-inserted',
        `version ${version} was inserted: no event of the trail wrote it`,
      );
    return;
  }
  comparison.documents += 1;
  if (write.deleted !== deleted) {
    const is = deleted
      ? 'says that it was deleted, the trail that it was written'
      : 'was put back: the trail says that it was deleted';
    fault({ ...context, expiredThrough }, stored, 'record-altered', `version ${version} ${is}`);
  } else if (!deleted && (messageSha256 === undefined || !write.hashes.includes(messageSha256))) {
    const earlier = messageSha256 !== undefined && history!.hashesOf(version).includes(messageSha256);
    fault(
      { ...context, expiredThrough },
      stored,
      earlier ? 'record-rolled-back' : 'record-altered',
      earlier
        ? `version ${version} was rolled back to the message that it had before it was encrypted or screened again`
        : `version ${version} was altered: its message is not the one that the trail names`,
    );
  }
}

function fault(
  { patientId, comparison }: Context,
  { of, id, version }: Pick<StoredVersion, 'of' | 'id' | 'version'>,
  kind: 'record-altered' | 'record-rolled-back' | 'record-removed' | 'record-inserted',
  what: string,
): void {
  const whose = of === 'patient' ? `patient ${patientId}` : `record ${id} of patient ${patientId}`;
  comparison.faults.push({
    kind,
    message: what.startsWith('was ') ? `${whose} ${what}` : `${whose}: ${what}`,
    patientId,
    ...(of === 'record' ? { documentId: id } : {}),
    version,
  });
}
