import { randomUUID } from 'node:crypto';
import { AuditReader, type AuditRow } from '@app/audit';
import { subjectToken } from '@app/authentication';
import { ConditionFailed, type PhiItem, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller, Page } from '../caller.js';
import { event } from '../events.js';
import { IntegrityBreach } from '../integrity-breach.js';
import { emergencyText, keys } from '../keys.js';
import { queueIfDegraded } from '../maintenance/rescreening-queue.js';
import { isErased, type PatientGate } from '../patient-gate.js';
import { type Screened } from '../patients.js';
import { verifySeal } from '../sealed-item.js';
import { type EmergencyParts } from './emergency-accesses.js';
import {
  accessOf,
  type EmergencyAccess,
  type EmergencyReview,
  type EmergencyStatus,
  type EmergencyText,
  entryItem,
  type ReviewFinding,
} from './emergency-entry.js';
import { grantOf } from './emergency-grant.js';

interface EmergencyReviewParts extends EmergencyParts {
  gate: PatientGate;
}

/** An emergency access as a reviewer judges it. */
export interface EmergencyCase {
  access: EmergencyAccess;
  /** Reason and comment went with the patient's key. */
  patientErased: boolean;
  texts: EmergencyText;
  /** What was done under it, newest first. */
  events: AuditRow[];
  /** More was done than `events` holds. */
  moreEvents: boolean;
}

const eventsAtMost = 200;
const attemptsAtMost = 5;
/** Instances differ in their clocks, and an event follows the look at the grant. */
const slackMilliseconds = 60 * 1000;

/** The queue of emergency accesses, and the privacy officer who closes them (45 CFR 164.308(a)(1)(ii)(D), activity review). */
export class EmergencyReviews {
  readonly #trail: AuditReader;

  constructor(private readonly parts: EmergencyReviewParts) {
    this.#trail = new AuditReader(parts.table);
  }

  /** Newest first. @param position `next` of the page before */
  async list(
    caller: Caller,
    status: EmergencyStatus,
    limit: number,
    position: string | undefined,
  ): Promise<Page<EmergencyAccess>> {
    const { items, next } = await this.parts.table.query({
      table: 'records',
      partition: keys.emergencies(status),
      descending: true,
      limit,
      ...(position === undefined ? {} : { after: position }),
    });
    const accesses = items.map((item) => accessOf(this.parts.rowSeal, item));
    await this.parts.audit.append([
      event(caller, 'audit-query', { query: ['emergency-access', 'status'], count: accesses.length }),
    ]);
    return { items: accesses, ...(next === undefined ? {} : { next }) };
  }

  /** @throws Problem `not-found`, `integrity-failure` */
  async read(caller: Caller, id: string): Promise<EmergencyCase> {
    const { access } = await this.#find(id);
    const { patientId } = access;
    const found = await this.#texts(access);
    const done = await this.#eventsUnder(access);
    const entities = found.ids.map((textId) => ({ type: emergencyText, id: textId, version: 1 }));
    await this.parts.audit.append([
      event(caller, 'emergency-access-read', {
        patientId,
        entities,
        emergencyAccess: { id, step: 'read' },
      }),
    ]);
    const { texts, patientErased } = found;
    return { access, patientErased, texts, ...done };
  }

