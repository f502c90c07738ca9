import type { UnreadableFile } from './cloudtrail-source.js';
import type { KmsCall, KmsOperation } from './kms-call.js';

/**
 * Why a call is listed:
 * - `no-event`: no event of ours explains it: somebody used the key past the service
 * - `more-than-events`: there were events at that time, but each explains another call
 * - `other-principal`: made by none of the principals that are expected
 * - `refused`: KMS turned it away; somebody tried
 * - `to-other-key`: a branch key was wrapped under a KMS key that is none of ours, where its owner can open it
 * - `no-such-patient`: under a key of ours, for an id that no patient of ours has
 */
export type FindingReason =
  | 'no-event'
  | 'more-than-events'
  | 'other-principal'
  | 'refused'
  | 'to-other-key'
  | 'no-such-patient';

/** A call that has to be looked into. */
export interface Finding {
  reasons: FindingReason[];
  operation: KmsOperation;
  /** ISO 8601, UTC. */
  at: string;
  /** CloudTrail's id: with it the whole event is found. */
  eventId: string;
  region: string;
  patientId?: string;
  principal: string;
  session: string;
  sourceAddress: string;
  errorCode?: string;
  notes: string[];
}

export interface ReconciliationReport {
  outcome: 'reconciled' | 'findings';
  from: string;
  to: string;
  calls: {
    /** Calls of the key store's operations in the window, each counted once, of every key in the account. */
    examined: number;
    duplicates: number;
    /** Records that could not be read. */
    damaged: number;
  };
  /** Calls that events of ours explain. */
  explained: {
    /** One request each. */
    accesses: number;
    /** While an export or a job on the patient lasted. */
    longAccesses: number;
    /** The patient's key was made, given a version, or wrapped anew. */
    keyWork: number;
    /** No event of the patient, but a job over everybody was running: the weakest explanation. */
    duringJobs: number;
    /** A key was made for a patient who was then refused. */
    refusedCreations: number;
  };
  /** Of other keys, for nobody of ours. */
  unrelated: number;
  /** Under a key of ours, without a patient in the context: no branch key can be opened so. */
  withoutPatient: number;
  /** Refused attempts that name neither a key nor a patient. */
  refusedWithoutKey: number;
  /** KMS did not answer them: throttling, outages. */
  notServed: number;
  findings: Finding[];
  /** Who made the calls that were examined. */
  principals: { principal: string; calls: number }[];
  unreadable: readonly UnreadableFile[];
  /** What this run could not see, in sentences. */
  blindSpots: string[];
}

export function findingOf(call: KmsCall, reasons: FindingReason[], notes: string[] = []): Finding {
  const { operation, at, eventId, region, patientId, principal, session, sourceAddress, errorCode } = call;
  return {
    reasons,
    operation,
    at: new Date(at).toISOString(),
    eventId,
    region,
    ...(patientId === undefined ? {} : { patientId }),
    principal,
    session,
    sourceAddress,
    ...(errorCode === undefined ? {} : { errorCode }),
    notes,
  };
}

const dayMilliseconds = 24 * 60 * 60 * 1000;
/** CloudTrail delivers an event within about 15 minutes. */
export const cloudTrailDeliveryMilliseconds = 15 * 60 * 1000;

/** @returns what every run may miss, whatever its source; those of the source come first */
export function blindSpotsOf(
  report: Omit<ReconciliationReport, 'blindSpots'>,
  ofSource: readonly string[],
  { now, retentionDays }: { now: number; retentionDays: number },
): string[] {
  const { calls, unreadable, refusedWithoutKey, explained, findings } = report;
  const spots = [...ofSource];
  const kept = new Date(now - retentionDays * dayMilliseconds).toISOString();
  if (report.from < kept)
    spots.push(
      `Our own events from before ${kept} have expired: calls of that time have nothing to explain them.`,
    );
  const settled = new Date(now - cloudTrailDeliveryMilliseconds).toISOString();
  if (report.to > settled) {
    spots.push(
      `CloudTrail delivers events within about 15 minutes: what happened after ${settled} may not be there yet.`,
    );
  }
  if (unreadable.length > 0) spots.push(`${unreadable.length} files could not be read to their end.`);
  if (calls.damaged > 0) spots.push(`${calls.damaged} records could not be read.`);
  if (refusedWithoutKey > 0) {
    spots.push(
      `${refusedWithoutKey} refused attempts name neither a key nor a patient: they may have been meant for ours.`,
    );
  }
  const ours = Object.values(explained).reduce((sum, count) => sum + count, findings.length);
  if (ours === 0) {
    spots.push(
      'No call for a key of ours was found. If the service was used at that time, this is another account or Region, or its trail leaves KMS out.',
    );
  }
  return spots;
}
