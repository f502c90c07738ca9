import { type Service } from './service.js';
import { type CloudTrailRecord, cloudTrailRecord, type RecordTemplate } from './cloudtrail-records.js';
import { testAccount } from './deployment.js';
import { testConfig } from './test.config.js';

interface KmsInput {
  EncryptionContext?: Record<string, string>;
  SourceEncryptionContext?: Record<string, string>;
  DestinationEncryptionContext?: Record<string, string>;
  KeyId?: string;
  SourceKeyId?: string;
  DestinationKeyId?: string;
}

/** Name, input, and the exception that answered it. */
interface KmsCall {
  at: number;
  operation: string;
  input: KmsInput;
  refusal?: string;
}

const templates: Readonly<Record<string, RecordTemplate>> = {
  Decrypt: 'decrypt',
  GenerateDataKeyWithoutPlaintext: 'generate-data-key-without-plaintext',
  ReEncrypt: 're-encrypt',
};

/**
 * Records what a service asks of its KMS, as CloudTrail would: the very contexts and keys that the key store sends.
 * @returns what tells the records from now on
 */
export async function recordKmsCalls(service: Service): Promise<() => CloudTrailRecord[]> {
  const calls = testConfig.platform === 'aws' ? await callsOfAccount() : callsOfLocalKms(service);
  return () =>
    calls().flatMap((call) => {
      const template = templates[call.operation];
      return template === undefined ? [] : [recordOf(template, call)];
    });
}

async function callsOfAccount(): Promise<() => KmsCall[]> {
  const { calls } = (await testAccount()).kms.endpoint;
  const before = calls.length;
  return () => calls.slice(before) as KmsCall[];
}

function callsOfLocalKms({ platform: { localKms } }: Service): () => KmsCall[] {
  if (localKms === undefined) throw new Error('this platform has no local KMS');
  const calls: KmsCall[] = [];
  const { send } = localKms;
  const recorded = async (command: { input: KmsInput }): Promise<unknown> => {
    const call: KmsCall = {
      at: Date.now(),
      operation: command.constructor.name.replace(/Command$/, ''),
      input: command.input,
    };
    calls.push(call);
    try {
      return await (send as (sent: unknown) => Promise<unknown>)(command);
    } catch (error) {
      if (error instanceof Error) call.refusal = error.name;
      throw error;
    }
  };
  Object.defineProperty(localKms, 'send', { value: recorded });
  return () => calls;
}

function recordOf(name: RecordTemplate, { at, input, refusal }: KmsCall): CloudTrailRecord {
  const record = cloudTrailRecord(name, { at });
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
  if (refusal !== undefined) record['errorCode'] = refusal;
  return record;
}
