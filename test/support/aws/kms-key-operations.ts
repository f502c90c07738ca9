import { testAccountId, type JsonObject } from './aws-endpoint.js';
import { AwsException } from './aws-exception.js';
import {
  flag,
  listOf,
  oneOf,
  operation,
  type Operations,
  optional,
  structure,
  text,
  wholeNumber,
} from './input-fields.js';
import { epochSeconds, pageOf } from './json-service.js';
import { type KmsKey, type KmsKeyRing, needEnabled } from './kms-key-ring.js';

const keyId = text(1, 2048);
const aliasName = text(1, 256, /^alias\/[a-zA-Z0-9/_-]+$/);
const tags = listOf(structure({ TagKey: text(1, 128), TagValue: text(0, 256) }), 0, 50);
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

const tagMap = (given: { TagKey: string; TagValue: string }[]) =>
  new Map(given.map(({ TagKey, TagValue }) => [TagKey, TagValue]));

/** What is done to keys: creation, state, rotation, tags, aliases. */
export function keyOperations(keys: KmsKeyRing): Operations {
  return {
    ...creation(keys),
    ...states(keys),
    ...rotation(keys),
    ...tagging(keys),
    ...aliases(keys),
  };
}

function creation(keys: KmsKeyRing): Operations {
  return {
    CreateKey: operation(
      {
        Description: optional(text(0, 8192)),
        KeySpec: optional(oneOf('SYMMETRIC_DEFAULT', 'ECC_NIST_P256')),
        KeyUsage: optional(oneOf('ENCRYPT_DECRYPT', 'SIGN_VERIFY')),
        MultiRegion: optional(flag),
        Origin: optional(oneOf('AWS_KMS')),
        Policy: optional(text(1, 131_072)),
        BypassPolicyLockoutSafetyCheck: optional(flag),
        Tags: optional(tags),
      },
      ({ KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT', ...input }) => {
        const isSymmetric = KeySpec === 'SYMMETRIC_DEFAULT';
        if (isSymmetric !== (KeyUsage === 'ENCRYPT_DECRYPT'))
          throw new AwsException(
            'ValidationException',
            `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`,
          );
        if (input.MultiRegion === true) throw new AwsException('UnsupportedOperationException');
        if (input.Policy !== undefined) checkPolicy(input.Policy);
        const key = keys.create(KeySpec, input.Description ?? '', tagMap(input.Tags ?? []));
        return { KeyMetadata: metadataOf(key) };
      },
    ),
    DescribeKey: operation({ KeyId: keyId }, ({ KeyId }) => ({ KeyMetadata: metadataOf(keys.find(KeyId)) })),
    ListKeys: operation(
      { Limit: optional(wholeNumber(1, 1000)), Marker: optional(text(1, 1024)) },
      ({ Limit = 100, Marker }) => {
        const { page, next } = pageOf(keys.keys(), Limit, Marker, undefined, invalidMarker);
        return { Keys: page.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...listEnd(next) };
      },
    ),
  };
}

function checkPolicy(policy: string): void {
  try {
    const { Statement } = JSON.parse(policy) as { Statement?: unknown };
    if (Array.isArray(Statement) && Statement.length > 0) return;
  } catch {
    // Refused below.
  }
  throw new AwsException('MalformedPolicyDocumentException');
}

const invalidMarker = () => new AwsException('InvalidMarkerException');
const listEnd = (next: string | undefined) => ({
  Truncated: next !== undefined,
  ...(next !== undefined && { NextMarker: next }),
});

function metadataOf(key: KmsKey): JsonObject {
  const isSymmetric = key.spec === 'SYMMETRIC_DEFAULT';
  return {
    AWSAccountId: testAccountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: epochSeconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    ...(key.deletionDate !== undefined && { DeletionDate: epochSeconds(key.deletionDate) }),
    Origin: 'AWS_KMS',
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...(isSymmetric
      ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }
      : { SigningAlgorithms: ['ECDSA_SHA_256'] }),
    MultiRegion: false,
  };
}

