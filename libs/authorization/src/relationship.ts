import type { Principal } from '@app/authentication';
import type { Level } from './scopes.js';

/** A caller's membership in a patient's care team, as stored. Times are ISO 8601 in UTC. */
export interface TeamMembership {
  start: string;
  end?: string;
}

/**
 * Whether the levels held reach this patient (45 CFR 164.502(b), minimum necessary): `system` reaches all,
 * `patient` its own launch patient, `user` the patients whose care team has the user as a member today.
 * @param membership the caller's own row in the patient's care team, if there is one
 */
export function reachesPatient(
  levels: readonly Level[],
  principal: Principal,
  patientId: string,
  membership: TeamMembership | undefined,
  now: Date,
): boolean {
  if (levels.includes('system')) return true;
  if (levels.includes('patient') && principal.patient === patientId) return true;
  return levels.includes('user') && membership !== undefined && isCurrent(membership, now);
}

function isCurrent({ start, end }: TeamMembership, now: Date): boolean {
  const today = now.toISOString();
  return start <= today && (end === undefined || today < end);
}
