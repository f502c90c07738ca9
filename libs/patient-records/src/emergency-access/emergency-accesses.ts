import { type AuditTrail, purposesOfUse, timeOrderedUuid } from '@app/audit';
import { subjectToken } from '@app/authentication';
import { type EmergencyGrant, isOpenFor } from '@app/authorization';
import { type RowSeal } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller } from '../caller.js';
import { type DocumentVault } from '../document-vault.js';
import { event } from '../events.js';
import { replaceHead, stillThere } from '../head-writes.js';
import { emergencyText, keys } from '../keys.js';
import { queueIfDegraded } from '../maintenance/rescreening-queue.js';
import { emergencyPurpose } from '../patient-gate.js';
import { type Screened } from '../patients.js';
import { verifySeal } from '../sealed-item.js';
import { type EmergencyAccess, type EmergencyText, entryItem } from './emergency-entry.js';
import { grantItem, grantOf } from './emergency-grant.js';

export interface EmergencyParts {
  table: PhiTable;
  audit: AuditTrail;
  rowSeal: RowSeal;
  vault: DocumentVault;
}

/** Somebody may change the patient at the same moment, again and again. */
const attemptsAtMost = 5;
const minuteMilliseconds = 60 * 1000;

/**
 * Breaking the glass (45 CFR 164.312(a)(2)(ii), emergency access procedure): who treats somebody in an emergency reads his record
 * although no care team names him, for a while, under everybody's eyes.
 */
export class EmergencyAccesses {
  /** @param minutes how long an emergency access lasts */
  constructor(
    private readonly parts: EmergencyParts,
    private readonly minutes: number,
  ) {}

