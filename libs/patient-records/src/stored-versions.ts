import { hash } from 'node:crypto';
import { type RecordCensus, type StoredEmergency, type StoredVersion } from '@app/audit';
import { type PatientKeyStore } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
import { type EmergencyAccess } from './emergency-access/emergency-entry.js';
import { keys, patientIdOf, profile } from './keys.js';
import { everyPatient, rowsOf } from './maintenance/patient-walk.js';

/**
 * @returns what the records hold, for a verification of the trail: numbers, states and hashes of messages. Nothing is decrypted and no
 *   seal is looked at: the trail says what must be there, whoever wrote it
 */
export function recordCensus(parts: { keyStore: PatientKeyStore; table: PhiTable }): RecordCensus {
  const { table } = parts;
  return {
    async *patients() {
      for await (const { patientId } of everyPatient(parts)) yield patientId;
    },
    async versionsOf(patientId) {
      const versions: StoredVersion[] = [];
      for await (const rows of rowsOf(table, patientId)) {
        for (const row of rows) versions.push(...storedVersion(row));
      }
      return versions;
    },
    async withoutHead(patientIds) {
      const heads = await table.batchGet(patientIds.map((id) => keys.profile(id)));
      return patientIds.filter((_, position) => heads[position] === undefined);
    },
    async emergencies(ids) {
      const rows = await table.batchGet([
        ...ids.map((id) => keys.emergency('open', id)),
        ...ids.map((id) => keys.emergency('reviewed', id)),
      ]);
      return ids.map((_, position) => {
        const row = rows[ids.length + position] ?? rows[position];
        return row && storedEmergency(row);
      });
    },
  };
}

function storedEmergency({ attributes }: PhiItem): StoredEmergency {
  try {
    const { patientId, review } = JSON.parse(attributes['access'] as string) as EmergencyAccess;
    return { patientId, ...(review === undefined ? {} : { finding: review.finding }) };
  } catch {
    return { patientId: '' };
  }
}

/** Documents beside the patient's own: clinical records, and what was written about emergency accesses. */
const recordKinds = new Set(['RECORD', 'EMERGENCY']);

/** @returns the version that a row holds, nothing for a row of another kind */
function storedVersion({ partition, sort, attributes }: PhiItem): StoredVersion[] {
  const [kind = '', id = '', superseded] = sort.split('#');
  const isVersion = kind === 'VERSION';
  if (kind !== profile && !recordKinds.has(kind) && !isVersion) return [];
  const ofPatient = kind === profile || (isVersion && id === profile);
  const { version, deleted, erased, updatedAt, message } = attributes;
  return [
    {
      of: ofPatient ? 'patient' : 'record',
      id: ofPatient ? patientIdOf(partition) : id,
      // Where a superseded version stands says which one it is taken for.
      version: isVersion ? Number(superseded) : typeof version === 'number' ? version : 0,
      current: !isVersion,
      deleted: deleted === true,
      erased: erased === true,
      updatedAt: String(updatedAt),
      ...(message instanceof Uint8Array ? { messageSha256: hash('sha256', message, 'base64') } : {}),
    },
  ];
}
