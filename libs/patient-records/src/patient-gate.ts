import { type RowSeal } from '@app/encryption';
import {
  type Level,
  type Permission,
  type Reach,
  reachOf,
  type Relationship,
  type RelationshipPolicy,
  type TeamMembership,
} from '@app/authorization';
import { subjectToken } from '@app/authentication';
import { type PhiItem, type PhiKey, type PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller } from './caller.js';
import { grantOf } from './emergency-access/emergency-grant.js';
import { keys, patientIdOf } from './keys.js';
import { verifySeal } from './sealed-item.js';

/** The patient exists, but not for this caller: answered like an absent one, and told apart in the trail alone. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
  constructor(readonly patientId: string) {
    super('the patient is outside the reach of the caller');
  }
}

/** What a request may touch: the patient's head, verified, and further rows read in the same round trip. */
export interface Entered {
  head: PhiItem;
  others: (PhiItem | undefined)[];
  /** Whether the scopes held for this type reach the patient, for requests that learn types only from the rows. */
  covers(type: string): boolean;
  /**
   * The caller as events name him who is shown documents of these types: with his emergency access, if it alone let him in or
   * opens one of them; and with the patient's mark, if he is restricted.
   */
  acting(types: readonly string[]): Caller;
}

interface EnterOptions {
  /** Keys of the same patient to read along. */
  others?: readonly PhiKey[];
  /** A deleted patient as well. */
  deletedToo?: boolean;
  /** Whether an emergency access opens the door; unless told it does for reading, and for nothing else. */
  inEmergency?: boolean;
}

/** HL7 v3 PurposeOfUse of whatever is done under an emergency access: emergency treatment. */
export const emergencyPurpose = 'ETREAT';

/** The patient was erased: nothing of him can be read, and his id stays taken. @param head verified */
export const isErased = (head: PhiItem) => head.attributes['erased'] === true;

/** The door to one patient: nobody passes without a scope for the type and a relationship to the patient. */
export class PatientGate {
  constructor(
    private readonly table: PhiTable,
    private readonly rowSeal: RowSeal,
    private readonly policy: RelationshipPolicy,
  ) {}

  /**
   * @param type `Patient`, a record type, or `undefined` where any record type will do for now
   * @throws Problem `not-found` for an absent patient and for one out of reach, `gone` for a deleted one and, whatever
   *   `deletedToo` says, for an erased one; `insufficient-scope` for what an emergency access does not open
   */
  async enter(
    caller: Caller,
    patientId: string,
    type: string | undefined,
    permission: Permission,
    options: EnterOptions = {},
  ): Promise<Entered> {
    const { others = [], deletedToo = false, inEmergency = 'rs'.includes(permission) } = options;
    const { scopes } = caller;
    const levels =
      type === undefined ? scopes.levelsForAnyType(permission) : this.levels(caller, type, permission);
    const related = relationshipKeys(caller, levels, patientId, type === undefined);
    // One round trip whoever asks: an absent patient takes as long as one out of reach.
    const found = await this.table.batchGet([keys.profile(patientId), ...related, ...others]);
    const head = found[0];
    if (head === undefined) throw new Problem(problemTypes.notFound);
    const [member, grant] = related.length === 0 ? [] : [found[1], found[2]];
    const relationship = this.#relationship(head, member, grant);
    const door = this.#reach(caller, levels, relationship);
    if (door === 'none') throw new Problem(problemTypes.notFound, { cause: new OutOfReach(patientId) });
    if (isErased(head) || (head.attributes['deleted'] === true && !deletedToo))
      throw new Problem(problemTypes.gone);
    if (door === 'emergency' && !inEmergency) throw readingAlone();
    const reachFor = (recordType: string) =>
      this.#reach(caller, scopes.levels(recordType, permission), relationship);
    const byEmergency = (recordType: string) => reachFor(recordType) === 'emergency';
    return {
      head,
      others: found.slice(1 + related.length),
      covers: (recordType) => {
        const reach = reachFor(recordType);
        return reach === 'related' || (reach === 'emergency' && inEmergency);
      },
      acting: (types) => {
        const acting =
          door === 'emergency' || types.some(byEmergency) ? inEmergencyOf(caller, relationship) : caller;
        // The app of the patient himself is no curious eye.
        const isOwnApp = levels.every((level) => level === 'patient');
        return relationship.restricted && !isOwnApp ? atRestricted(acting) : acting;
      },
    };
  }

