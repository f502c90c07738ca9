import { randomBytes } from 'node:crypto';
import {
  type IndexRoots,
  intervalsToFollow,
  type PatientKeyStore,
  type VersionedRoots,
} from '@app/encryption';
import { keepSeconds } from '../idempotent-requests.js';
import {
  MaintenanceJob,
  type MaintenanceJobParts,
  type MaintenanceJobRun,
  MaintenanceJobBlocked,
  MaintenanceJobStopped,
  requestSeconds,
} from './maintenance-job.js';
import { type MaintenanceJobReport } from './maintenance-job-report.js';
import { countPatients, everyPatient } from './patient-walk.js';
import { type ReindexRows } from './reindex-rows.js';

export interface ReindexParts extends MaintenanceJobParts {
  keyStore: PatientKeyStore;
}

/** Clients write on, so a walk may find rows that the one before it missed; each finds fewer. */
const walksAtMost = 10;

type Step = 'introduce' | 'add' | 'switch' | 'remove';

/**
 * Replaces the index root while the service runs. Instances follow the parameter on their own; each step waits until all
 * must have, so that at every moment a search finds everybody, and a duplicate identifier meets a row that refuses it:
 *
 * | parameter             | instances write index rows under | search and seal under | the step                       |
 * |-----------------------|----------------------------------|-----------------------|--------------------------------|
 * | active old            | old                              | old                   | introduces the new root        |
 * | active old, and new   | old and new                      | old                   | adds rows under the new root   |
 * | active new, and old   | new and old                      | new                   | retires the old root           |
 * | active new, old retired | new                            | new                   | removes old rows, seals anew   |
 * | active new            | new                              | new                   | a day later: the old root goes |
 *
 * The parameter says which step it is; a run that was killed anywhere goes on from there.
 */
export class Reindex {
  constructor(
    private readonly parts: ReindexParts,
    private readonly rows: ReindexRows,
  ) {}

  /**
   * @param onlyFinish goes on with a reindex that was begun, and begins none
   * @returns `waiting` when idempotency rows and cursors may still stand under the old root
   * @throws MaintenanceJobStopped when another run is alive, or the parameter is none that a reindex leaves
   */
  async perform(run: MaintenanceJobRun, onlyFinish = false): Promise<MaintenanceJobReport> {
    return MaintenanceJob.perform(this.parts, 'reindex', run, 'all', async (job) => {
      const roots = this.parts.indexRoots;
      if (stepOf(roots) === 'introduce') {
        if (onlyFinish) return;
        await this.#introduce(roots);
      }
      if (stepOf(roots) === 'add') {
        await this.#settled(job);
        await this.#untilClean(job, (patientId) => this.rows.add(job, patientId));
        await this.#replace({ active: newer(roots), roots: roots.roots });
      }
      if (stepOf(roots) === 'switch') {
        await this.#settled(job);
        await this.#replace({ active: roots.active, roots: roots.roots, retired: [older(roots)] });
      }
      await this.#settled(job);
      await this.#untilClean(job, (patientId) => this.rows.remove(job, patientId));
      const notBefore = job.state.since + (keepSeconds + this.#settleSeconds(run)) * 1000;
      if (run.clock.now() < notBefore) return { notBefore };
      const { active } = roots;
      await this.#replace({ active, roots: { [active]: roots.roots[active] as Uint8Array } });
    });
  }

  async #introduce({ active, roots }: IndexRoots): Promise<void> {
    const next = Math.max(...Object.keys(roots).map(Number)) + 1;
    await this.#replace({ active, roots: { ...roots, [next]: randomBytes(32) } });
  }

  async #replace(next: VersionedRoots): Promise<void> {
    try {
      await this.parts.indexRoots.replace(next);
    } catch (cause) {
      throw new MaintenanceJobStopped('parameter index-root cannot be written, or somebody else changed it', {
        cause,
      });
    }
  }

  /** Waits until every instance must have read what the parameter says now. */
  async #settled(job: MaintenanceJob): Promise<void> {
    await job.enter(labelOf(this.parts.indexRoots));
    const until = job.state.since + this.#settleSeconds(job.run) * 1000;
    await job.waitUntil(until, 'waiting until every instance has read the index roots');
  }

  #settleSeconds({ parameterRefreshSeconds }: MaintenanceJobRun): number {
    return parameterRefreshSeconds * intervalsToFollow + requestSeconds;
  }

  /** The next step may begin only after a walk that found nothing to do: it counts what the walks before it did. */
  async #untilClean(job: MaintenanceJob, work: (patientId: string) => Promise<void>): Promise<void> {
    for (let walk = 1; walk <= walksAtMost; walk++) {
      const failedBefore = job.state.counts.failed;
      await this.rows.sealJobs(job);
      await job.walk(await countPatients(this.parts));
      await this.rows.sealEmergencyAccesses(job);
      for await (const { patientId, cursor } of everyPatient(this.parts, job.state.cursor)) {
        await work(patientId);
        await job.patientDone(cursor);
      }
      const { dirty, counts } = job.state;
      await job.walked();
      if (!dirty) return;
      if (counts.failed > failedBefore)
        throw new MaintenanceJobBlocked('rows that failed keep the old root in use');
    }
    throw new MaintenanceJobStopped(
      'rows keep changing faster than they are worked on: run it again with a higher rate',
    );
  }
}

/** @throws MaintenanceJobStopped for roots that somebody wrote by hand */
function stepOf({ active, roots, retired = [] }: VersionedRoots): Step {
  const versions = Object.keys(roots).map(Number);
  if (versions.length === 1) return 'introduce';
  const newest = Math.max(...versions);
  if (versions.length === 2 && retired.length === 0) return active === newest ? 'switch' : 'add';
  if (versions.length === 2 && active === newest) return 'remove';
  throw new MaintenanceJobStopped('parameter index-root has other roots than a reindex leaves');
}

const newer = ({ roots }: VersionedRoots) => Math.max(...Object.keys(roots).map(Number));
const older = ({ roots }: VersionedRoots) => Math.min(...Object.keys(roots).map(Number));

const phrases: Record<Step, string> = {
  introduce: 'introducing root',
  add: 'adding rows under root',
  switch: 'switching to root',
  remove: 'removing rows of the root before',
};

/** Names the step and its root: the state of another reindex is not gone on with. */
const labelOf = (roots: VersionedRoots) => `${phrases[stepOf(roots)]} ${newer(roots)}`;
