import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AuditTrail } from '@app/audit';
import { JwtTokenVerifier, LocalIssuer, type TokenVerifier } from '@app/authentication';
import { LocalParameterSource, type ParameterSource, type PhiConfig } from '@app/configuration';
import {
  BlindIndex,
  CursorCipher,
  KeyedHash,
  LmdbKeyStoreClient,
  LocalKmsClient,
  PatientKeyStore,
  RecordCipher,
  RowSeal,
  type VersionedRoots,
} from '@app/encryption';
import { LmdbPhiTable, type PhiTable } from '@app/phi-table';
import { silenceNodeVersionWarning } from './aws-sdk.config.js';
import { LocalPiiDetector, type PiiDetector } from '@app/pii-screening';

/** Every port of the service, open: where data, keys, identities and text screening are. */
export interface Platform {
  table: PhiTable;
  audit: AuditTrail;
  keyStore: PatientKeyStore;
  cipher: RecordCipher;
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
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  const kmsClient = LocalKmsClient.open(join(keyFolder, 'kms-root-key'));
  const roots = await readRoots(new LocalParameterSource(join(folder, 'parameters')));
  const localIssuer = await LocalIssuer.open(keyFolder, config.PHI_TOKEN_AUDIENCE);
  const keyStoreClient = LmdbKeyStoreClient.open(join(keyFolder, 'key-store.lmdb'));
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const keyStore = new PatientKeyStore({
    dynamoDbClient: keyStoreClient,
    kmsClient,
    kmsKeyArn: kmsClient.keyArn,
    tableName: keyStoreName,
    logicalName: keyStoreName,
  });
  const audit = new AuditTrail(table, randomUUID());
  return {
    table,
    audit,
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
    detector: new LocalPiiDetector(),
    localIssuer,
    localKms: kmsClient,
    async close() {
      await audit.close();
      await table.close();
      await keyStoreClient.close();
    },
  };
}

/** What is derived from the index root. */
function secrets(roots: VersionedRoots) {
  return {
    blindIndex: new BlindIndex(roots),
    rowSeal: new RowSeal(roots),
    cursorCipher: new CursorCipher(roots),
    requestHash: new KeyedHash(roots, 'idempotent-request'),
  };
}

async function readRoots(parameters: ParameterSource): Promise<VersionedRoots> {
  const text = await parameters.get('index-root');
  try {
    const { active, roots } = JSON.parse(text) as { active: number; roots: Record<string, string> };
    const decoded = Object.entries(roots).map(
      ([version, root]) => [version, Buffer.from(root, 'base64')] as const,
    );
    return { active, roots: Object.fromEntries(decoded) };
  } catch {
    throw new Error(
      'parameter index-root must be JSON: {"active": 1, "roots": {"1": "<32 bytes in base64>"}}',
    );
  }
}
