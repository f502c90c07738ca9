import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { testAccountId, testRegion } from './aws-endpoint.js';
import { AwsException } from './aws-exception.js';

export type KeySpec = 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256';
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';

export interface KmsKey {
  id: string;
  arn: string;
  spec: KeySpec;
  usage: KeyUsage;
  manager: 'CUSTOMER' | 'AWS';
  description: string;
  createdAt: Date;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  deletionDate?: Date;
  rotationPeriodDays?: number;
  tags: Map<string, string>;
  /** AES key, or private key on P-256. */
  material: Buffer | KeyObject;
}

export interface KmsAlias {
  name: string;
  arn: string;
  keyId: string;
  createdAt: Date;
  updatedAt: Date;
}

const arnPrefix = `arn:aws:kms:${testRegion}:${testAccountId}:`;

/** The KMS keys and aliases of an account in its region. */
export class KmsKeyRing {
  readonly #keys = new Map<string, KmsKey>();
  readonly #aliases = new Map<string, KmsAlias>();

  create(spec: KeySpec, description: string, tags = new Map<string, string>()): KmsKey {
    const id = randomUUID();
    const key: KmsKey = {
      id,
      arn: `${arnPrefix}key/${id}`,
      spec,
      usage: spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY',
      manager: 'CUSTOMER',
      description,
      createdAt: new Date(),
      state: 'Enabled',
      tags,
      material: newMaterial(spec),
    };
    this.#keys.set(id, key);
    return key;
  }

  keys(): KmsKey[] {
    return [...this.#keys.values()];
  }

  aliases(): KmsAlias[] {
    return [...this.#aliases.values()];
  }

  /** @param keyId id or ARN, alias name or alias ARN @throws AwsException `NotFoundException` */
  find(keyId: string): KmsKey {
    const name = ownName(keyId);
    if (!name.startsWith('alias/')) return this.findByKey(keyId);
    const alias = this.#aliases.get(name) ?? this.#managedAlias(name);
    if (alias === undefined) throw notFound(`Alias ${arnPrefix}${name} is not found.`);
    return this.findByKey(alias.keyId);
  }

  /** @param keyId id or ARN: operations on keys themselves take no alias */
  findByKey(keyId: string): KmsKey {
    const name = ownName(keyId);
    if (name.startsWith('alias/')) throw notFound(`Invalid keyId '${keyId}'`);
    const key = this.#keys.get(name.replace(/^key\//, ''));
    if (key === undefined)
      throw notFound(`Key '${arnPrefix}key/${name.replace(/^key\//, '')}' does not exist`);
    return key;
  }

  /** The key that bytes name, if it is here. */
  byId(id: string): KmsKey | undefined {
    return this.#keys.get(id);
  }

  addAlias(name: string, keyId: string): void {
    if (this.#aliases.has(name))
      throw new AwsException(
        'AlreadyExistsException',
        `An alias with the name ${arnPrefix}${name} already exists`,
      );
    const now = new Date();
    this.#aliases.set(name, { name, arn: `${arnPrefix}${name}`, keyId, createdAt: now, updatedAt: now });
  }

  moveAlias(name: string, key: KmsKey): void {
    const alias = this.#aliases.get(name);
    if (alias === undefined) throw notFound(`Alias ${arnPrefix}${name} is not found.`);
    const before = this.findByKey(alias.keyId);
    if (before.usage !== key.usage || before.spec !== key.spec)
      throw new AwsException('ValidationException', 'An alias can only be moved to a key of the same kind');
    alias.keyId = key.id;
    alias.updatedAt = new Date();
  }

  /** Keys of services come into being with their first use: `alias/aws/ssm`. */
  #managedAlias(name: string): KmsAlias | undefined {
    if (name !== 'alias/aws/ssm') return undefined;
    const key = this.create('SYMMETRIC_DEFAULT', 'Default key that protects my SSM parameters');
    key.manager = 'AWS';
    this.addAlias(name, key.id);
    return this.#aliases.get(name);
  }
}

const notFound = (message: string) => new AwsException('NotFoundException', message);

/** @returns `key/...`, `alias/...` or an id, without the ARN of this account and region around it */
function ownName(keyId: string): string {
  if (!keyId.startsWith('arn:')) return keyId;
  if (keyId.startsWith(arnPrefix)) return keyId.slice(arnPrefix.length);
  const region = keyId.split(':')[3] ?? '';
  throw notFound(region === testRegion ? `Invalid arn ${keyId}` : `Invalid arn ${region}`);
}

function newMaterial(spec: KeySpec): Buffer | KeyObject {
  if (spec === 'SYMMETRIC_DEFAULT') return randomBytes(32);
  // Made as PEM and read again: a generated key object cannot be exported as a JWK before Node 22.
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return createPrivateKey(privateKey);
}

/** @throws AwsException when the key may not be used now */
export function needEnabled(key: KmsKey): void {
  if (key.state === 'Disabled') throw new AwsException('DisabledException', `${key.arn} is disabled.`);
  if (key.state === 'PendingDeletion')
    throw new AwsException('KMSInvalidStateException', `${key.arn} is pending deletion.`);
}

/** @throws AwsException when the key is of another kind */
export function needUsage(key: KmsKey, usage: KeyUsage): void {
  if (key.usage !== usage)
    throw new AwsException(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.usage} which is not valid.`,
    );
}
