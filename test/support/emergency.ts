import { type PhiItem, type PhiKey } from '@app/phi-table';
import { type AnswerBody, clientOf, type PhiClient, succeeded } from './phi-client.js';
import { type Service } from './service.js';

/** A clinician who may break the glass, and belongs to no care team. */
export const clinicianScope = 'user/*.cruds phi/emergency-access';

export const clinicianOf = (service: Service, subject: string) =>
  clientOf(service, { scope: clinicianScope, subject });

export const emergency = (reason = 'Unconscious, allergies unknown.') => ({ reason, purpose: 'ETREAT' });

/** @returns the answer to breaking the glass @throws Error if it was refused */
export async function breakGlass(by: PhiClient, patientId: string, reason?: string): Promise<AnswerBody> {
  return (await succeeded(by.post(`/v1/patients/${patientId}/emergency-access`, emergency(reason)))).body;
}

/** @returns the row that lets the holder in: there is one a patient and person */
export async function grantOf({ platform: { table } }: Service, patientId: string): Promise<PhiItem> {
  const place = { table: 'records', partition: `PATIENT#${patientId}`, prefix: 'GRANT#', limit: 2 } as const;
  const { items } = await table.query(place);
  if (items.length !== 1) throw new Error(`there are ${items.length} emergency accesses`);
  return items[0] as PhiItem;
}

export const entryAt = (status: 'open' | 'reviewed', id: string): PhiKey => ({
  table: 'records',
  partition: `EMERGENCIES#${status}`,
  sort: id,
});
