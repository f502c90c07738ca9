import { type RowSeal } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { keys } from '../keys.js';
import { sealItem, verifySeal } from '../sealed-item.js';

/** What a privacy officer may find. Words of a closed list: they stand in clear, and in the trail. */
export const reviewFindings = ['appropriate', 'inappropriate', 'undetermined'] as const;
export type ReviewFinding = (typeof reviewFindings)[number];

/** How an emergency access was closed. Final. */
export interface EmergencyReview {
  finding: ReviewFinding;
  reviewer: { issuer: string; subject: string };
  reviewedAt: string;
  /** Of the comment, which stands under the patient's key. */
  commentId?: string;
}

/** That somebody broke the glass: who, when, to whom, and what a review found. Times are ISO 8601 in UTC. */
export interface EmergencyAccess {
  /** A version 7 UUID: sorts in the order of time. */
  id: string;
  patientId: string;
  holder: { issuer: string; subject: string; clientId: string };
  /** HL7 v3 PurposeOfUse. */
  purposeOfUse: string;
  grantedAt: string;
  expiresAt: string;
  review?: EmergencyReview;
}

/** What was written about it, as it is stored under the patient's key. */
export interface EmergencyText {
  reason?: string;
  comment?: string;
}

export type EmergencyStatus = 'open' | 'reviewed';

/**
 * The entry in the queue. It stands outside of the patient's rows and holds nothing of him but his id, so that it stays, and can be
 * reviewed, when he is erased. Sealed: neither its content nor its place can be changed.
 */
export function entryItem(rowSeal: RowSeal, access: EmergencyAccess): PhiItem {
  const key = keys.emergency(access.review === undefined ? 'open' : 'reviewed', access.id);
  return sealItem(rowSeal, { ...key, attributes: { access: JSON.stringify(access) } });
}

/** Rows of one page in memory. */
const entriesAtOnce = 100;

/** Every entry of the queue as it is stored, those that are reviewed last: one that is reviewed meanwhile is met all the same. */
export async function* everyEntry(table: PhiTable): AsyncGenerator<PhiItem[]> {
  for (const status of ['open', 'reviewed'] as const) {
    const place = { table: 'records', partition: keys.emergencies(status), limit: entriesAtOnce } as const;
    let after: string | undefined;
    do {
      const page = await table.query(after === undefined ? place : { ...place, after });
      yield page.items;
      after = page.next;
    } while (after !== undefined);
  }
}

/** @throws Problem `integrity-failure` for an entry that is not what was written there */
export function accessOf(rowSeal: RowSeal, item: PhiItem): EmergencyAccess {
  return JSON.parse(verifySeal(rowSeal, item).attributes['access'] as string) as EmergencyAccess;
}
