import { ApiProperty } from '@nestjs/swagger';
import { type AuditRow, type CheckpointSigner, type InclusionProof, type SignedCheckpoint } from '@app/audit';

const hash = 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=';
const keyId = '9f2c0a5be1d34c7f8a6b5c4d3e2f1a0b';
const pem = '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE...\n-----END PUBLIC KEY-----\n';
const checkpoint =
  '{"format":"phi-audit-checkpoint/1","number":7,"previous":"...","at":"2026-01-05T09:30:05.000Z","kind":"sealed","chain":"CHAIN#...","first":13,"last":40,"root":"...","keyId":"..."}';

/** Whoever has the service's public key from elsewhere needs nothing but this text and its signature. */
export class SignedCheckpointDto {
  @ApiProperty({ description: 'Number in the register, from 1, without gaps.', example: 7 })
  number!: number;
  @ApiProperty({ description: 'The checkpoint as it is signed: JSON text.', example: checkpoint })
  text!: string;
  @ApiProperty({
    description: "Base64, ECDSA P-256 with SHA-256 over the text's UTF-8, DER.",
    example: 'MEUCIQDx...',
  })
  signature!: string;
}

/** The key that signs today; a checkpoint says in its text which key signed it. */
class PublicKeyDto {
  @ApiProperty({ description: 'SPKI, PEM.', example: pem })
  publicKey!: string;
  @ApiProperty({
    description: 'Hex SHA-256 of the key as SPKI DER, the first 32 digits.',
    example: keyId,
  })
  keyId!: string;
}

export class CheckpointPageDto extends PublicKeyDto {
  @ApiProperty({ description: 'Checkpoints in order of their numbers.', type: [SignedCheckpointDto] })
  items!: SignedCheckpointDto[];
  @ApiProperty({
    description: 'Cursor of the next page; absent at the end.',
    required: false,
    example: 'AbC0',
  })
  nextCursor?: string;
}

export class InclusionProofDto extends PublicKeyDto {
  @ApiProperty({
    description: 'Id of the event.',
    format: 'uuid',
    example: '019a9b3e-6c2f-7f5e-9a55-0d6f3f6f7a11',
  })
  eventId!: string;
  @ApiProperty({
    description: 'Chain of events that it belongs to.',
    example: 'CHAIN#0d5b9f6a-3c1e-4f0b-8f7e-6a1d2c3b4e5f#5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11',
  })
  chain!: string;
  @ApiProperty({ description: 'Its number there, from 1.', example: 17 })
  sequence!: number;
  @ApiProperty({
    description:
      'The event as it is stored. The leaf is SHA-256 of 00, then UTF-8 of "chain\\nsequence\\ntext".',
    example: '{"type":"patient-read",...}',
  })
  text!: string;
  @ApiProperty({ description: 'Base64 hash of the leaf (RFC 6962, 2.1).', example: hash })
  leaf!: string;
  @ApiProperty({ description: 'Place of the leaf in its tree, from 0.', example: 4 })
  leafIndex!: number;
  @ApiProperty({ description: 'Leaves of the tree.', example: 28 })
  treeSize!: number;
  @ApiProperty({
    description: 'Base64 hashes from the leaf to the root, nearest first (RFC 6962, 2.1.1).',
    type: [String],
    example: [hash],
  })
  path!: string[];
  @ApiProperty({ description: 'The checkpoint that holds the root.', type: SignedCheckpointDto })
  checkpoint!: SignedCheckpointDto;
}

export function checkpointAnswer({ checkpoint, text, signature }: SignedCheckpoint): SignedCheckpointDto {
  return { number: checkpoint.number, text, signature };
}

export function proofAnswer(
  { event, chain, sequence, text }: AuditRow,
  { leaf, leafIndex, treeSize, path, checkpoint: signed }: InclusionProof,
  { publicKey, keyId: signerId }: CheckpointSigner,
): InclusionProofDto {
  return {
    eventId: event.id,
    chain,
    sequence,
    text,
    leaf,
    leafIndex,
    treeSize,
    path,
    checkpoint: checkpointAnswer(signed),
    publicKey,
    keyId: signerId,
  };
}
