import { type RowSeal } from '@app/encryption';
import { type Level, type Permission, reachesPatient, type TeamMembership } from '@app/authorization';
import { subjectToken } from '@app/authentication';
import { type PhiItem, type PhiKey, type PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller } from './caller.js';
import { keys } from './keys.js';
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
}

/** The patient was erased: nothing of him can be read, and his id stays taken. @param head verified */
export const isErased = (head: PhiItem) => head.attributes['erased'] === true;

/** The door to one patient: nobody passes without a scope for the type and a relationship to the patient. */
export class PatientGate {
  constructor(
    private readonly table: PhiTable,
    private readonly rowSeal: RowSeal,
  ) {}

  /**
   * @param type `Patient`, a record type, or `undefined` where any record type will do for now
   * @param others keys of the same patient to read along
   * @throws Problem `not-found` for an absent patient and for one out of reach, `gone` for a deleted one and, whatever
   *   `deletedToo` says, for an erased one
   */
  async enter(
    caller: Caller,
    patientId: string,
    type: string | undefined,
    permission: Permission,
    others: readonly PhiKey[] = [],
    deletedToo = false,
  ): Promise<Entered> {
    const { scopes } = caller;
    const levels =
      type === undefined ? scopes.levelsForAnyType(permission) : this.levels(caller, type, permission);
    const memberKey = membershipKey(caller, levels, patientId, type === undefined);
    const found = await this.table.batchGet([
      keys.profile(patientId),
      ...(memberKey === undefined ? [] : [memberKey]),
      ...others,
    ]);
    const head = found[0];
    if (head === undefined) throw new Problem(problemTypes.notFound);
    verifySeal(this.rowSeal, head);
    const member = memberKey === undefined ? undefined : found[1];
    if (!this.reaches(caller, levels, patientId, member)) {
      throw new Problem(problemTypes.notFound, { cause: new OutOfReach(patientId) });
    }
    if (isErased(head) || (head.attributes['deleted'] === true && !deletedToo))
      throw new Problem(problemTypes.gone);
    const covers = (recordType: string) =>
      this.reaches(caller, scopes.levels(recordType, permission), patientId, member);
    return { head, others: found.slice(memberKey === undefined ? 1 : 2), covers };
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

  /** @param member the caller's row in the care team, or `undefined` */
  reaches(caller: Caller, levels: readonly Level[], patientId: string, member: PhiItem | undefined): boolean {
    const membership = member === undefined ? undefined : membershipOf(verifySeal(this.rowSeal, member));
    return reachesPatient(levels, caller.principal, patientId, membership, new Date());
  }
}

/**
 * @param always read it although `system` opens the door: other types may be held for `user` alone
 * @returns the row that decides, or `undefined` where the levels held need no look at the care team
 */
export function membershipKey(
  caller: Caller,
  levels: readonly Level[],
  patientId: string,
  always = false,
): PhiKey | undefined {
  if (!levels.includes('user') || (levels.includes('system') && !always)) return undefined;
  return keys.teamMember(patientId, subjectToken(caller.principal));
}

function membershipOf(item: PhiItem): TeamMembership {
  const { start, end } = item.attributes;
  return { start: start as string, ...(end === undefined ? {} : { end: end as string }) };
}