function states(keys: KmsKeyRing): Operations {
  const change = (state: 'Enabled' | 'Disabled') =>
    operation({ KeyId: keyId }, ({ KeyId }) => {
      const key = keys.findByKey(KeyId);
      needNotPending(key);
      key.state = state;
      return {};
    });
  return {
    DisableKey: change('Disabled'),
    EnableKey: change('Enabled'),
    ScheduleKeyDeletion: operation(
      { KeyId: keyId, PendingWindowInDays: optional(wholeNumber(7, 30)) },
      ({ KeyId, PendingWindowInDays = 30 }) => {
        const key = keys.findByKey(KeyId);
        needNotPending(key);
        key.state = 'PendingDeletion';
        key.deletionDate = new Date(Date.now() + PendingWindowInDays * DAY_MILLISECONDS);
        return {
          KeyId: key.arn,
          DeletionDate: epochSeconds(key.deletionDate),
          KeyState: key.state,
          PendingWindowInDays,
        };
      },
    ),
  };
}

function needNotPending(key: KmsKey): void {
  if (key.state === 'PendingDeletion') needEnabled(key);
}

function rotation(keys: KmsKeyRing): Operations {
  const rotatable = (id: string) => {
    const key = keys.findByKey(id);
    needNotPending(key);
    if (key.spec !== 'SYMMETRIC_DEFAULT') throw new AwsException('UnsupportedOperationException');
    return key;
  };
  return {
    EnableKeyRotation: operation(
      { KeyId: keyId, RotationPeriodInDays: optional(wholeNumber(90, 2560)) },
      ({ KeyId, RotationPeriodInDays }) => {
        const key = rotatable(KeyId);
        needEnabled(key);
        key.rotationPeriodDays = RotationPeriodInDays ?? key.rotationPeriodDays ?? 365;
        return {};
      },
    ),
    GetKeyRotationStatus: operation({ KeyId: keyId }, ({ KeyId }) => {
      const { arn, rotationPeriodDays, createdAt } = rotatable(KeyId);
      return {
        KeyId: arn,
        KeyRotationEnabled: rotationPeriodDays !== undefined,
        ...(rotationPeriodDays !== undefined && {
          RotationPeriodInDays: rotationPeriodDays,
          NextRotationDate: epochSeconds(createdAt) + (rotationPeriodDays * DAY_MILLISECONDS) / 1000,
        }),
      };
    }),
  };
}

function tagging(keys: KmsKeyRing): Operations {
  return {
    TagResource: operation({ KeyId: keyId, Tags: tags }, ({ KeyId, Tags }) => {
      const key = keys.findByKey(KeyId);
      needNotPending(key);
      for (const [name, value] of tagMap(Tags)) key.tags.set(name, value);
      return {};
    }),
    ListResourceTags: operation({ KeyId: keyId }, ({ KeyId }) => ({
      Tags: [...keys.findByKey(KeyId).tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      Truncated: false,
    })),
  };
}

function aliases(keys: KmsKeyRing): Operations {
  const fields = { AliasName: aliasName, TargetKeyId: keyId };
  const target = (name: string, id: string) => {
    if (name.startsWith('alias/aws/')) throw new AwsException('NotAuthorizedException');
    const key = keys.findByKey(id);
    needNotPending(key);
    return key;
  };
  return {
    CreateAlias: operation(fields, ({ AliasName, TargetKeyId }) => {
      keys.addAlias(AliasName, target(AliasName, TargetKeyId).id);
      return {};
    }),
    UpdateAlias: operation(fields, ({ AliasName, TargetKeyId }) => {
      keys.moveAlias(AliasName, target(AliasName, TargetKeyId));
      return {};
    }),
    ListAliases: operation(
      {
        KeyId: optional(keyId),
        Limit: optional(wholeNumber(1, 100)),
        Marker: optional(text(1, 1024)),
      },
      ({ KeyId, Limit = 50, Marker }) => {
        const key = KeyId === undefined ? undefined : keys.findByKey(KeyId);
        const found = keys.aliases().filter((alias) => key === undefined || alias.keyId === key.id);
        const { page, next } = pageOf(found, Limit, Marker, key?.id, invalidMarker);
        return {
          Aliases: page.map((alias) => ({
            AliasName: alias.name,
            AliasArn: alias.arn,
            TargetKeyId: alias.keyId,
            CreationDate: epochSeconds(alias.createdAt),
            LastUpdatedDate: epochSeconds(alias.updatedAt),
          })),
          ...listEnd(next),
        };
      },
    ),
  };
}
