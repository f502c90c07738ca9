import {
  CommitmentPolicy,
  EncryptedDataKey,
  KeyringNode,
  KeyringTraceFlag,
  KmsHierarchicalKeyRingNode,
  NodeDefaultCryptographicMaterialsManager,
  buildClient,
} from '@aws-crypto/client-node';
import {
  NodeBranchKeyMaterial,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { BranchKeyCache } from '../src/branch-key-cache.js';
import { BranchKeySource } from '../src/branch-key-source.js';
import { PatientKeyStore } from '../src/patient-key-store.js';
import { openFrame } from '../src/one-frame-message.js';
import { SUITE, parseMessage } from '../src/record-message.js';

/** What opened a message: this lib's own way of reading one frame, or the SDK as this lib sets it up. */
export interface DecryptedVector {
  readonly plaintext: Buffer;
  readonly by: 'one frame' | 'stock';
}

/**
 * Decrypts a message that this service did not write, with the parts of this lib that read its own: what it takes for
 * a message of ours with one frame goes that way, the rest (signed, unframed, several frames or data keys) the stock
 * way. The comparison of the context is left out: these messages have others.
 * @throws Error if it is not authentic, or does not commit to its key
 */
export async function decryptVector(message: Buffer, keyring: KeyringNode): Promise<DecryptedVector> {
  const parsed = parsedAsOurs(message);
  if (parsed?.onlyFrame === undefined) {
    const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
    return { plaintext: (await decrypt(keyring, message)).plaintext, by: 'stock' };
  }
  const material = await new NodeDefaultCryptographicMaterialsManager(keyring).decryptMaterials({
    suite: SUITE,
    encryptionContext: parsed.header.encryptionContext,
    encryptedDataKeys: [...parsed.header.encryptedDataKeys],
  });
  const dataKey = unwrapDataKey(material.getUnencryptedDataKey());
  return { plaintext: openFrame(parsed.onlyFrame, dataKey), by: 'one frame' };
}

function parsedAsOurs(message: Buffer) {
  try {
    return parseMessage(message);
  } catch {
    return undefined;
  }
}

const TRACE = { keyNamespace: 'vectors', keyName: 'given data key' };

/** Hands out a data key that is known; as a writer it wraps nothing. */
export class GivenDataKeyring extends KeyringNode {
  readonly #dataKey: Buffer;

  constructor(dataKey: Buffer) {
    super();
    this.#dataKey = dataKey;
  }

  override async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY;
    const edk = new EncryptedDataKey({
      providerId: TRACE.keyNamespace,
      providerInfo: TRACE.keyName,
      encryptedDataKey: new Uint8Array(1),
    });
    return material
      .setUnencryptedDataKey(new Uint8Array(this.#dataKey), { ...TRACE, flags })
      .addEncryptedDataKey(edk, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY);
  }

  override async _onDecrypt(material: NodeDecryptionMaterial): Promise<NodeDecryptionMaterial> {
    const flags = KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY;
    return material.setUnencryptedDataKey(new Uint8Array(this.#dataKey), { ...TRACE, flags });
  }
}

/** A branch key that is known. */
export interface GivenBranchKey {
  branchKeyId: string;
  version: string;
  material: Buffer;
}

/** The hierarchical keyring as the lib sets it up, with its cache and its source, over one branch key. */
export function givenBranchKeyring(branchKey: GivenBranchKey): KmsHierarchicalKeyRingNode {
  const cacheLimitTtl = 60;
  const cache = new BranchKeyCache({ maxEntries: 2, ttlMilliseconds: cacheLimitTtl * 1000 });
  const keyStore = new GivenKeyStore(branchKey);
  return new KmsHierarchicalKeyRingNode({
    branchKeyId: branchKey.branchKeyId,
    keyStore: keyStore.readThrough(new BranchKeySource(cache, keyStore)),
    cacheLimitTtl,
    cache,
    utf8Sorting: true,
  });
}

const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** Knows one branch key and asks nobody. */
class GivenKeyStore extends PatientKeyStore {
  constructor(private readonly branchKey: GivenBranchKey) {
    super({
      dynamoDbClient: new DynamoDBClient(local),
      kmsClient: new KMSClient(local),
      kmsKeyArn: 'arn:aws:kms:local:000000000000:key/00000000-0000-0000-0000-000000000000',
      tableName: 'vectors',
      logicalName: 'vectors',
    });
  }

  override async fetchActive(): Promise<NodeBranchKeyMaterial> {
    const { branchKeyId, version, material } = this.branchKey;
    return new NodeBranchKeyMaterial(Buffer.from(material), branchKeyId, version, {});
  }

  override async fetchVersion(branchKeyId: string, version: string): Promise<NodeBranchKeyMaterial> {
    const isKnown = branchKeyId === this.branchKey.branchKeyId && version === this.branchKey.version;
    if (!isKnown) throw new Error('The message names another branch key');
    return this.fetchActive();
  }
}