  /**
   * Closes an emergency access with a finding, for good. One that was inappropriate is over from this moment on.
   * @throws Problem `not-found`, `insufficient-scope` for the holder himself, `already-reviewed`
   * @throws Problem `gone` for a comment about somebody who was erased: there is no key to keep it under
   */
  async review(
    caller: Caller,
    id: string,
    finding: ReviewFinding,
    comment: Screened<EmergencyText> | undefined,
  ): Promise<EmergencyAccess> {
    for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
      const { item, access } = await this.#find(id);
      if (access.review !== undefined) throw new Problem(problemTypes.alreadyReviewed);
      needSomebodyElse(caller, access);
      const reviewed = await this.#tryReview(caller, { item, access }, finding, comment);
      if (reviewed !== undefined) return reviewed;
    }
    throw new Problem(problemTypes.concurrentWrite);
  }

  /** @returns undefined if somebody wrote one of the rows since they were read */
  async #tryReview(
    caller: Caller,
    { item, access }: { item: PhiItem; access: EmergencyAccess },
    finding: ReviewFinding,
    comment: Screened<EmergencyText> | undefined,
  ): Promise<EmergencyAccess | undefined> {
    const { audit, rowSeal } = this.parts;
    const { id, patientId } = access;
    const { issuer, subject } = caller.principal;
    const reviewedAt = new Date().toISOString();
    const kept = comment && (await this.#keepComment(patientId, reviewedAt, comment));
    const review: EmergencyReview = {
      finding,
      reviewer: { issuer, subject },
      reviewedAt,
      ...(kept === undefined ? {} : { commentId: kept.entity.id }),
    };
    const reviewed = { ...access, review };
    const writes: TableWrite[] = [
      { type: 'delete', key: keyOf(item), condition: sealOf(item) },
      { type: 'put', item: entryItem(rowSeal, reviewed), condition: { type: 'absent' } },
      ...(kept?.writes ?? []),
      ...(finding === 'inappropriate' ? await this.#endGrant(access) : []),
    ];
    const told = event(caller, 'emergency-access-review', {
      patientId,
      emergencyAccess: { id, step: 'reviewed', finding },
      ...(kept === undefined ? {} : { entities: [kept.entity] }),
      screened: comment === undefined ? [] : [comment.screening],
    });
    try {
      await audit.transactWrite(writes, [told]);
      return reviewed;
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  }

  /** Depends on the patient's head as it is: an erasure that comes between finds no row that it has not seen. */
  async #keepComment(patientId: string, at: string, { resource, screening }: Screened<EmergencyText>) {
    const { gate, vault } = this.parts;
    const head = await gate.head(patientId);
    if (head === undefined) throw breachOf(patientId);
    if (isErased(head)) {
      throw new Problem(problemTypes.gone, {
        detail: 'The patient was erased, so a comment has no key to be kept under. Send the finding alone.',
      });
    }
    const id = randomUUID();
    const dates = { createdAt: at, updatedAt: at };
    const text = { patientId, id, recordType: emergencyText, version: 1, ...dates, resource, screening };
    const { item, messageSha256 } = await vault.lock(text);
    const writes: TableWrite[] = [
      { type: 'put', item, condition: { type: 'absent' } },
      { type: 'check', key: keyOf(head), condition: sealOf(head) },
      ...queueIfDegraded(patientId, [screening]),
    ];
    return { writes, entity: { type: emergencyText, id, version: 1, messageSha256 } };
  }

  /** The grant that the access gave, unless it was removed or another one took its place. */
  async #endGrant({ id, patientId, holder }: EmergencyAccess): Promise<TableWrite[]> {
    const { table, rowSeal } = this.parts;
    const row = await table.get(keys.grant(patientId, subjectToken(holder)));
    if (row === undefined || grantOf(verifySeal(rowSeal, row)).id !== id) return [];
    return [{ type: 'delete', key: keyOf(row), condition: sealOf(row) }];
  }

  /** @throws Problem `not-found` */
  async #find(id: string): Promise<{ item: PhiItem; access: EmergencyAccess }> {
    const { table, rowSeal } = this.parts;
    // One after the other: an entry moves from the one place to the other, and a batch is no single moment. It could be missing in both.
    const item =
      (await table.get(keys.emergency('open', id))) ?? (await table.get(keys.emergency('reviewed', id)));
    if (item === undefined) throw new Problem(problemTypes.notFound);
    return { item, access: accessOf(rowSeal, item) };
  }

  /** @throws Problem `integrity-failure` if one is not there although its patient is */
  async #texts({ id, patientId, review }: EmergencyAccess) {
    const { gate, table, vault } = this.parts;
    const ids = review?.commentId === undefined ? [id] : [id, review.commentId];
    const rows = await table.batchGet(ids.map((textId) => keys.emergencyText(patientId, textId)));
    try {
      const texts: EmergencyText = {};
      for (const row of rows) {
        if (row === undefined) throw breachOf(patientId);
        Object.assign(texts, (await vault.unlock<EmergencyText>(row)).resource);
      }
      return { ids, texts, patientErased: false };
    } catch (error) {
      if (!(await gate.wasErased(patientId))) throw error;
      return { ids: [], texts: {}, patientErased: true };
    }
  }

  async #eventsUnder({ id, patientId, holder, grantedAt, expiresAt }: EmergencyAccess) {
    const to = new Date(Date.parse(expiresAt) + slackMilliseconds).toISOString();
    const scope = { patientId, agent: holder, from: grantedAt, to };
    const under = ({ event: { origin } }: AuditRow) => origin.emergencyAccessId === id;
    const events: AuditRow[] = [];
    let after: string | undefined;
    do {
      const page = await this.#trail.select(scope, under, eventsAtMost - events.length, after);
      events.push(...page.items);
      after = page.next;
    } while (after !== undefined && events.length < eventsAtMost);
    return { events, moreEvents: after !== undefined };
  }
}

const breachOf = (patientId: string) =>
  new Problem(problemTypes.integrityFailure, { cause: new IntegrityBreach(patientId) });
const keyOf = ({ table, partition, sort }: PhiItem) => ({ table, partition, sort });
const sealOf = ({ attributes }: PhiItem) =>
  ({ type: 'equals', attribute: 'seal', value: attributes['seal'] as string }) as const;

/** Separation of duties: NIST SP 800-53, AC-5. */
function needSomebodyElse({ principal }: Caller, { holder }: EmergencyAccess): void {
  if (principal.issuer !== holder.issuer || principal.subject !== holder.subject) return;
  throw new Problem(problemTypes.insufficientScope, {
    detail: 'Nobody reviews an emergency access of his own.',
  });
}
