/** The operations that the key store uses: what reads a branch key, and what makes or rewraps one. */
export const kmsOperations = ['Decrypt', 'GenerateDataKeyWithoutPlaintext', 'ReEncrypt'] as const;
export type KmsOperation = (typeof kmsOperations)[number];

/**
 * One call of KMS as CloudTrail recorded it, read down to what may be shown: ids, ARNs, addresses and codes that match their
 * grammar. Messages, user agents and other pairs of the context stay where they are: whoever called KMS wrote them.
 */
export interface KmsCall {
  /** CloudTrail's id of the event, a UUID; files may bring it twice. */
  eventId: string;
  /** Milliseconds since the epoch; CloudTrail tells whole seconds. */
  at: number;
  operation: KmsOperation;
  region: string;
  /** ARN of the role behind a session, else of the caller; the name of an AWS service. */
  principal: string;
  /** ARN of the session, which names who took the role; what a pattern may match too. */
  session: string;
  sourceAddress: string;
  /** The KMS key; of `ReEncrypt` the one that the ciphertext was under. Absent where CloudTrail does not tell. */
  keyArn?: string;
  /** Of `ReEncrypt`: the key that the ciphertext is under now. */
  destinationKeyArn?: string;
  /** Whose branch key it was, from `aws-crypto-ec:patient_id`; `invalid` when it is no UUID of ours. */
  patientId?: string;
  /** Which row of the key store: `branch:ACTIVE` with its version, `branch:version:<id>`, `beacon:ACTIVE`. */
  row: string;
  /** Why it was refused, e.g. `AccessDenied`; absent when KMS did it. */
  errorCode?: string;
}

/** It says that it is a KMS event of ours and is none that can be read. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
  constructor() {
    super('a record of CloudTrail is not one that can be read');
  }
}

/** The key store prefixes the pairs that we add, see "Custom Encryption Context" of its specification. */
const patientPair = 'aws-crypto-ec:patient_id';
/** In the place of an id that is none: it may be anything, so it is not shown. */
export const invalidPatient = 'invalid';

type Fields = Record<string, unknown>;

/**
 * @param record an element of `Records` of a trail file, or the parsed `CloudTrailEvent` of LookupEvents
 * @returns `undefined` for a record of something else
 * @throws UnreadableRecord
 * @see AWS CloudTrail User Guide, "CloudTrail record contents"; AWS KMS Developer Guide, "Decrypt", "ReEncrypt" and
 *   "GenerateDataKeyWithoutPlaintext" under "Examples of AWS KMS log entries"
 */
export function readKmsCall(record: unknown): KmsCall | undefined {
  const fields = fieldsOf(record);
  const operation = kmsOperations.find((name) => name === fields['eventName']);
  if (fields['eventSource'] !== 'kms.amazonaws.com' || operation === undefined) return undefined;
  const eventId = matching(fields['eventID'], uuid);
  const at = Date.parse(matching(fields['eventTime'], time) ?? '');
  if (eventId === undefined || Number.isNaN(at)) throw new UnreadableRecord();
  // Null in what was refused before KMS looked at it.
  const parameters = fieldsOf(fields['requestParameters']);
  const context = fieldsOf(
    parameters[operation === 'ReEncrypt' ? 'sourceEncryptionContext' : 'encryptionContext'],
  );
  const [first, second] = keyArnsOf(fields['resources']);
  const named = matching(parameters['keyId'] ?? parameters['sourceKeyId'], keyArnGrammar);
  const keyArn = first ?? named ?? keyInMessage(fields['errorMessage']);
  const destination = second ?? matching(parameters['destinationKeyId'], keyArnGrammar);
  const patientId = patientOf(context);
  const errorCode = fields['errorCode'] === undefined ? undefined : matching(fields['errorCode'], codeName);
  return {
    eventId,
    at,
    operation,
    region: matching(fields['awsRegion'], regionName) ?? 'unknown',
    ...principalOf(fieldsOf(fields['userIdentity'])),
    sourceAddress: matching(fields['sourceIPAddress'], address) ?? 'unknown',
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(operation !== 'ReEncrypt' || destination === undefined ? {} : { destinationKeyArn: destination }),
    ...(patientId === undefined ? {} : { patientId }),
    row: rowOf(context),
    ...(fields['errorCode'] === undefined ? {} : { errorCode: errorCode ?? 'unknown' }),
  };
}

const uuid = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
/** Ids of ours are in lower case; another spelling would be another branch key. */
const ourUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
const codeName = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
const regionName = /^[a-z]{2,8}(?:-[a-z]{1,12}){1,4}-\d{1,2}$/;
/** An address, or the name of the AWS service that called. */
const address = /^[0-9a-fA-F:.]{3,45}$|^AWS Internal$|^[a-z0-9-]{1,40}\.amazonaws\.com$/;
const serviceName = /^[a-z0-9-]{1,40}\.amazonaws\.com$/;
const keyArnGrammar = /^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:key\/[A-Za-z0-9-]{1,64}$/;
const identityArn = /^arn:[a-z-]{1,20}:(?:iam|sts):[a-z0-9-]{0,30}:\d{0,12}:[\w+=,.@/-]{1,600}$/;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function matching(value: unknown, grammar: RegExp): string | undefined {
  return typeof value === 'string' && grammar.test(value) ? value : undefined;
}

/** Of `ReEncrypt` the source first, then the destination. */
function keyArnsOf(resources: unknown): string[] {
  if (!Array.isArray(resources)) return [];
  const arns = resources.map((resource) => {
    const { ARN, arn } = fieldsOf(resource);
    return matching(ARN ?? arn, keyArnGrammar);
  });
  return arns.filter((found) => found !== undefined);
}

/** What was denied before KMS looked at it names its key in the message alone. */
function keyInMessage(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  return /\barn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:key\/[A-Za-z0-9-]{1,64}/.exec(message)?.[0];
}

function patientOf(context: Fields): string | undefined {
  const id = context[patientPair];
  return id === undefined ? undefined : (matching(id, ourUuid) ?? invalidPatient);
}

const rowType = /^(?:branch:ACTIVE|beacon:ACTIVE|branch:version:[0-9a-f-]{36})$/;

function rowOf({ type, version }: Fields): string {
  const row = matching(type, rowType) ?? 'unknown';
  return row === 'branch:ACTIVE' ? `${row} ${matching(version, rowType) ?? ''}`.trim() : row;
}

/** Many sessions of one role are one principal: the service's tasks each have a session of their own. */
function principalOf(identity: Fields): { principal: string; session: string } {
  const service = matching(identity['invokedBy'], serviceName);
  const session = matching(identity['arn'], identityArn) ?? service ?? 'unknown';
  const issuer = fieldsOf(fieldsOf(identity['sessionContext'])['sessionIssuer']);
  return { principal: matching(issuer['arn'], identityArn) ?? session, session };
}
