import { randomUUID } from 'node:crypto';
import { AuditTrail, type CheckpointSigner } from '@app/audit';
import type { PhiConfig } from '@app/configuration';
import {
  BlindIndex,
  CursorCipher,
  type IndexRoots,
  KeyedHash,
  type PatientKeyStore,
  RecordCipher,
  RowSeal,
} from '@app/encryption';
import type { PhiTable } from '@app/phi-table';

/** @returns the trail on any table and signer, its lease kept: a command that writes for long has one, too */
export function trailOn(config: PhiConfig, table: PhiTable, checkpointSigner: CheckpointSigner) {
  const audit = new AuditTrail({
    table,
    signer: checkpointSigner,
    instance: randomUUID(),
    leaseSeconds: config.PHI_AUDIT_LEASE_SECONDS,
    sealSeconds: config.PHI_AUDIT_SEAL_SECONDS,
  });
  audit.start();
  return { table, audit, checkpointSigner, checkpoints: audit.checkpoints };
}

/** @returns what is made of keys and roots, wherever they are */
export function cryptographyOf(config: PhiConfig, keyStore: PatientKeyStore, indexRoots: IndexRoots) {
  return {
    keyStore,
    cipher: new RecordCipher({
      keyStore,
      cacheMaxEntries: config.PHI_KEY_CACHE_ENTRIES,
      cacheTtlSeconds: config.PHI_KEY_CACHE_TTL_SECONDS,
    }),
    indexRoots,
    blindIndex: new BlindIndex(indexRoots),
    rowSeal: new RowSeal(indexRoots),
    cursorCipher: new CursorCipher(indexRoots),
    requestHash: new KeyedHash(indexRoots, 'idempotent-request'),
  };
}
