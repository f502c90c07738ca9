import type { PhiTable } from '@app/phi-table';
import { evidenceOf, generalEvidence } from './access-evidence.js';
import { evidenceWindow, isAmong, isDuring, matchCalls } from './call-matching.js';
import type { CloudTrailSource, SourceProgress, TimeWindow } from './cloudtrail-source.js';
import { CollectedCalls, type PatientCalls } from './collected-calls.js';
import { invalidPatient, type KmsCall } from './kms-call.js';
import {
  blindSpotsOf,
  type Finding,
  findingOf,
  type FindingReason,
  type ReconciliationReport,
} from './reconciliation-report.js';

export interface ReconciliationPorts {
  table: PhiTable;
  source: CloudTrailSource;
}

export interface ReconciliationOptions extends TimeWindow {
  /** KMS keys of this deployment: the current one, and earlier ones as far as they are known. */
  keyArns: readonly string[];
  /** Whether a principal or a session is one that may use the keys; absent: anybody may. */
  isExpected?: (arn: string) => boolean;
  /** Our own events are kept so long. */
  retentionDays: number;
  /** Milliseconds since the epoch. */
  now: number;
  signal: AbortSignal;
  onProgress: (progress: SourceProgress) => void;
}

const searchNote = 'a search ran at that time: it may have opened the patient only to compare him';
const erasedNote = 'the patient was erased: somebody has a copy of his key';

const patientsAtOnce = 16;
const dayMilliseconds = 24 * 60 * 60 * 1000;
/** A patient is created within a request, so all calls for a key that came to nothing lie together. */
const creationMilliseconds = 60_000;
/** KMS did not do it, and nobody was turned away: it is asked again. */
const notServed =
  /^(?:Throttling|ThrottlingException|KMSInternal(?:Exception)?|DependencyTimeout(?:Exception)?|InternalFailure|KeyUnavailable(?:Exception)?)$/;

/**
 * Holds what CloudTrail saw of the patients' keys against our own trail: every call must have been made by the service, for
 * an access that the trail shows. What is left was somebody who used the keys past the service.
 * @throws CloudTrailUnavailable, TableUnavailable; the signal's reason when it is aborted
 */
export async function reconcile(
  { table, source }: ReconciliationPorts,
  options: ReconciliationOptions,
): Promise<ReconciliationReport> {
  const calls = await collect(source, options);
  return new Reconciliation(table, options).perform(calls, source);
}

/** Calls of a creation that began just before the window belong to it, so a minute more is read. */
async function collect(source: CloudTrailSource, options: ReconciliationOptions): Promise<CollectedCalls> {
  const calls = new CollectedCalls(options);
  const wider = { from: options.from - creationMilliseconds, to: options.to };
  for await (const record of source.records(wider, options.signal, options.onProgress)) calls.add(record);
  return calls;
}

class Reconciliation {
  readonly #keyArns: ReadonlySet<string>;
  readonly #findings: Finding[] = [];
  readonly #explained = { accesses: 0, longAccesses: 0, keyWork: 0, duringJobs: 0, refusedCreations: 0 };
  readonly #others = { unrelated: 0, withoutPatient: 0, refusedWithoutKey: 0, notServed: 0 };
  /** Calls without an event of the patient: what happened at the same time may still explain them. */
  readonly #left: { call: KmsCall; reason: FindingReason; notes: string[] }[] = [];

  constructor(
    private readonly table: PhiTable,
    private readonly options: ReconciliationOptions,
  ) {
    this.#keyArns = new Set(options.keyArns);
  }

