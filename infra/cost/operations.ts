/** What one request of a kind makes the service ask of AWS. */
export interface OperationUse {
  /** Share of all requests. */
  share: number;
  dynamoDbCalls: number;
  readUnits: number;
  /** Write units of the records table and its indexes. */
  recordsWriteUnits: number;
  /** The same of the audit table: each event also stands in three indexes. */
  auditWriteUnits: number;
  /** Beside what a cold patient costs any request. */
  kmsCalls: number;
  /** Write units of the key store. */
  keyStoreWriteUnits: number;
  /** Texts that go to Bedrock, to the guardrail and then to the model, where a deployment asks them. */
  screeningCalls: number;
  /** Text that screening reads, characters. */
  screenedCharacters: number;
  /** Time of a processor, ms: what Fargate is paid for. */
  processorMilliseconds: number;
}

/**
 * Units are measured: a patient with every element of the shape and a record of 1.5 KB, on Amazon's DynamoDB Local, which
 * tells the capacity of each call; a spec measures them again. KMS: libs/encryption/README.md ("Speed", "Decisions"). Shares and lengths of
 * texts are assumed: a clinical application that reads four times for each write. Calls, of Bedrock too, are counted by
 * test/e2e/calls.spec.ts. Processor time is that of the embedded platform at 16 connections (docs/benchmarks.md), rounded up; of what the bench does not
 * measure, that of what is most like it.
 */
export const operations = {
  patientRead: {
    share: 0.35,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 0.7,
  },
  recordRead: {
    share: 0.2,
    dynamoDbCalls: 2,
    readUnits: 2,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 0.7,
  },
  recordList: {
    share: 0.15,
    dynamoDbCalls: 3,
    readUnits: 3,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 1.5,
  },
  patientSearch: {
    share: 0.1,
    dynamoDbCalls: 3,
    readUnits: 2,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 1.0,
  },
  recordCreate: {
    share: 0.12,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 24,
    auditWriteUnits: 16,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 1,
    screenedCharacters: 2_000,
    processorMilliseconds: 1.6,
  },
  patientUpdate: {
    share: 0.05,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 12,
    auditWriteUnits: 16,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 1,
    screenedCharacters: 500,
    processorMilliseconds: 1.6,
  },
  patientCreate: {
    share: 0.03,
    // One of them to the key store: the key is written, and not read back.
    dynamoDbCalls: 3,
    readUnits: 1,
    recordsWriteUnits: 16,
    auditWriteUnits: 16,
    // Two GenerateDataKeyWithoutPlaintext, one ReEncrypt, and the first Decrypt.
    kmsCalls: 4,
    // Three rows of less than 1 KB in one transaction.
    keyStoreWriteUnits: 6,
    screeningCalls: 1,
    screenedCharacters: 500,
    processorMilliseconds: 2.0,
  },
  // What the mix leaves out, too rare to weigh, and counted all the same. All texts of a request go to Bedrock together.
  recordBatch: {
    share: 0,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 240,
    auditWriteUnits: 24,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 1,
    screenedCharacters: 20_000,
    processorMilliseconds: 8,
  },
  patientHistory: {
    share: 0,
    dynamoDbCalls: 3,
    readUnits: 2,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 1.5,
  },
  patientExport: {
    share: 0,
    dynamoDbCalls: 4,
    readUnits: 14,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 3,
  },
  patientErase: {
    share: 0,
    dynamoDbCalls: 18,
    readUnits: 8,
    recordsWriteUnits: 30,
    auditWriteUnits: 64,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screeningCalls: 0,
    screenedCharacters: 0,
    processorMilliseconds: 10,
  },
} as const satisfies Record<string, OperationUse>;

export type OperationName = keyof typeof operations;

/** @returns the mean of a figure over all requests */
export function perRequest(figure: Exclude<keyof OperationUse, 'share'>): number {
  return Object.values(operations).reduce((sum, operation) => sum + operation.share * operation[figure], 0);
}
