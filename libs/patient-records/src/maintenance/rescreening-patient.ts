import { type AuditEntity } from '@app/audit';
import { type PatientKeyStore } from '@app/encryption';
import { type PiiScreener } from '@app/pii-screening';
import { ConditionFailed, type PhiItem, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { ScreeningResult } from '../caller.js';
import { type DocumentVault, type Head } from '../document-vault.js';
import { screeningDetails } from '../events.js';
import { replaceHead } from '../head-writes.js';
import { indexChanges, partitionsAfter } from '../index-rows.js';
import { type MaintenanceJob, type MaintenanceJobParts, MaintenanceJobStopped } from './maintenance-job.js';
import { emergencyText, keys, profile } from '../keys.js';
import { isRestricted, type Patient } from '../patient.js';
import { type PatientIndex } from '../patient-index.js';
import { rowsOf } from './patient-walk.js';
import { asItCameIn } from './rescreening-documents.js';
import { takeOffQueue } from './rescreening-queue.js';

export interface RescreeningParts extends MaintenanceJobParts {
  keyStore: PatientKeyStore;
  vault: DocumentVault;
  index: PatientIndex;
}

/** Clients write at the same moment, again and again. */
const roundsAtMost = 5;

/** A document as it is to be stored from now on. */
interface Content {
  resource: object;
  screening: ScreeningResult;
}

/** What becomes of one row. */
interface Rewrite {
  writes: TableWrite[];
  entities: AuditEntity[];
}

/** What a rescreening does to the documents of one patient. It may be stopped at any moment and run again. */
export class PatientRescreening {
  /** Rows that are done, by place and version. */
  readonly #done = new Set<string>();
  #examined = 0;
  #failed = false;

  constructor(
    private readonly parts: RescreeningParts,
    private readonly job: MaintenanceJob,
    private readonly screener: PiiScreener,
    private readonly patientId: string,
    private readonly every: boolean,
  ) {}

  /**
   * @returns how many rows were looked at
   * @throws Problem `screening-unavailable`, and those of the stores, when the run has to end
   */
  async perform(): Promise<number> {
    const { table } = this.parts;
    for (let round = 1; round <= roundsAtMost; round++) {
      // Read first: a client that stores a document behind the walk puts another mark there.
      const queued = await table.get(keys.rescreen(this.patientId));
      if ((await this.#rows(round === 1)) > 0) continue;
      if (this.#failed || queued === undefined || (await takeOffQueue(table, queued))) return this.#examined;
    }
    this.job.count('skipped');
    return this.#examined;
  }

  /** @returns how many rows somebody else wrote meanwhile */
  async #rows(first: boolean): Promise<number> {
    let moved = 0;
    for await (const rows of rowsOf(this.parts.table, this.patientId)) {
      for (const row of rows) {
        if (first) this.#examined += 1;
        if (!(await this.#row(row, this.every))) moved += 1;
      }
    }
    return moved;
  }

  /**
   * @param unmarkedToo whether it is screened without a mark as well
   * @returns false if somebody else wrote the row meanwhile
   */
  async #row(row: PhiItem, unmarkedToo: boolean): Promise<boolean> {
    if (this.job.run.signal.aborted) throw new MaintenanceJobStopped('interrupted');
    const { message, deleted } = row.attributes;
    // Care team, and the versions that deleted something.
    if (message === undefined && deleted !== false) return true;
    if (this.#done.has(placeOf(row))) return true;
    try {
      return await this.#document(row, unmarkedToo);
    } catch (error) {
      await this.#fail(row, error);
      return true;
    }
  }

  async #document(row: PhiItem, unmarkedToo: boolean): Promise<boolean> {
    const { vault } = this.parts;
    const head = vault.read(row);
    const { resource, screening } = await vault.unlock<object>(row);
    if (resource === undefined || screening === undefined) return true;
    if (!unmarkedToo && !screening.degraded) return true;

    const { summary, identifierLeft } = await this.screener.mask(asItCameIn(head.recordType, resource));
    if (summary.degraded) throw new Problem(problemTypes.screeningUnavailable);
    const found = summary.findings.length > 0;
    if (found && !unmarkedToo && !(await this.#versionsBefore(head))) return false;
    const content = { resource, screening: screeningAfter(screening, summary, identifierLeft) };
    if (found || content.screening.degraded !== screening.degraded) {
      // What superseded nothing and is shown under no ETag is replaced where it stands.
      const hasVersions = head.recordType !== emergencyText && !row.sort.startsWith('VERSION#');
      const rewrite =
        found && hasVersions ? await this.#newVersion(row, head, content) : await this.#inPlace(row, content);
      if (!(await this.#commit(rewrite, summary))) return false;
    }
    this.#done.add(placeOf(row));
    if (identifierLeft) await this.#fail(row, new Problem(problemTypes.identifierInText));
    return true;
  }

  /**
   * What was found in one version may stand in those before it, marked or not. They come first: a run that ends in between
   * finds the mark of the later one again.
   * @returns false if somebody else wrote one of them meanwhile
   */
  async #versionsBefore(head: Head): Promise<boolean> {
    const prefix = keys.versionPrefix(head.recordType === profile ? profile : head.id);
    for await (const rows of rowsOf(this.parts.table, this.patientId, prefix)) {
      for (const row of rows) {
        if ((row.attributes['version'] as number) >= head.version) return true;
        if (!(await this.#row(row, true))) return false;
      }
    }
    return true;
  }

  async #inPlace(row: PhiItem, content: Content): Promise<Rewrite> {
    const { item, entity } = await this.parts.vault.rewrite(row, content);
    return { writes: [replaceHead(row, item)], entities: [entity] };
  }

  /** Clients hold the version as it was: they are to see another ETag. What is kept of it is replaced as well. */
  async #newVersion(row: PhiItem, head: Head, content: Content): Promise<Rewrite> {
    const { vault } = this.parts;
    const kept = await vault.rewrite(row, content);
    const version = head.version + 1;
    const index = this.#indexedAs(row, head, content.resource);
    const { item, messageSha256 } = await vault.lock({
      ...head,
      ...content,
      version,
      updatedAt: new Date().toISOString(),
      clear: index.clear,
      indexed: row.indexed,
    });
    return {
      writes: [replaceHead(row, item), vault.keepVersion(kept.item), ...index.changes],
      entities: [{ ...kept.entity, version, messageSha256 }, kept.entity],
    };
  }

  /** An indexed element of a patient changes only if it held an identifier that is not its own. */
  #indexedAs(
    row: PhiItem,
    { recordType }: Head,
    resource: object,
  ): { clear: PhiItem['attributes']; changes: TableWrite[] } {
    if (recordType !== profile) return { clear: {}, changes: [] };
    const patient = resource as Patient;
    const partitions = partitionsAfter(row, this.parts.index.partitionsOf(patient));
    const changes = indexChanges(row, partitions, this.patientId);
    return { clear: { restricted: isRestricted(patient), partitions }, changes };
  }

  /** @returns false if somebody else wrote the row meanwhile */
  async #commit({ writes, entities }: Rewrite, summary: ScreeningResult): Promise<boolean> {
    const { patientId } = this;
    const { origin } = this.job.run;
    const told = { patientId, entities, ...screeningDetails([summary]) };
    try {
      await this.parts.audit.transactWrite(writes, [
        { type: 'record-rescreen', outcome: '0', origin, ...told },
      ]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (error.failed.includes(0)) return false;
      // The replaced value of a unique identifier belongs to another patient.
      throw new Problem(problemTypes.identifierTaken, { cause: error });
    }
    for (const write of writes) if (write.type === 'put') this.#done.add(placeOf(write.item));
    this.job.count('changed');
    return true;
  }

  /** A document that cannot be screened is reported, and stays queued. @throws what ends the run */
  async #fail(row: PhiItem, error: unknown): Promise<void> {
    if (!(error instanceof Problem)) throw error;
    // Erased since the row was read.
    if (error.type === problemTypes.gone) return;
    const unscreened = error.type === problemTypes.screeningUnavailable;
    if (unscreened ? !(await this.#detectorAnswers()) : error.type.status === 503) throw error;
    this.#failed = true;
    this.#done.add(placeOf(row));
    await this.job.fail({ patientId: this.patientId, row: row.sort, problem: error.type.name });
  }

  /** Tells a detector that is out of reach from one that cannot read a certain text: that one must not stop the others. */
  async #detectorAnswers(): Promise<boolean> {
    try {
      const { summary } = await this.screener.mask({ text: 'The patient is well.' });
      return summary.degraded !== true;
    } catch {
      return false;
    }
  }
}

const placeOf = ({ sort, attributes: { version } }: PhiItem) => `${sort} ${String(version)}`;

/** @returns what was found when the document came in, and what was found now; one with an identifier left keeps its mark */
function screeningAfter(
  before: ScreeningResult,
  now: ScreeningResult,
  identifierLeft: boolean,
): ScreeningResult {
  const findings = before.findings.map((finding) => ({ ...finding }));
  for (const { type, pointer, count } of now.findings) {
    const known = findings.find((finding) => finding.type === type && finding.pointer === pointer);
    if (known === undefined) findings.push({ type, pointer, count });
    else known.count += count;
  }
  return {
    outcome: findings.length === 0 ? 'clean' : 'anonymized',
    findings,
    ...(identifierLeft && before.degraded ? { degraded: true } : {}),
  };
}
