import type { Principal } from '@app/authentication';
import type { Level } from './scopes.js';

/** A caller's membership in a patient's care team, as stored. Times are ISO 8601 in UTC. */
export interface TeamMembership {
  start: string;
  end?: string;
}

/** An emergency access, as stored: it is for the one person who opened it. Times are ISO 8601 in UTC. */
export interface EmergencyGrant {
  id: string;
  issuer: string;
  subject: string;
  grantedAt: string;
  /** It is over from this moment on, however long its row stays. */
  expiresAt: string;
}

/** What connects a caller with one patient, and what the patient's head says of who may see him. */
export interface Relationship {
  patientId: string;
  /** HL7 confidentiality R or V. */
  restricted: boolean;
  /** The caller's own row in the care team, if there is one. */
  membership?: TeamMembership;
  /** The caller's emergency access, if he opened one. */
  grant?: EmergencyGrant;
}

export interface RelationshipPolicy {
  /** False where `user/` scopes reach every patient who is not restricted, whatever his care team. */
  careTeamRequired: boolean;
}

/** `emergency` is for reading alone. */
export type Reach = 'related' | 'emergency' | 'none';

/**
 * How the levels held reach this patient (45 CFR 164.502(b), minimum necessary; 164.308(a)(4)(ii)(C)): `system` reaches all, `patient`
 * its own launch patient, `user` the patients whose care team has the user as a member at this moment, and by an emergency access
 * (45 CFR 164.312(a)(2)(ii)) the one whom it was opened for.
 */
export function reachOf(
  levels: readonly Level[],
  principal: Principal,
  { patientId, restricted, membership, grant }: Relationship,
  { careTeamRequired }: RelationshipPolicy,
  now: Date,
): Reach {
  if (levels.includes('system')) return 'related';
  if (levels.includes('patient') && principal.patient === patientId) return 'related';
  if (!levels.includes('user')) return 'none';
  if (membership !== undefined && isCurrent(membership, now)) return 'related';
  if (!careTeamRequired && !restricted) return 'related';
  return grant !== undefined && isOpenFor(principal, grant, now) ? 'emergency' : 'none';
}

/** Whether the emergency access is this person's and not over. The stored time decides: a store removes expired rows late. */
export function isOpenFor(
  { issuer, subject }: Pick<Principal, 'issuer' | 'subject'>,
  grant: EmergencyGrant,
  now: Date,
): boolean {
  return grant.issuer === issuer && grant.subject === subject && now.toISOString() < grant.expiresAt;
}

function isCurrent({ start, end }: TeamMembership, now: Date): boolean {
  const today = now.toISOString();
  return start <= today && (end === undefined || today < end);
}