  async perform(calls: CollectedCalls, source: CloudTrailSource): Promise<ReconciliationReport> {
    for (const call of calls.withoutPatient) this.#withoutPatient(call);
    const patients = [...calls.byPatient];
    for (let done = 0; done < patients.length; done += patientsAtOnce) {
      this.options.signal.throwIfAborted();
      this.options.onProgress({ step: 'comparing patients', done, total: patients.length });
      const some = patients.slice(done, done + patientsAtOnce);
      await Promise.all(some.map(([patientId, theirs]) => this.#patient(patientId, theirs)));
    }
    await this.#whatIsLeft();
    const { from, to, now, retentionDays } = this.options;
    this.#findings.sort((a, b) => (a.at < b.at ? -1 : 1));
    const report = {
      outcome: this.#findings.length > 0 ? ('findings' as const) : ('reconciled' as const),
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      calls: calls.counts,
      explained: this.#explained,
      ...this.#others,
      findings: this.#findings,
      principals: calls.principals(),
      unreadable: source.unreadable,
    };
    return {
      ...report,
      blindSpots: blindSpotsOf(report, source.blindSpots({ from, to }, now), { now, retentionDays }),
    };
  }

  /** Without the patient in its context KMS opens no branch key: only an attempt can be meant. */
  #withoutPatient(call: KmsCall): void {
    const { errorCode, keyArn } = call;
    const isOurs = this.#isOurKey(call);
    if (errorCode === undefined) this.#others[isOurs ? 'withoutPatient' : 'unrelated'] += 1;
    else if (notServed.test(errorCode)) this.#others.notServed += 1;
    else if (isOurs) this.#find(call, ['refused']);
    else this.#others[keyArn === undefined ? 'refusedWithoutKey' : 'unrelated'] += 1;
  }

  async #patient(patientId: string, { inside, before }: PatientCalls): Promise<void> {
    const row = await this.#patientRow(patientId);
    const evidence = await evidenceOf(this.table, patientId, evidenceWindow([...inside, ...before]));
    const known = row !== undefined || evidence.length > 0;
    const relevant = inside.filter((call) => known || this.#isOurKey(call));
    this.#others.unrelated += inside.length - relevant.length;
    const served = relevant.filter((call) => this.#passed(call));
    // What came before takes the events that it needs, and is reported with the window before.
    const earlier = before.filter(({ errorCode }) => errorCode === undefined);
    const matches = matchCalls([...earlier, ...served], evidence);
    const notes = row?.attributes['erased'] === true ? [erasedNote] : [];
    for (const call of served) {
      const match = matches.get(call) ?? 'none';
      if (match === 'access') this.#explained.accesses += 1;
      else if (match === 'long-access') this.#explained.longAccesses += 1;
      else if (match === 'key-work') this.#explained.keyWork += 1;
      else if (row === undefined && isOfCreation(call, [...before, ...inside]))
        this.#explained.refusedCreations += 1;
      else if (!known) this.#find(call, ['no-such-patient']);
      else this.#left.push({ call, reason: match === 'none' ? 'no-event' : 'more-than-events', notes });
    }
  }

  /** @returns whether it has to be explained; what needs no comparison is sorted out */
  #passed(call: KmsCall): boolean {
    const { errorCode, destinationKeyArn } = call;
    if (errorCode !== undefined) {
      if (notServed.test(errorCode)) this.#others.notServed += 1;
      else this.#find(call, ['refused']);
      return false;
    }
    const foreign =
      destinationKeyArn !== undefined &&
      destinationKeyArn !== call.keyArn &&
      !this.#keyArns.has(destinationKeyArn);
    const reasons: FindingReason[] = [
      ...(this.#isExpected(call) ? [] : (['other-principal'] as const)),
      ...(foreign ? (['to-other-key'] as const) : []),
    ];
    if (reasons.length > 0) this.#find(call, reasons);
    return reasons.length === 0;
  }

  async #whatIsLeft(): Promise<void> {
    if (this.#left.length === 0) return;
    this.options.onProgress({ step: 'looking for jobs and searches', done: 0, total: 1 });
    const { from, to } = evidenceWindow(this.#left.map(({ call }) => call));
    // A job over everybody may have begun long before.
    const window = { from: from - dayMilliseconds, to };
    const { jobs, searches } = await generalEvidence(this.table, window, this.options.signal);
    for (const { call, reason, notes } of this.#left) {
      const decrypts = call.operation === 'Decrypt';
      if (decrypts && isDuring(call, jobs)) this.#explained.duringJobs += 1;
      else if (decrypts && isAmong(call, searches)) this.#find(call, [reason], [...notes, searchNote]);
      else this.#find(call, [reason], notes);
    }
  }

  #find(call: KmsCall, reasons: FindingReason[], notes: string[] = []): void {
    this.#findings.push(findingOf(call, reasons, notes));
  }

  #isOurKey({ keyArn }: KmsCall): boolean {
    return keyArn !== undefined && this.#keyArns.has(keyArn);
  }

  #isExpected({ principal, session }: KmsCall): boolean {
    const { isExpected } = this.options;
    return isExpected === undefined || isExpected(principal) || isExpected(session);
  }

  async #patientRow(patientId: string) {
    if (patientId === invalidPatient) return undefined;
    return this.table.get({ table: 'records', partition: `PATIENT#${patientId}`, sort: 'PROFILE' });
  }
}

/**
 * The service makes the key before the patient: when he is then refused (his identifier is another's), a key is left of
 * somebody who never was, and nothing was ever encrypted under it. A patient who was there keeps his row, erased ones too.
 */
function isOfCreation({ at, principal, patientId }: KmsCall, all: readonly KmsCall[]): boolean {
  return all.some(
    (other) =>
      other.operation === 'GenerateDataKeyWithoutPlaintext' &&
      other.principal === principal &&
      Math.abs(other.at - at) <= creationMilliseconds &&
      patientId !== invalidPatient,
  );
}
