import type { AuditTrail, CheckpointLog, CheckpointSigner } from '@app/audit';
import type { LocalIssuer, RevokedTokens, TokenVerifier } from '@app/authentication';
import type { ParameterSource } from '@app/configuration';
import type {
  BlindIndex,
  CursorCipher,
  IndexRoots,
  KeyedHash,
  KeyStoreCompaction,
  LocalKmsClient,
  PatientKeyStore,
  RecordCipher,
  RowSeal,
} from '@app/encryption';
import type { PhiTable } from '@app/phi-table';
import type { PiiDetector } from '@app/pii-screening';

/** The ports of whoever works on the audit trail alone, under a role that can do nothing else. */
export interface TrailPorts {
  table: PhiTable;
  audit: AuditTrail;
  /** What vouches for the trail. */
  checkpointSigner: CheckpointSigner;
  /** The register of the whole trail, over all instances. */
  checkpoints: CheckpointLog;
  close(): Promise<void>;
}

/** Every port of the service, open: where data, keys, identities and text screening are. */
export interface Platform extends TrailPorts {
  parameters: ParameterSource;
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
  revokedTokens: RevokedTokens;
  detector: PiiDetector;
  /** Whether Bedrock reads text after the local detector. */
  readonly usesBedrock: boolean;
  /** Parameters other than the index roots, where there are any; `refresh` follows them, and changes nothing when it fails. */
  settings?: { refresh(): Promise<void> };
  /** Of keys that the alias pointed to before. */
  earlierKmsKeyArns(): readonly string[];
  /** How often the key service was asked since the start, for keys and for signatures: what it bills and throttles. */
  keyServiceCalls(): number;
  /** The issuer of development tokens; on the embedded platform alone. */
  localIssuer?: LocalIssuer;
  /** The key service of the embedded platform; it counts its calls, to be held against what the key cache promises. */
  localKms?: LocalKmsClient;
  /** Removes the traces of destroyed keys; on the embedded platform alone. */
  keyStoreCompaction?: KeyStoreCompaction;
}
