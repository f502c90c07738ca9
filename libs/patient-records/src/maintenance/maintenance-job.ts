import { randomUUID } from 'node:crypto';
import { type AuditEvent, type AuditOrigin, type AuditTrail } from '@app/audit';
import { type IndexRoots, type RowSeal } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable } from '@app/phi-table';
import { Problem } from '@app/problem-details';
import {
  type MaintenanceJobFailure,
  type MaintenanceJobName,
  type MaintenanceJobReport,
  maintenanceJobs,
} from './maintenance-job-report.js';
import { Pace, type PaceOptions } from './pace.js';
import {
  type MaintenanceJobCounts,
  type MaintenanceJobState,
  putMaintenanceJob,
  readMaintenanceJob,
  type StoredMaintenanceJob,
} from './maintenance-job-row.js';

/** How a job is run: on whose behalf, how fast, and when to stop. */
export interface MaintenanceJobRun extends PaceOptions {
  origin: AuditOrigin;
  /** How long an instance may go on with a branch key that it has in memory. */
  keyCacheSeconds: number;
  /** How often an instance reads the index roots again. */
  parameterRefreshSeconds: number;
  onProgress(progress: MaintenanceJobProgress): void;
}

export interface MaintenanceJobProgress {
  /** What is being done, as a phrase. */
  step: string;
  /** Patients that the step is done with, of how many; `total` is 0 where the step is no walk. */
  done: number;
  total: number;
  counts: Readonly<MaintenanceJobCounts>;
}

/** The run has to end before the job does: a signal, another run, a store that does not answer. */
export class MaintenanceJobStopped extends Error {
  override readonly name = 'MaintenanceJobStopped';
}

/** The walk is over, but what it found keeps the job from its next step. */
export class MaintenanceJobBlocked extends MaintenanceJobStopped {}

export interface MaintenanceJobParts {
  table: PhiTable;
  audit: AuditTrail;
  rowSeal: RowSeal;
  indexRoots: IndexRoots;
}

/** After each sign of life a run keeps its job for so long; one that was killed is taken over after it. */
export const leaseMilliseconds = 5000;
/** Longer than a request takes from its look at a key or a root to its commit. */
export const requestSeconds = 2;
const saveEveryMilliseconds = 1000;
const failuresListed = 100;

/**
 * One run of a job over all patients: the lease, the sealed row that keeps where it is, the pace, the counts, the events.
 * Two runs at once would do no harm: every write of theirs depends on the row being as it was read.
 */
export class MaintenanceJob {
  state: MaintenanceJobState;
  readonly #failures: MaintenanceJobFailure[] = [];
  readonly #pace: Pace;
  #stored: PhiItem | undefined;
  #savedAt = 0;
  #refreshedAt: number;
  #total = 0;

  private constructor(
    private readonly parts: MaintenanceJobParts,
    readonly name: MaintenanceJobName,
    readonly run: MaintenanceJobRun,
    scope: string,
    { item, row }: StoredMaintenanceJob,
    private readonly holder: string,
  ) {
    this.#stored = item;
    this.#pace = new Pace(run);
    this.#refreshedAt = run.clock.now();
    const goesOn = row !== undefined && row.unfinished && row.state.scope === scope;
    this.state = goesOn ? row.state : newState(scope, run.clock.now());
  }