  /**
   * The way in for an erasure: deleted, restricted and erased patients too. Its scope stands for an office, not for a
   * relationship, and reaches everybody.
   * @returns the head, verified
   * @throws Problem `insufficient-scope`, `not-found`
   */
  async enterForErasure({ scopes }: Caller, patientId: string): Promise<PhiItem> {
    if (!scopes.permitsOperation('erase')) throw new Problem(problemTypes.insufficientScope);
    const head = await this.head(patientId);
    if (head === undefined) throw new Problem(problemTypes.notFound);
    return head;
  }

  /** Whether the patient was erased by now: of somebody whose key is gone. */
  async wasErased(patientId: string): Promise<boolean> {
    const head = await this.head(patientId);
    return head !== undefined && isErased(head);
  }

  /** @returns the head, verified, for work on a patient that no caller's scopes decide */
  async head(patientId: string): Promise<PhiItem | undefined> {
    const head = await this.table.get(keys.profile(patientId));
    return head && verifySeal(this.rowSeal, head);
  }

  /** @throws Problem `insufficient-scope` if no scope of the caller covers the type */
  levels(caller: Caller, type: string, permission: Permission): Level[] {
    const levels = caller.scopes.levels(type, permission);
    if (levels.length === 0) throw new Problem(problemTypes.insufficientScope);
    return levels;
  }

  /**
   * Whether a patient is one of those that the caller finds. An emergency access is for one patient whose id is known: it finds
   * nobody.
   * @param member the caller's row in the care team, or `undefined`
   */
  finds(caller: Caller, levels: readonly Level[], head: PhiItem, member: PhiItem | undefined): boolean {
    return this.#reach(caller, levels, this.#relationship(head, member, undefined)) === 'related';
  }

  /** @throws Problem `integrity-failure` if one of the rows that decide is not what was written there */
  #relationship(head: PhiItem, member: PhiItem | undefined, grant: PhiItem | undefined): Relationship {
    verifySeal(this.rowSeal, head);
    return {
      patientId: patientIdOf(head.partition),
      restricted: head.attributes['restricted'] === true,
      ...(member === undefined ? {} : { membership: membershipOf(verifySeal(this.rowSeal, member)) }),
      ...(grant === undefined ? {} : { grant: grantOf(verifySeal(this.rowSeal, grant)) }),
    };
  }

  #reach({ principal }: Caller, levels: readonly Level[], relationship: Relationship): Reach {
    return reachOf(levels, principal, relationship, this.policy, new Date());
  }
}

/**
 * @returns the row that says whether the caller is in the care team, `undefined` where the levels held need no look at it. With `system`
 *   beside `user` they do: `system` does not find restricted patients
 */
export function membershipKey(
  caller: Caller,
  levels: readonly Level[],
  patientId: string,
): PhiKey | undefined {
  return relationshipKeys(caller, levels, patientId, true)[0];
}

/**
 * @param always read them although `system` opens the door: other types may be held for `user` alone
 * @returns the caller's row in the care team and his emergency access; none where the levels held need neither
 */
function relationshipKeys(
  caller: Caller,
  levels: readonly Level[],
  patientId: string,
  always: boolean,
): PhiKey[] {
  if (!levels.includes('user') || (levels.includes('system') && !always)) return [];
  const token = subjectToken(caller.principal);
  return [keys.teamMember(patientId, token), keys.grant(patientId, token)];
}

/** The caller as events name him who is shown a restricted patient: somebody looks at these one by one (45 CFR 164.308(a)(1)(ii)(D)). */
export const atRestricted = (caller: Caller): Caller => ({
  ...caller,
  origin: { ...caller.origin, restrictedPatient: true },
});

/** The emergency is the purpose, whatever the request states. */
function inEmergencyOf(caller: Caller, { grant }: Relationship): Caller {
  if (grant === undefined) return caller;
  const origin = { ...caller.origin, purposeOfUse: emergencyPurpose, emergencyAccessId: grant.id };
  return { ...caller, origin };
}

const readingAlone = () =>
  new Problem(problemTypes.insufficientScope, {
    detail: 'An emergency access is for reading: it permits no change and no export.',
  });

function membershipOf(item: PhiItem): TeamMembership {
  const { start, end } = item.attributes;
  return { start: start as string, ...(end === undefined ? {} : { end: end as string }) };
}
