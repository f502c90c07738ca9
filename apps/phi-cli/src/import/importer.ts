import { stat } from 'node:fs/promises';
import { type BatchAnswer, GaveUp, type PatientService } from '../service/patient-service.js';
import type { ServiceAnswer } from '../service/service-answer.js';
import { readBundleEntries, UnusableFile } from './bundle-file.js';
import {
  type BundlePlan,
  type EntryPlace,
  NoPatient,
  planBundle,
  type PlannedPatient,
  type PlannedRecord,
} from './bundle-plan.js';
import type { ImportIds } from './import-ids.js';
import type { ImportProgress } from './import-progress.js';
import type { Counts, ImportReport } from './import-report.js';
import { batchBody, batchesOf, type EncodedRecord } from './record-batches.js';
import { recordedAtOf } from './recorded-at.js';
import { RequestSlots } from './request-slots.js';

/** The most that the service can be configured to take. Its own limit, usually lower, answers with a 413. */
const largestBodyBytes = 4 * 1024 * 1024;

/** The request would be larger than any that the service takes. */
class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * Brings bundles into the service, one file after the other. In memory are the bundle being read and the requests
 * under way, however many files there are: the last requests of one file run while the next one is read.
 */
export class Importer {
  readonly #slots: RequestSlots;
  #unexpected: unknown;

  /** @param service undefined for a dry run: everything is done but the sending */
  constructor(
    private readonly service: PatientService | undefined,
    private readonly ids: ImportIds,
    private readonly report: ImportReport,
    private readonly progress: ImportProgress,
    concurrency: number,
  ) {
    this.#slots = new RequestSlots(concurrency);
  }

