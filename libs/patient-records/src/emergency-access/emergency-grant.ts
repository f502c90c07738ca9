import { subjectToken } from '@app/authentication';
import { type EmergencyGrant } from '@app/authorization';
import { type RowSeal } from '@app/encryption';
import { type PhiItem } from '@app/phi-table';
import { keys } from '../keys.js';
import { sealItem } from '../sealed-item.js';

/**
 * The row that the door looks at: one a patient and person, so that its key is known before it is read. It may be removed
 * once it is over, which may be late; nothing of an emergency access is lost with it.
 */
export function grantItem(rowSeal: RowSeal, patientId: string, grant: EmergencyGrant): PhiItem {
  return sealItem(rowSeal, {
    ...keys.grant(patientId, subjectToken(grant)),
    expiresAt: Math.ceil(Date.parse(grant.expiresAt) / 1000),
    attributes: { ...grant },
  });
}

/** @param item verified */
export function grantOf({ attributes }: PhiItem): EmergencyGrant {
  const { id, issuer, subject, grantedAt, expiresAt } = attributes as Record<keyof EmergencyGrant, string>;
  return { id, issuer, subject, grantedAt, expiresAt };
}
