/** Why a patient may be erased. A closed list: the word is kept for as long as the trail is, so it can be no free text. */
export const erasureReasons = [
  'patient-request',
  'consent-withdrawn',
  'retention-expired',
  'court-order',
  'contract-ended',
  'created-in-error',
] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** What a deployment promises of its key store; the receipt says by it when an erasure is final. */
export interface ErasureTerms {
  /** How long another instance may go on using a branch key that it holds in memory. */
  keyCacheTtlSeconds: number;
  /** How long a backup of the key store is kept; 0 where there are none. */
  keyStoreBackupDays: number;
}

/** What an erasure destroyed. Counts only: the ids stand in no receipt. */
export interface Destroyed {
  /** Rows of the patient in the key store: active key, its versions, beacon key. */
  branchKeyRows: number;
  /** Clinical records, deleted ones too. */
  records: number;
  /** Superseded versions of the patient and of his records. */
  versions: number;
  careTeamMembers: number;
  /** Reasons and comments of emergency accesses. */
  emergencyAccessTexts: number;
  /** Rows of the blind index: what he was found by. */
  indexTokens: number;
}

/** When nobody can use the patient's key any more, place by place. ISO 8601 in UTC. */
export interface FinalTimes {
  thisInstance: string;
  otherInstances: string;
  /** By when the freed pages of the key-store file are gone too; absent where the key store is no file of ours. */
  keyStoreFile?: string;
  keyStoreBackups: string;
}

/**
 * What a privacy officer files: media sanitization by cryptographic erase (NIST SP 800-88), which is how the service meets
 * disposal (45 CFR 164.310(d)(2)(i)) and media re-use (164.310(d)(2)(ii)) for one patient among many on the same media.
 */
export interface ErasureReceipt {
  patientId: string;
  reason: ErasureReason;
  /** When the patient became unreadable for every caller. */
  erasedAt: string;
  /** When it was checked that no key and no row but the mark of the erasure was left. */
  completedAt: string;
  /** Of the request that began it: the trail says by it who asked. */
  requestId: string;
  destroyed: Destroyed;
  final: FinalTimes;
  /** What is left, where, and until when. */
  remaining: string[];
}

const remainingEverywhere = [
  'The id of the patient stays taken, with the time and the reason of the erasure, and this receipt.',
  'The audit trail keeps opaque ids, times and message hashes of the patient for its retention period, and no clinical content.',
  'The queue of emergency accesses keeps who broke the glass for this id and when, and what a review found; reasons and comments are destroyed.',
  'Copies and backups of the records table hold ciphertext, which no remaining key decrypts once all times under "final" have passed.',
  'Index tokens in copies, backups and freed pages of the records table show that somebody was stored until those are gone; no value can be computed from a token.',
  'Keyed hashes of requests that could be repeated (idempotency) expire within 24 hours.',
];

/** @param compaction whether the key store is a file that is compacted */
export function remainingAfter(terms: ErasureTerms, compaction: boolean): string[] {
  return [
    ...remainingEverywhere,
    ...(compaction
      ? [
          'The key-store file holds the wrapped key in freed pages until its next compaction: "final.keyStoreFile" is the latest time for it while the service runs, else it follows at the next start.',
        ]
      : []),
    terms.keyStoreBackupDays === 0
      ? 'The deployment declares that it keeps no backups of the key store; a copy that somebody made all the same can still open copies of the records.'
      : 'Backups of the key store can still open copies of the records until they expire: see "final.keyStoreBackups". After a restore from one that is older than this erasure, it must be repeated.',
  ];
}

const secondMilliseconds = 1000;
const dayMilliseconds = 24 * 60 * 60 * secondMilliseconds;

/** @param destroyedAt when the key store held no key any more, milliseconds since the epoch */
export function finalTimes(
  destroyedAt: number,
  terms: ErasureTerms,
  keyStoreFile: Date | undefined,
): FinalTimes {
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    thisInstance: iso(destroyedAt),
    otherInstances: iso(destroyedAt + terms.keyCacheTtlSeconds * secondMilliseconds),
    ...(keyStoreFile === undefined ? {} : { keyStoreFile: keyStoreFile.toISOString() }),
    keyStoreBackups: iso(destroyedAt + terms.keyStoreBackupDays * dayMilliseconds),
  };
}
