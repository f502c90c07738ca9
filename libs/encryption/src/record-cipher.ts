import { CommitmentPolicy, KmsHierarchicalKeyRingNode, buildClient } from '@aws-crypto/client-node';
import { Problem, problemTypes } from '@app/problem-details';
import { BranchKeyCache } from './branch-key-cache.js';
import { branchKeyErrorBehind } from './branch-key-error.js';
import { BranchKeySource } from './branch-key-source.js';
import type { PatientKeyStore } from './patient-key-store.js';
import {
  type EarlierRecordContext,
  type RecordContext,
  encryptionContextOf,
  isExactContext,
} from './record-context.js';
import { FRAME_LENGTH_BYTES, bindingOf, openMessage, ownMessage, sealMessage } from './one-frame-message.js';
import {
  MAX_ENCRYPTED_DATA_KEYS,
  type ParsedMessage,
  SUITE,
  parseMessage,
  wrappingKeyVersion,
} from './record-message.js';

export interface RecordCipherOptions {
  keyStore: PatientKeyStore;
  /** Plaintext branch keys that may be in memory at a time. */
  cacheMaxEntries: number;
  /** How long a branch key may stay in memory; also how long a destroyed key can still be used by this process. */
  cacheTtlSeconds: number;
}

/** Counts since the start of the process. */
export interface RecordCipherMetrics {
  readonly kmsDecrypts: number;
  readonly cacheHits: number;
  /** Requests that waited for a KMS call that another request had made. */
  readonly coalesced: number;
  readonly keyFailures: number;
  readonly integrityFailures: number;
}

const COMMITMENT_POLICY = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const PROVIDER_ID = 'aws-kms-hierarchy';

/**
 * Encrypts one record version under its patient's branch key, bound to its context (45 CFR 164.312(a)(2)(iv), 164.312(c)(1)).
 * The messages are AWS Encryption SDK messages, format version 2, which any implementation of the SDK can read.
 */
