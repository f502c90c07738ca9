import { ApiProperty } from '@nestjs/swagger';
import { type ErasureReceipt, erasureReasons } from '@app/patient-records';
import { NotScreened } from '@app/pii-screening';
import { Choice, Text } from '../http/dto-properties.js';
import { uuid } from '../http/input.js';

const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';

/** An id of ours and a word of a closed list: there is no text in it. */
@NotScreened()
export class ErasureDto {
  @Text({
    about: 'The id of the patient, the same as in the path: an erasure cannot be taken back.',
    max: 36,
    example: patientId,
    pattern: uuid,
    expects: 'the id of the patient in the path',
    required: true,
  })
  confirm!: string;
  @Choice(erasureReasons, {
    about: 'Why. A code and no text, because it is kept in the receipt and in the audit trail.',
    example: 'patient-request',
    required: true,
  })
  reason!: (typeof erasureReasons)[number];
}

class DestroyedDto {
  @ApiProperty({
    description:
      'Rows of the patient in the key store: the active branch key, every version of it, the beacon key. 0 if an earlier attempt was interrupted after it had destroyed them.',
    example: 3,
  })
  branchKeyRows!: number;
  @ApiProperty({ description: 'Clinical records, deleted ones too.', example: 12 })
  records!: number;
  @ApiProperty({ description: 'Superseded versions of the patient and of his records.', example: 4 })
  versions!: number;
  @ApiProperty({ description: 'Entries of the care team.', example: 2 })
  careTeamMembers!: number;
  @ApiProperty({ description: 'Reasons and comments of emergency accesses.', example: 0 })
  emergencyAccessTexts!: number;
  @ApiProperty({ description: 'Index tokens by which the patient was found.', example: 3 })
  indexTokens!: number;
}

class FinalTimesDto {
  @ApiProperty({
    description: 'From when this instance has no key of the patient, on disk or in memory.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.120Z',
  })
  thisInstance!: string;
  @ApiProperty({
    description: 'From when no other instance has one in memory (PHI_KEY_CACHE_TTL_SECONDS).',
    format: 'date-time',
    example: '2026-01-05T09:35:00.120Z',
  })
  otherInstances!: string;
  @ApiProperty({
    description:
      'Latest time of the compaction after which the key-store file holds no trace of the key, freed pages included. Absent where the key store is a database of the cloud.',
    format: 'date-time',
    required: false,
    example: '2026-01-06T09:30:00.110Z',
  })
  keyStoreFile?: string;
  @ApiProperty({
    description: 'From when no backup of the key store holds the key (PHI_KEY_STORE_BACKUP_DAYS).',
    format: 'date-time',
    example: '2026-01-05T09:30:00.120Z',
  })
  keyStoreBackups!: string;
}

/** What a privacy officer files. */
export class ErasureReceiptDto {
  @ApiProperty({ description: 'The patient who was.', format: 'uuid', example: patientId })
  patientId!: string;
  @ApiProperty({ description: 'Why.', enum: [...erasureReasons], example: 'patient-request' })
  reason!: string;
  @ApiProperty({
    description: 'When the patient became unreadable for every caller.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.100Z',
  })
  erasedAt!: string;
  @ApiProperty({
    description:
      'When it was checked that the key store holds no key of the patient and the records nothing but the mark of the erasure.',
    format: 'date-time',
    example: '2026-01-05T09:30:00.180Z',
  })
  completedAt!: string;
  @ApiProperty({
    description: 'Of the request that began the erasure; the audit trail says by it who asked.',
    format: 'uuid',
    example: '0d5b9f6a-3c1e-4f0b-8f7e-6a1d2c3b4e5f',
  })
  requestId!: string;
  @ApiProperty({ description: 'What was destroyed.', type: DestroyedDto })
  destroyed!: DestroyedDto;
  @ApiProperty({ description: 'When the erasure is final, place by place.', type: FinalTimesDto })
  final!: FinalTimesDto;
  @ApiProperty({
    description: 'What is left, where, and until when.',
    type: [String],
    example: [
      'The id of the patient stays taken, with the time and the reason of the erasure, and this receipt.',
    ],
  })
  remaining!: string[];
}

export function receiptAnswer(receipt: ErasureReceipt): ErasureReceiptDto {
  const { destroyed, final } = receipt;
  return {
    patientId: receipt.patientId,
    reason: receipt.reason,
    erasedAt: receipt.erasedAt,
    completedAt: receipt.completedAt,
    requestId: receipt.requestId,
    destroyed: {
      branchKeyRows: destroyed.branchKeyRows,
      records: destroyed.records,
      versions: destroyed.versions,
      careTeamMembers: destroyed.careTeamMembers,
      emergencyAccessTexts: destroyed.emergencyAccessTexts,
      indexTokens: destroyed.indexTokens,
    },
    final: {
      thisInstance: final.thisInstance,
      otherInstances: final.otherInstances,
      ...(final.keyStoreFile === undefined ? {} : { keyStoreFile: final.keyStoreFile }),
      keyStoreBackups: final.keyStoreBackups,
    },
    remaining: receipt.remaining,
  };
}
