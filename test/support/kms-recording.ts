import {
  DecryptCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { type Platform } from '@app/platform';
import { type CloudTrailRecord, cloudTrailRecord, type RecordTemplate } from './cloudtrail-records.js';

interface KmsInput {
  EncryptionContext?: Record<string, string>;
  SourceEncryptionContext?: Record<string, string>;
  DestinationEncryptionContext?: Record<string, string>;
  KeyId?: string;
  SourceKeyId?: string;
  DestinationKeyId?: string;
}

const templates: [command: abstract new (...parts: never[]) => { input: KmsInput }, name: RecordTemplate][] =
  [
    [DecryptCommand, 'decrypt'],
    [GenerateDataKeyWithoutPlaintextCommand, 'generate-data-key-without-plaintext'],
    [ReEncryptCommand, 're-encrypt'],
  ];

/**
 * Records what a platform asks of its local KMS, as CloudTrail would: the very contexts and keys that the key store sends.
 * @returns the records, which grow with each call
 */
export function recordKmsCalls({ localKms }: Platform): CloudTrailRecord[] {
  if (localKms === undefined) throw new Error('this platform has no local KMS');
  const records: CloudTrailRecord[] = [];
  const { send } = localKms;
  const recorded = async (command: { input: KmsInput }): Promise<unknown> => {
    const [, name] = templates.find(([type]) => command instanceof type) ?? [];
    const record = name === undefined ? undefined : recordOf(name, command.input);
    if (record !== undefined) records.push(record);
    try {
      return await (send as (sent: unknown) => Promise<unknown>)(command);
    } catch (error) {
      if (record !== undefined && error instanceof Error) record['errorCode'] = error.name;
      throw error;
    }
  };
  Object.defineProperty(localKms, 'send', { value: recorded });
  return records;
}

function recordOf(name: RecordTemplate, input: KmsInput): CloudTrailRecord {
  const record = cloudTrailRecord(name, { at: Date.now() });
  const keys = [input.KeyId ?? input.SourceKeyId, input.DestinationKeyId].filter((key) => key !== undefined);
  record['requestParameters'] = {
    ...(input.EncryptionContext && { keyId: input.KeyId, encryptionContext: input.EncryptionContext }),
    ...(input.SourceEncryptionContext && {
      sourceEncryptionContext: input.SourceEncryptionContext,
      destinationKeyId: input.DestinationKeyId,
      destinationEncryptionContext: input.DestinationEncryptionContext,
    }),
  };
  record['resources'] = keys.map((ARN) => ({ accountId: '000000000000', type: 'AWS::KMS::Key', ARN }));
  return record;
}