  /** Ends when all that was sent is answered, or early when the service cannot go on: see `service.stopped`. */
  async run(files: readonly string[]): Promise<void> {
    for (const file of files) {
      if (this.#isOver()) break;
      await this.#importFile(file);
    }
    await this.#slots.drained();
    if (this.#unexpected !== undefined) throw this.#unexpected;
  }

  #isOver(): boolean {
    return this.service?.stopped !== undefined || this.#unexpected !== undefined;
  }

  async #importFile(file: string): Promise<void> {
    const bytes = await fileBytes(file);
    let plan: BundlePlan;
    try {
      plan = planBundle(await readBundleEntries(file), this.ids);
    } catch (error) {
      if (!(error instanceof UnusableFile || error instanceof NoPatient)) throw error;
      this.report.fileFailed(file, error.message);
      this.progress.fileStarted(bytes, 0);
      return;
    }
    this.report.fileRead(plan.ignored);
    for (const { message, ...place } of plan.warnings) this.report.warning(file, place, message);
    for (const { message, ...place } of plan.errors) {
      this.report.records.failed += 1;
      this.report.problem({ file, ...place, outcome: 'failed', message });
    }
    this.progress.fileStarted(
      bytes,
      plan.patients.reduce((sum, { records }) => sum + records.length, 0),
    );
    for (const patient of plan.patients) {
      if (this.#isOver()) return;
      await this.#importPatient(file, patient);
    }
  }

  /** The patient must be there before his records: the service keeps none of nobody's. */
  async #importPatient(file: string, patient: PlannedPatient): Promise<void> {
    await this.#slots.take();
    const isThere = await this.#inSlot(() => this.#createPatient(file, patient));
    if (isThere === undefined) return;
    if (!isThere) {
      this.report.records.skipped += patient.records.length;
      this.progress.entryDone(patient.records.length);
      return;
    }
    for (const batch of batchesOf(this.#encoded(file, patient))) {
      if (this.#isOver()) return;
      await this.#slots.take();
      void this.#inSlot(() => this.#createRecords(file, patient, batch));
    }
  }

  /** Those that can be sent; of the others it is told why not. */
  *#encoded(file: string, { records }: PlannedPatient): Generator<EncodedRecord> {
    for (const record of records) {
      try {
        yield { record, body: serialize(recordBody(record)) };
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error;
        this.#fail(file, record, this.report.records, 'failed', error.message);
        this.progress.entryDone();
      }
    }
  }

  /** @returns undefined if the run is over */
  async #inSlot<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      // The service has noted why it stopped; anything else is a fault of ours, and ends the run too.
      if (error !== this.service?.stopped) this.#unexpected ??= error;
      return undefined;
    } finally {
      this.#slots.give();
    }
  }

  async #createPatient(file: string, patient: PlannedPatient): Promise<boolean> {
    if (this.service === undefined) {
      this.report.planned();
      return true;
    }
    const count = patient.records.length;
    const consequence = `; patient not created, ${count} ${count === 1 ? 'record' : 'records'} skipped`;
    const { patients } = this.report;
    try {
      const body = serialize(patient.body);
      const path = `/v1/patients/${patient.patientId}`;
      return await this.#create(file, patient, patients, path, { body, consequence });
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return this.#fail(file, patient, patients, 'failed', error.message + consequence);
    }
  }

  /**
   * Together, which costs the service a third; one by one if not all of them can be: then each gets the answer of its own that a report
   * needs.
   */
  async #createRecords(
    file: string,
    patient: PlannedPatient,
    batch: readonly EncodedRecord[],
  ): Promise<void> {
    if (batch.length > 1 && (await this.#createTogether(file, patient, batch))) return;
    const path = `/v1/patients/${patient.patientId}/records`;
    for (const { record, body } of batch) {
      if (this.#isOver()) return;
      await this.#create(file, record, this.report.records, `${path}/${record.recordId}`, {
        body,
        consequence: '',
      });
      this.progress.entryDone();
    }
  }

  /** @returns whether they are there now */
  async #createTogether(
    file: string,
    { patientId }: PlannedPatient,
    batch: readonly EncodedRecord[],
  ): Promise<boolean> {
    if (this.service === undefined) return false;
    let answer: BatchAnswer;
    try {
      answer = await this.service.createAll(`/v1/patients/${patientId}/records/batch`, batchBody(batch));
    } catch (error) {
      if (error instanceof GaveUp) return false;
      throw error;
    }
    if (answer.status !== 201) return false;
    this.report.records.created += batch.length;
    for (const [at, { record }] of batch.entries())
      this.report.anonymized(file, record, answer.itemFindings[at] ?? []);
    this.progress.entryDone(batch.length);
    return true;
  }

  /** @returns whether it is there now */
  async #create(
    file: string,
    place: EntryPlace,
    counts: Counts,
    path: string,
    { body, consequence }: { body: string; consequence: string },
  ): Promise<boolean> {
    const fail = (outcome: 'refused' | 'failed', message: string) =>
      this.#fail(file, place, counts, outcome, message + consequence);
    if (this.service === undefined) {
      this.report.planned(place.resourceType);
      return true;
    }
    let answer: ServiceAnswer;
    try {
      answer = await this.service.create(path, body);
    } catch (error) {
      if (error instanceof GaveUp) return fail('failed', error.reason);
      throw error;
    }
    if (answer.status === 412) {
      counts.alreadyThere += 1;
      return true;
    }
    if (answer.status === 200 || answer.status === 201) {
      counts.created += 1;
      this.report.anonymized(file, place, answer.findings);
      return true;
    }
    return fail(answer.status >= 500 || answer.status < 400 ? 'failed' : 'refused', refusalText(answer));
  }

  #fail(
    file: string,
    { entry, resourceType }: EntryPlace,
    counts: Counts,
    outcome: 'refused' | 'failed',
    message: string,
  ): false {
    counts[outcome] += 1;
    this.report.problem({ file, entry, resourceType, outcome, message });
    return false;
  }
}

function recordBody({ resourceType, content }: PlannedRecord): object {
  return { recordType: resourceType, content, recordedAt: recordedAtOf(content) };
}

function serialize(body: object): string {
  let text: string;
  try {
    text = JSON.stringify(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TooLarge('nested too deeply');
  }
  // A UTF-16 unit takes up to three bytes: short texts need no counting.
  if (text.length * 3 > largestBodyBytes && Buffer.byteLength(text) > largestBodyBytes) {
    throw new TooLarge(`larger than ${largestBodyBytes} bytes`);
  }
  return text;
}

/** @returns why the service did not take it: kinds and places, nothing that was sent */
function refusalText({ status, problem, pointers, findings }: ServiceAnswer): string {
  const places = (texts: readonly string[]): string =>
    texts.slice(0, 10).join(', ') + (texts.length > 10 ? ` and ${texts.length - 10} more` : '');
  if (findings.length > 0) {
    return `screening refused: ${places(findings.map(({ type, count, pointer }) => `${type} x${count} at ${pointer}`))}`;
  }
  if (problem === 'identifier-taken') return 'an identifier of the patient is taken by another one (409)';
  if (status === 413) return 'too large for the service (413)';
  const name = problem === undefined ? '' : ` ${problem}`;
  if (status >= 500) return `the service failed (${status}${name})`;
  return `refused (${status}${name})${pointers.length === 0 ? '' : ` at ${places(pointers)}`}`;
}

async function fileBytes(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}