export class RecordCipher {
  readonly #cache: BranchKeyCache;
  readonly #source: BranchKeySource;
  readonly #keyring: KmsHierarchicalKeyRingNode;
  readonly #sdk = buildClient({
    commitmentPolicy: COMMITMENT_POLICY,
    maxEncryptedDataKeys: MAX_ENCRYPTED_DATA_KEYS,
  });
  #integrityFailures = 0;

  constructor({ keyStore, cacheMaxEntries, cacheTtlSeconds }: RecordCipherOptions) {
    this.#cache = new BranchKeyCache({
      maxEntries: cacheMaxEntries,
      ttlMilliseconds: cacheTtlSeconds * 1000,
    });
    this.#source = new BranchKeySource(this.#cache, keyStore);
    this.#keyring = new KmsHierarchicalKeyRingNode({
      branchKeyIdSupplier: { getBranchKeyId: ({ patient_id: patientId }) => patientId ?? '' },
      keyStore: keyStore.readThrough(this.#source),
      cacheLimitTtl: cacheTtlSeconds,
      cache: this.#cache,
      utf8Sorting: true,
    });
  }

  get metrics(): RecordCipherMetrics {
    return {
      kmsDecrypts: this.#source.kmsDecrypts,
      cacheHits: this.#cache.hits,
      coalesced: this.#source.coalesced,
      keyFailures: this.#source.failures,
      integrityFailures: this.#integrityFailures,
    };
  }

  /**
   * @param plaintext bytes, 256 KB at most by the service's own limit; one frame up to 128 KB
   * @returns an Encryption SDK message, at most 400 bytes longer for a `record` of up to 55 characters
   * @throws Problem `key-service-unavailable` when KMS or the key store fails or the patient has no key
   */
  async encrypt(plaintext: Uint8Array, context: RecordContext): Promise<Uint8Array> {
    const encryptionContext = encryptionContextOf(context);
    try {
      if (plaintext.byteLength > FRAME_LENGTH_BYTES)
        return await this.#encryptFrames(plaintext, encryptionContext);
      const binding = bindingOf(encryptionContext);
      return await this.#withActiveKey(context.patient_id, (branchKey, version) =>
        sealMessage(plaintext, branchKey, version, binding),
      );
    } catch (error) {
      throw this.#problem(error, problemTypes.internal);
    }
  }

  /**
   * Decrypts one record version, and only as the record that was asked for.
   * @param message Encryption SDK message, at most 400 KB (DynamoDB item limit)
   * @param expected the context that it was encrypted under
   * @throws Problem `integrity-failure` if any expected pair differs or the message is not ours: no key is touched
   *   then; also if any byte was changed
   * @throws Problem `key-service-unavailable` when KMS or the key store fails or the patient has no key
   * @see AWS Encryption SDK Developer Guide, "Encryption context"
   */
  async decrypt(message: Uint8Array, expected: RecordContext | EarlierRecordContext): Promise<Uint8Array> {
    const encryptionContext = encryptionContextOf(expected);
    const binding = bindingOf(encryptionContext);
    const own = ownMessage(message, binding);
    try {
      if (own === undefined) return await this.#decryptOther(message, encryptionContext);
      const open = (branchKey: Uint8Array) => openMessage(own, branchKey, binding);
      return await this.#withKey(expected.patient_id, own.keyVersion, open);
    } catch (error) {
      throw this.#problem(error, problemTypes.integrityFailure);
    }
  }

  /** What this service writes otherwise, or wrote earlier: several frames, other lengths. Everything else is refused. */
  async #decryptOther(message: Uint8Array, expected: Record<string, string>): Promise<Uint8Array> {
    const { bytes } = this.#accept(message, expected);
    return (await this.#sdk.decrypt(this.#keyring, bytes)).plaintext;
  }

  /** @param use works at once, on memory that is another's afterwards */
  async #withKey(
    patientId: string,
    version: string,
    use: (branchKey: Uint8Array) => Uint8Array,
  ): Promise<Uint8Array> {
    const done = this.#cache.useVersion(patientId, version, use);
    if (done !== undefined) return done;
    const fetched = await this.#source.version(patientId, version);
    return use(fetched.branchKey());
  }

  async #withActiveKey(
    patientId: string,
    use: (branchKey: Uint8Array, version: string) => Uint8Array,
  ): Promise<Uint8Array> {
    const done = this.#cache.useActive(patientId, use);
    if (done !== undefined) return done;
    const fetched = await this.#source.active(patientId);
    return use(fetched.branchKey(), fetched.branchKeyVersion.toString('utf8'));
  }

  /**
   * Tells under which version of the patient's branch key a message is, from the message alone: no key access, and
   * nothing of it is authenticated. A forged version is found when the message is decrypted.
   * @returns the version's id, a UUID, as `PatientKeyStore.activeVersion` has it
   * @throws Problem `integrity-failure` if this is no message of ours
   */
  messageKeyVersion(message: Uint8Array): string {
    try {
      const [encryptedDataKey] = parseMessage(message).header.encryptedDataKeys;
      if (encryptedDataKey?.providerId !== PROVIDER_ID) throw new Error('Not wrapped by a branch key');
      return wrappingKeyVersion(encryptedDataKey);
    } catch (cause) {
      throw this.#problem(cause, problemTypes.integrityFailure);
    }
  }

  /** Forgets the patient's keys, so that a destroyed or rotated key is out of use in this process at once. */
  evict(patientId: string): void {
    this.#source.evict(patientId);
  }

  /**
   * The gate before any key access. The SDK's own decrypt compares no context: patient A's message in patient B's
   * row would decrypt without an error. That the wrapped key names the same patient is seen to by the keyring, which
   * passes over every other before it asks for a branch key.
   */
  #accept(message: Uint8Array, expected: Record<string, string>): ParsedMessage {
    const parsed = parseMessage(message);
    if (!isExactContext(parsed.header.encryptionContext, expected)) throw new Error('Another context');
    return parsed;
  }

  async #encryptFrames(
    plaintext: Uint8Array,
    encryptionContext: Record<string, string>,
  ): Promise<Uint8Array> {
    const { result } = await this.#sdk.encrypt(this.#keyring, Buffer.from(plaintext), {
      suiteId: SUITE.id,
      encryptionContext,
      frameLength: FRAME_LENGTH_BYTES,
      plaintextLength: plaintext.byteLength,
    });
    return result;
  }

  #problem(error: unknown, otherwise: (typeof problemTypes)['internal' | 'integrityFailure']): Problem {
    const cause = branchKeyErrorBehind(error);
    if (cause?.failure === 'no-key' || cause?.failure === 'unavailable') {
      return new Problem(problemTypes.keyServiceUnavailable, { cause });
    }
    const type = cause === undefined ? otherwise : problemTypes.integrityFailure;
    if (type === problemTypes.integrityFailure) this.#integrityFailures += 1;
    return new Problem(type, { cause: cause ?? error });
  }
}