  /**
   * Takes the job over from where its last run left it, works, and reports.
   * @param work answers when the job has to be run again, or nothing when it is done
   * @throws MaintenanceJobStopped when another run is alive
   */
  static async perform(
    parts: MaintenanceJobParts,
    name: MaintenanceJobName,
    run: MaintenanceJobRun,
    scope: string,
    work: (job: MaintenanceJob) => Promise<{ notBefore: number } | void>,
  ): Promise<MaintenanceJobReport> {
    const started = run.clock.now();
    await followRoots(parts);
    const stored = await freeJob(parts, name, run);
    const job = new MaintenanceJob(parts, name, run, scope, stored, randomUUID());
    await job.save([job.#event('begun')]);
    if (stored.damaged) await job.fail({ problem: 'integrity-failure' });
    let answer: Pick<MaintenanceJobReport, 'outcome' | 'reason' | 'notBefore'> = { outcome: 'done' };
    try {
      const again = await work(job);
      if (again) answer = { outcome: 'waiting', notBefore: new Date(again.notBefore).toISOString() };
      await job.#end(again ? 'stopped' : 'completed');
    } catch (error) {
      const reason = stopReason(error);
      if (reason === undefined) throw error;
      answer = { outcome: error instanceof MaintenanceJobBlocked ? 'blocked' : 'stopped', reason };
      // If the store does not take it, the lease runs out and the next run goes on from the last save.
      await job.#end('stopped').catch(() => undefined);
    }
    const { counts, patients } = job.state;
    const seconds = (run.clock.now() - started) / 1000;
    return { job: name, ...answer, patients, ...counts, failures: job.#failures, seconds };
  }

  /** Begins a step of the job, unless it is the one that the last run left. */
  async enter(step: string): Promise<void> {
    if (this.state.step === step) return;
    const { scope, counts } = this.state;
    this.state = { scope, step, since: this.run.clock.now(), patients: 0, dirty: false, counts };
    await this.save();
  }

  /** Begins the walk of the step from its front. @param patients how many it will meet */
  async walk(patients: number): Promise<void> {
    this.#total = patients;
    if (this.state.cursor !== undefined) return;
    this.state = { ...this.state, patients: 0, dirty: false };
    await this.save();
  }

  /** @param cursor where the walk goes on; `undefined` at its end */
  async patientDone(cursor: string, events: AuditEvent[] = []): Promise<void> {
    this.state = { ...this.state, cursor, patients: this.state.patients + 1 };
    if (events.length > 0) await this.save(events);
    await this.alive();
  }

  async walked(): Promise<void> {
    const { cursor: _, ...state } = this.state;
    this.state = state;
    await this.save();
  }

  count(what: keyof MaintenanceJobCounts, rows = 1): void {
    const { counts, dirty } = this.state;
    this.state = {
      ...this.state,
      dirty: dirty || what !== 'examined',
      counts: { ...counts, [what]: counts[what] + rows },
    };
  }

  /** Counts rows that were looked at and keeps the pace. @throws MaintenanceJobStopped */
  async examined(rows: number): Promise<void> {
    this.count('examined', rows);
    this.#pace.worked(rows);
    do await this.alive();
    while (await this.#pace.rested(saveEveryMilliseconds));
  }

  /** A row that is not what was written there. The walk goes on; report and trail tell. */
  async fail(failure: MaintenanceJobFailure): Promise<void> {
    this.count('failed');
    if (this.#failures.length < failuresListed) this.#failures.push(failure);
    if (failure.problem !== 'integrity-failure') return;
    const { patientId } = failure;
    const named = patientId === undefined ? {} : { patientId };
    await this.parts.audit.append([
      { type: 'integrity-alarm', outcome: '12', origin: this.run.origin, ...named },
    ]);
  }

  /** Waits until a moment. @param until milliseconds since the epoch @param why a phrase for the progress */
  async waitUntil(until: number, why: string): Promise<void> {
    const { counts } = this.state;
    for (let left = until - this.run.clock.now(); left > 0; left = until - this.run.clock.now()) {
      this.run.onProgress({ step: `${why}, ${Math.ceil(left / 1000)} s`, done: 0, total: 0, counts });
      await this.#pace.rest(Math.min(left, saveEveryMilliseconds));
      await this.alive(false);
    }
  }

  /** Renews the lease, follows the index roots, tells the progress. @throws MaintenanceJobStopped */
  async alive(tell = true): Promise<void> {
    const { clock, signal, parameterRefreshSeconds, onProgress } = this.run;
    if (signal.aborted) throw new MaintenanceJobStopped('interrupted');
    const { step, patients, counts } = this.state;
    if (tell) onProgress({ step, done: patients, total: this.#total, counts });
    if (clock.now() - this.#refreshedAt >= parameterRefreshSeconds * 1000) {
      this.#refreshedAt = clock.now();
      await followRoots(this.parts);
    }
    if (clock.now() - this.#savedAt >= saveEveryMilliseconds) await this.save();
  }

  /** Keeps where the job is. @throws MaintenanceJobStopped when another run has taken it over */
  async save(events: AuditEvent[] = []): Promise<void> {
    await this.#write(events, this.run.clock.now() + leaseMilliseconds, true);
  }

  async #end(step: 'stopped' | 'completed'): Promise<void> {
    await this.#write([this.#event(step)], 0, step === 'stopped');
  }

  async #write(events: AuditEvent[], leaseUntil: number, unfinished: boolean): Promise<void> {
    const { holder, state } = this;
    const savedAt = this.run.clock.now();
    const row = { holder, leaseUntil, unfinished, savedAt, state };
    const { item, write } = putMaintenanceJob(this.parts.rowSeal, this.name, row, this.#stored);
    try {
      // Without an event: progress is nobody's data, and says nothing that the events of the rows do not.
      if (events.length === 0) await this.parts.table.transactWrite([write]);
      else await this.parts.audit.transactWrite([write], events);
    } catch (error) {
      if (error instanceof ConditionFailed) throw new MaintenanceJobStopped(underWay);
      throw error;
    }
    this.#stored = item;
    this.#savedAt = savedAt;
  }

  #event(step: 'begun' | 'stopped' | 'completed'): AuditEvent {
    const { examined, changed, failed } = this.state.counts;
    const job = { step, examined, changed, failed };
    return { type: maintenanceJobs[this.name], outcome: '0', origin: this.run.origin, job };
  }
}

/** A process that seals under roots of yesterday would leave rows that nobody can verify tomorrow. */
async function followRoots({ indexRoots }: MaintenanceJobParts): Promise<void> {
  try {
    await indexRoots.refresh();
  } catch (cause) {
    throw new MaintenanceJobStopped('parameter index-root cannot be read', { cause });
  }
}

const underWay = 'another run of this job is under way';

/** Waits for the end of a run that gives no more sign of life. @throws MaintenanceJobStopped when it is alive */
async function freeJob(
  { table, rowSeal }: MaintenanceJobParts,
  name: MaintenanceJobName,
  { clock, signal }: MaintenanceJobRun,
): Promise<StoredMaintenanceJob> {
  const found = await readMaintenanceJob(table, rowSeal, name);
  const left = (found.row?.leaseUntil ?? 0) - clock.now();
  if (left <= 0) return found;
  await clock.wait(Math.min(left + 1, leaseMilliseconds), signal).catch(() => undefined);
  if (signal.aborted) throw new MaintenanceJobStopped('interrupted');
  const again = await readMaintenanceJob(table, rowSeal, name);
  if (again.row?.savedAt === found.row?.savedAt || (again.row?.leaseUntil ?? 0) === 0) return again;
  throw new MaintenanceJobStopped(underWay);
}

function newState(scope: string, since: number): MaintenanceJobState {
  const counts = { examined: 0, changed: 0, skipped: 0, failed: 0 };
  return { scope, step: '', since, patients: 0, dirty: false, counts };
}

/** @returns why the run has to end, or `undefined` of what nobody foresaw */
function stopReason(error: unknown): string | undefined {
  if (error instanceof MaintenanceJobStopped) return error.message;
  return error instanceof Problem && error.type.status === 503 ? error.type.name : undefined;
}