  /**
   * Opens an emergency access to one patient for the one person who asks. While it is open, asking again changes nothing: it answers
   * the one that is open, so that nobody stretches it, and a repeated request leaves one entry to review.
   * @returns `isNew` false for the one that was open
   * @throws Problem `insufficient-scope`; `not-found` for an absent, a deleted and an erased patient alike
   * @throws Problem `concurrent-write`: nothing was opened
   */
  async open(
    caller: Caller,
    patientId: string,
    reason: Screened<EmergencyText>,
  ): Promise<{ grant: EmergencyGrant; isNew: boolean }> {
    needUserWhoTreats(caller);
    for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
      const [head, before] = await this.#rows(caller, patientId);
      // Deleted and erased: nothing is left that an emergency could need.
      if (head === undefined || head.attributes['deleted'] !== false)
        throw new Problem(problemTypes.notFound);
      const known = before && grantOf(before);
      if (known !== undefined && isOpenFor(caller.principal, known, new Date())) {
        await this.parts.audit.append([grantEvent(caller, patientId, known, 'repeated')]);
        return { grant: known, isNew: false };
      }
      const grant = await this.#tryOpen(caller, patientId, { head, before }, reason);
      if (grant !== undefined) return { grant, isNew: true };
    }
    throw new Problem(problemTypes.concurrentWrite);
  }

  /**
   * Ends the emergency access of the one who asks before its time: what nobody needs any more is open to nobody. It stays in the queue
   * and in the trail.
   * @throws Problem `not-found` unless he has one open for this patient, whether or not there is such a patient
   * @throws Problem `concurrent-write`: it is still open
   */
  async end(caller: Caller, patientId: string): Promise<void> {
    const { table, audit, rowSeal } = this.parts;
    const key = keys.grant(patientId, subjectToken(caller.principal));
    for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
      const found = await table.get(key);
      const grant = found && grantOf(verifySeal(rowSeal, found));
      if (grant === undefined || !isOpenFor(caller.principal, grant, new Date()))
        throw new Problem(problemTypes.notFound);
      const seal = { type: 'equals', attribute: 'seal', value: found?.attributes['seal'] as string } as const;
      const origin = { ...caller.origin, emergencyAccessId: grant.id };
      const ended = grantEvent({ ...caller, origin }, patientId, grant, 'ended');
      try {
        return await audit.transactWrite([{ type: 'delete', key, condition: seal }], [ended]);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    }
    throw new Problem(problemTypes.concurrentWrite);
  }

  async #rows({ principal }: Caller, patientId: string): Promise<(PhiItem | undefined)[]> {
    const wanted = [keys.profile(patientId), keys.grant(patientId, subjectToken(principal))];
    const found = await this.parts.table.batchGet(wanted);
    return found.map((item) => item && verifySeal(this.parts.rowSeal, item));
  }

  /** @returns undefined if somebody wrote one of the rows since they were read */
  async #tryOpen(
    caller: Caller,
    patientId: string,
    { head, before }: { head: PhiItem; before: PhiItem | undefined },
    { resource, screening }: Screened<EmergencyText>,
  ): Promise<EmergencyGrant | undefined> {
    const { rowSeal, vault, audit } = this.parts;
    const access = this.#newAccess(caller, patientId);
    const { id, grantedAt, expiresAt, holder } = access;
    const { issuer, subject } = holder;
    const grant = { id, issuer, subject, grantedAt, expiresAt };
    const dates = { createdAt: grantedAt, updatedAt: grantedAt };
    const text = { patientId, id, recordType: emergencyText, version: 1, ...dates, resource, screening };
    const { item, messageSha256 } = await vault.lock(text);
    const row = grantItem(rowSeal, patientId, grant);
    const absent = { type: 'absent' } as const;
    const writes: TableWrite[] = [
      stillThere(head),
      before === undefined ? { type: 'put', item: row, condition: absent } : replaceHead(before, row),
      { type: 'put', item, condition: absent },
      { type: 'put', item: entryItem(rowSeal, access), condition: absent },
      ...queueIfDegraded(patientId, [screening]),
    ];
    const entities = [{ type: emergencyText, id, version: 1, messageSha256 }];
    const opened = grantEvent(caller, patientId, grant, 'granted', { entities, screened: [screening] });
    try {
      await audit.transactWrite(writes, [opened]);
      return grant;
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  }

  #newAccess({ principal }: Caller, patientId: string): EmergencyAccess {
    const { issuer, subject, clientId } = principal;
    const now = Date.now();
    return {
      id: timeOrderedUuid(now),
      patientId,
      holder: { issuer, subject, clientId },
      purposeOfUse: emergencyPurpose,
      grantedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + this.minutes * minuteMilliseconds).toISOString(),
    };
  }
}

/**
 * A person, not a service, who may read something of his own patients, with a token that was given for treatment if it says for what.
 * An emergency lends him reach; what he may read there is for the scopes of his token to say.
 * @throws Problem `insufficient-scope`
 */
function needUserWhoTreats({ scopes, principal }: Caller): void {
  if (!scopes.permitsOperation('emergency-access')) throw new Problem(problemTypes.insufficientScope);
  if (!scopes.levelsForAnyType('r').includes('user')) {
    throw new Problem(problemTypes.insufficientScope, {
      detail: 'An emergency access is for a person: this needs a scope such as user/Patient.r, too.',
    });
  }
  const { purposesOfUse: given } = principal;
  if (given !== undefined && !given.some((code) => purposesOfUse.get(code)?.category === 'treatment')) {
    throw new Problem(problemTypes.insufficientScope, {
      detail: 'The access token was not given for treatment.',
    });
  }
}

/** The emergency is the purpose, whatever the request states. */
function grantEvent(
  caller: Caller,
  patientId: string,
  { id, expiresAt }: EmergencyGrant,
  step: 'granted' | 'repeated' | 'ended',
  details: Parameters<typeof event>[2] = {},
) {
  const origin = { ...caller.origin, purposeOfUse: emergencyPurpose };
  const emergencyAccess = { id, step, expiresAt };
  return event({ ...caller, origin }, 'emergency-access', { ...details, patientId, emergencyAccess });
}
