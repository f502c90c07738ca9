import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AuditTrail, type CheckpointLog, type CheckpointSigner, LocalCheckpointSigner } from '@app/audit';
import { JwtTokenVerifier, LocalIssuer, type TokenVerifier } from '@app/authentication';
import { LocalParameterSource, type PhiConfig } from '@app/configuration';
import {
  BlindIndex,
  CursorCipher,
  IndexRoots,
  type KeyStoreCompaction,
  KeyedHash,
  LmdbKeyStoreClient,
  LocalKmsClient,
  PatientKeyStore,
  RecordCipher,
  RowSeal,
} from '@app/encryption';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import { silenceNodeVersionWarning } from './aws-sdk.config.js';
import { LocalPiiDetector, openBedrockDetector, type PiiDetector } from '@app/pii-screening';

/** Every port of the service, open: where data, keys, identities and text screening are. */
export interface Platform {
  table: PhiTable;
  audit: AuditTrail;
  /** What vouches for the trail. */
  checkpointSigner: CheckpointSigner;
  /** The register of the whole trail, over all instances. */
  checkpoints: CheckpointLog;
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
  /** What blind index, seals, cursors and hashes are derived from; `refresh` follows the parameter. */
  indexRoots: IndexRoots;
  blindIndex: BlindIndex;
  rowSeal: RowSeal;
  cursorCipher: CursorCipher;
  /** Names idempotent requests. */
  requestHash: KeyedHash;
  tokenVerifier: TokenVerifier;
  detector: PiiDetector;
  /** The issuer of development tokens; on the embedded platform alone. */
  localIssuer?: LocalIssuer;
  /** The key service of the embedded platform; it counts its calls, to be held against what the key cache promises. */
  localKms?: LocalKmsClient;
  /** Removes the traces of destroyed keys; on the embedded platform alone. */
  keyStoreCompaction?: KeyStoreCompaction;
  close(): Promise<void>;
}

/** The logical name is bound into every branch key: it can never change. */
const keyStoreName = 'phi-key-store';

/** @throws Error that names what could not be opened */
export async function openPlatform(config: PhiConfig): Promise<Platform> {
  silenceNodeVersionWarning();
  if (config.PHI_PLATFORM === 'aws') throw new Error('PHI_PLATFORM=aws is not part of this version');
  return openEmbedded(config);
}

/**
 * One machine, no account: LMDB files, a root key file and a local issuer in the data folder.
 * Keys, key store and records are in folders of their own, so that a copy of the records alone is worthless.
 */
async function openEmbedded(config: PhiConfig): Promise<Platform> {
  const folder = resolve(config.PHI_DATA_DIR);
  const keyFolder = join(folder, 'keys');
  const detector = await openDetector(config);
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  const kmsClient = LocalKmsClient.open(join(keyFolder, 'kms-root-key'));
  const roots = await IndexRoots.open(new LocalParameterSource(join(folder, 'parameters')));
  const localIssuer = await LocalIssuer.open(keyFolder, config.PHI_TOKEN_AUDIENCE);
  const keyStoreClient = LmdbKeyStoreClient.open(join(keyFolder, 'key-store.lmdb'));
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const keyStore = new PatientKeyStore({
    dynamoDbClient: keyStoreClient,
    kmsClient,
    kmsKeyArn: kmsClient.aliasArn,
    earlierKmsKeyArns: () => kmsClient.keyArns,
    kmsKeyLookupSeconds: config.PHI_PARAMETER_REFRESH_SECONDS,
    tableName: keyStoreName,
    logicalName: keyStoreName,
  });
  const checkpointSigner = LocalCheckpointSigner.open(join(keyFolder, 'audit-checkpoint-key'));
  const audit = new AuditTrail({
    table,
    signer: checkpointSigner,
    instance: randomUUID(),
    leaseSeconds: config.PHI_AUDIT_LEASE_SECONDS,
    sealSeconds: config.PHI_AUDIT_SEAL_SECONDS,
  });
  // A command that writes for long has a lease to keep, too.
  audit.start();
  return {
    table,
    audit,
    checkpointSigner,
    checkpoints: audit.checkpoints,
    keyStore,
    ...secrets(roots),
    cipher: new RecordCipher({
      keyStore,
      cacheMaxEntries: config.PHI_KEY_CACHE_ENTRIES,
      cacheTtlSeconds: config.PHI_KEY_CACHE_TTL_SECONDS,
    }),
    tokenVerifier: new JwtTokenVerifier({
      issuer: LocalIssuer.issuer,
      audience: config.PHI_TOKEN_AUDIENCE,
      keys: localIssuer.verificationKeys,
      clockSkewSeconds: config.PHI_CLOCK_SKEW_SECONDS,
    }),
    detector,
    localIssuer,
    localKms: kmsClient,
    keyStoreCompaction: keyStoreClient.compaction,
    async close() {
      detector.close?.();
      await audit.close();
      await table.close();
      await keyStoreClient.close();
    },
  };
}

/** The local detector, and behind it Bedrock where the configuration names a guardrail and a model, on any platform. */
async function openDetector(config: PhiConfig): Promise<PiiDetector & { close?(): void }> {
  const local = new LocalPiiDetector();
  const {
    PHI_BEDROCK_REGION: region,
    PHI_BEDROCK_GUARDRAIL_ID: guardrailId,
    PHI_BEDROCK_GUARDRAIL_VERSION: guardrailVersion,
    PHI_BEDROCK_MODEL_ID: modelId,
    PHI_SCREENING_ON_FAILURE: onFailure,
  } = config;
  if (!region || !guardrailId || !guardrailVersion || !modelId) return local;
  return openBedrockDetector({ region, guardrailId, guardrailVersion, modelId, onFailure }, local);
}

/** What is derived from the index root. */
function secrets(indexRoots: IndexRoots) {
  return {
    indexRoots,
    blindIndex: new BlindIndex(indexRoots),
    rowSeal: new RowSeal(indexRoots),
    cursorCipher: new CursorCipher(indexRoots),
    requestHash: new KeyedHash(indexRoots, 'idempotent-request'),
  };
}
