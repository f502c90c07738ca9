import { hash } from 'node:crypto';
import { type RecordCensus, type StoredVersion } from '@app/audit';
import { type PatientKeyStore } from '@app/encryption';
import { type PhiItem, type PhiTable } from '@app/phi-table';
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
  };
}

/** @returns the version that a row holds, nothing for a row of another kind */
function storedVersion({ partition, sort, attributes }: PhiItem): StoredVersion[] {
  const [kind = '', id = '', superseded] = sort.split('#');
  const isVersion = kind === 'VERSION';
  if (kind !== profile && kind !== 'RECORD' && !isVersion) return [];
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
