import { type PiiScreener } from '@app/pii-screening';
import { Problem, problemTypes } from '@app/problem-details';
import { MaintenanceJob, type MaintenanceJobRun } from './maintenance-job.js';
import { type MaintenanceJobReport } from './maintenance-job-report.js';
import { countPatients, everyPatient } from './patient-walk.js';
import { PatientRescreening, type RescreeningParts } from './rescreening-patient.js';
import { queuedPatients } from './rescreening-queue.js';

/** Which documents are screened again. */
export interface RescreeningScope {
  /** Those of one patient; else of whoever is queued, with `every` of everybody. */
  patientId?: string;
  /** All of them; else those that were stored while a part of the detector was out of reach. */
  every: boolean;
}

/** A text takes a model seconds: as many patients at once as leave the service its share of Bedrock's quota. */
const patientsAtOnce = 4;

/**
 * Screens stored documents again with the whole detector. What it finds is replaced, also where the policy would have
 * refused the document at the door, and in every version that is kept; each change has its event (45 CFR 164.312(b)).
 */
export class Rescreening {
  constructor(private readonly parts: RescreeningParts) {}

  /**
   * Goes on where the last run of the same scope was stopped. A patient is off the queue once each document of his that was
   * marked is screened by the whole detector.
   * @returns `stopped` for `screening-unavailable`; documents that could not be screened or replaced are failures
   * @throws Problem `not-found` for one patient who has no key
   * @throws MaintenanceJobStopped when another run is alive
   */
  async perform(
    run: MaintenanceJobRun,
    screener: PiiScreener,
    scope: RescreeningScope,
  ): Promise<MaintenanceJobReport> {
    const { patientId, every } = scope;
    if (patientId !== undefined && (await this.parts.keyStore.activeVersion(patientId)) === undefined) {
      throw new Problem(problemTypes.notFound);
    }
    const name = `${patientId ?? 'everybody'}, ${every ? 'every document' : 'marked documents'}`;
    return MaintenanceJob.perform(this.parts, 'rescreen', run, name, async (job) => {
      await job.enter('screening again');
      const everybody = every && patientId === undefined;
      // The queue itself says what is done: its walk begins at the front, whatever a run before left.
      if (!everybody) await job.walked();
      await job.walk(everybody ? await countPatients(this.parts) : await countOf(this.#met(job, scope)));
      for await (const some of groupsOf(patientsAtOnce, this.#met(job, scope))) {
        await this.#screen(job, screener, every, some);
      }
      await job.walked();
    });
  }

  async *#met(job: MaintenanceJob, { patientId, every }: RescreeningScope): AsyncGenerator<Met> {
    if (patientId !== undefined) yield { patientId, cursor: '' };
    else if (!every) {
      for await (const queued of queuedPatients(this.parts.table)) yield { patientId: queued, cursor: '' };
    } else {
      for await (const { erased, ...met } of everyPatient(this.parts, job.state.cursor)) {
        if (erased) return;
        yield met;
      }
    }
  }

  async #screen(
    job: MaintenanceJob,
    screener: PiiScreener,
    every: boolean,
    some: readonly Met[],
  ): Promise<void> {
    const screened = Promise.allSettled(
      some.map(({ patientId }) =>
        new PatientRescreening(this.parts, job, screener, patientId, every).perform(),
      ),
    );
    let rows = 0;
    for (const outcome of await keptAlive(job, screened)) {
      if (outcome.status === 'rejected') throw outcome.reason;
      rows += outcome.value;
    }
    await job.examined(rows);
    for (const { cursor } of some) await job.patientDone(cursor);
  }
}

interface Met {
  patientId: string;
  /** Where the walk goes on after him. */
  cursor: string;
}

const signOfLifeMilliseconds = 1000;

/**
 * Gives signs of life while texts are away: a model may take longer over them than the job's lease lasts.
 * @throws MaintenanceJobStopped
 */
async function keptAlive<T>(job: MaintenanceJob, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = work.finally(() => over.abort());
  try {
    while (!over.signal.aborted) {
      await job.run.clock.wait(signOfLifeMilliseconds, over.signal).catch((error: unknown) => {
        if (!over.signal.aborted) throw error;
      });
      await job.alive();
    }
  } finally {
    // Nothing of it may go on behind the end of the job.
    await ended;
  }
  return ended;
}

async function* groupsOf<T>(size: number, items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}
