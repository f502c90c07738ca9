import { exponential, seeded } from './random.js';

export interface Sealing {
  instances: number;
  sealSeconds: number;
  /** Attempts for one checkpoint: each reads the head, signs and puts. */
  attempts: number;
  signaturesPerSecond: number;
  /** From the moment at which a checkpoint is due to its commit. */
  meanSeconds: number;
}

const simulatedSeconds = 120;

/**
 * Instances that seal into one register: whoever read the head before another one's commit is refused, looks and signs anew. Each begins somewhere in
 * the interval, and seals again an interval after its last commit.
 * @param attemptSeconds from reading the head to the commit; each attempt a little different
 */
export function sealingOf(instances: number, sealSeconds: number, attemptSeconds: number, seed = 1): Sealing {
  const random = seeded(seed);
  /** A tenth of an attempt varies: two that collided do not collide for ever. */
  const length = () => attemptSeconds * 0.9 + exponential(random, attemptSeconds * 0.1);
  const sealers = Array.from({ length: instances }, () => {
    const dueAt = random() * sealSeconds;
    return { dueAt, readAt: dueAt, commitAt: dueAt + length() };
  });
  let committedAt = Number.NEGATIVE_INFINITY;
  let attempts = 0;
  let seals = 0;
  let waited = 0;
  for (;;) {
    let next = sealers[0];
    for (const sealer of sealers) if (next === undefined || sealer.commitAt < next.commitAt) next = sealer;
    if (next === undefined || next.commitAt > simulatedSeconds) break;
    attempts += 1;
    const now = next.commitAt;
    if (next.readAt >= committedAt) {
      committedAt = now;
      seals += 1;
      waited += now - next.dueAt;
      next.dueAt = now + sealSeconds;
      next.readAt = next.dueAt;
    } else {
      next.readAt = now;
    }
    next.commitAt = next.readAt + length();
  }
  return {
    instances,
    sealSeconds,
    attempts: attempts / seals,
    signaturesPerSecond: attempts / simulatedSeconds,
    meanSeconds: waited / seals,
  };
}
