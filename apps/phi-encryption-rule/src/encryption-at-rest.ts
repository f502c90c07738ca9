import { asList, asObject, asText, type ConfigurationItem } from './configuration-item.js';

/** What an item says of its encryption. `unseen`: it has not the members that would say so. */
export type EncryptionAtRest =
  | { state: 'none' | 'unseen' }
  /** By a key that AWS owns or that the service picks by itself. */
  | { state: 'by the service' }
  | { state: 'under a key'; keyId: string };

/** Reads encryption and key out of a flag and a key id. */
const byFlag = (flag: unknown, key: unknown): EncryptionAtRest => {
  const isEncrypted = flag === true || flag === 'true';
  if (!isEncrypted && flag !== false && flag !== 'false') return { state: 'unseen' };
  const keyId = asText(key);
  if (!isEncrypted) return { state: 'none' };
  return keyId === undefined ? { state: 'by the service' } : { state: 'under a key', keyId };
};

type Reader = (item: ConfigurationItem) => EncryptionAtRest;

const readers: Record<string, Reader> = {
  'AWS::EC2::Volume': ({ configuration: { encrypted, kmsKeyId } }) => byFlag(encrypted, kmsKeyId),
  'AWS::EC2::Snapshot': ({ configuration: { encrypted, kmsKeyId } }) => byFlag(encrypted, kmsKeyId),
  'AWS::RDS::DBInstance': ({ configuration: { storageEncrypted, kmsKeyId } }) =>
    byFlag(storageEncrypted, kmsKeyId),
  'AWS::RDS::DBCluster': ({ configuration: { storageEncrypted, kmsKeyId } }) =>
    byFlag(storageEncrypted, kmsKeyId),
  'AWS::RDS::DBSnapshot': ({ configuration: { encrypted, kmsKeyId } }) => byFlag(encrypted, kmsKeyId),
  'AWS::RDS::DBClusterSnapshot': ({ configuration: { storageEncrypted, kmsKeyId } }) =>
    byFlag(storageEncrypted, kmsKeyId),
  'AWS::EFS::FileSystem': ({ configuration: { Encrypted, KmsKeyId } }) => byFlag(Encrypted, KmsKeyId),
  'AWS::S3::Bucket': ofBucket,
  'AWS::DynamoDB::Table': ofTable,
};

/** What the rule judges. Config does not record snapshots of volumes: those are asked of EC2. */
export const recordedTypes: readonly string[] = Object.keys(readers).filter(
  (type) => type !== 'AWS::EC2::Snapshot',
);

export const isJudged = (resourceType: string): boolean => Object.hasOwn(readers, resourceType);

/** @returns what the item says; names of members as in AWS's schema of configuration items (awslabs/aws-config-resource-schema) */
export const encryptionAtRest = (item: ConfigurationItem): EncryptionAtRest =>
  readers[item.resourceType]?.(item) ?? { state: 'unseen' };

/** S3 encrypts everything since 2023: without a rule of one's own, and with `AES256`, under its own key. */
function ofBucket({ supplementaryConfiguration }: ConfigurationItem): EncryptionAtRest {
  const { rules } = asObject(supplementaryConfiguration['ServerSideEncryptionConfiguration']);
  const byDefault = asObject(asObject(asList(rules)[0])['applyServerSideEncryptionByDefault']);
  const { sseAlgorithm } = byDefault;
  if (sseAlgorithm !== 'aws:kms' && sseAlgorithm !== 'aws:kms:dsse') return { state: 'by the service' };
  const keyId = asText(byDefault['kmsMasterKeyID']);
  return keyId === undefined ? { state: 'by the service' } : { state: 'under a key', keyId };
}

/** A table without a description of its encryption lies under a key that DynamoDB owns. */
function ofTable({ configuration }: ConfigurationItem): EncryptionAtRest {
  if (asText(configuration['tableName']) === undefined && asText(configuration['tableArn']) === undefined)
    return { state: 'unseen' };
  const { status, kmsmasterKeyArn } = asObject(configuration['ssedescription']);
  const keyId = asText(kmsmasterKeyArn);
  const isOn = status === 'ENABLED' || status === 'UPDATING';
  return isOn && keyId !== undefined ? { state: 'under a key', keyId } : { state: 'by the service' };
}
