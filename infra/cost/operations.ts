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
  /** Text that screening reads, characters. */
  screenedCharacters: number;
}

/**
 * Units are measured: a patient with every element of the shape and a record of 1.5 KB, on Amazon's DynamoDB Local, which
 * tells the capacity of each call; a spec measures them again. KMS: libs/encryption/README.md ("Speed", "Decisions"). Shares and lengths of
 * texts are assumed: a clinical application that reads four times for each write.
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
    screenedCharacters: 0,
  },
  recordRead: {
    share: 0.2,
    dynamoDbCalls: 2,
    readUnits: 2,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screenedCharacters: 0,
  },
  recordList: {
    share: 0.15,
    dynamoDbCalls: 3,
    readUnits: 3,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screenedCharacters: 0,
  },
  patientSearch: {
    share: 0.1,
    dynamoDbCalls: 3,
    readUnits: 2,
    recordsWriteUnits: 0,
    auditWriteUnits: 4,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screenedCharacters: 0,
  },
  recordCreate: {
    share: 0.12,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 24,
    auditWriteUnits: 16,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screenedCharacters: 2_000,
  },
  patientUpdate: {
    share: 0.05,
    dynamoDbCalls: 2,
    readUnits: 1,
    recordsWriteUnits: 12,
    auditWriteUnits: 16,
    kmsCalls: 0,
    keyStoreWriteUnits: 0,
    screenedCharacters: 500,
  },
  patientCreate: {
    share: 0.03,
    // Two of them to the key store: the key is written, then read.
    dynamoDbCalls: 4,
    readUnits: 2,
    recordsWriteUnits: 16,
    auditWriteUnits: 16,
    // Two GenerateDataKeyWithoutPlaintext, one ReEncrypt, and the first Decrypt.
    kmsCalls: 4,
    // Three rows of less than 1 KB in one transaction.
    keyStoreWriteUnits: 6,
    screenedCharacters: 500,
  },
} as const satisfies Record<string, OperationUse>;

export type OperationName = keyof typeof operations;

/** @returns the mean of a figure over all requests */
export function perRequest(figure: Exclude<keyof OperationUse, 'share'>): number {
  return Object.values(operations).reduce((sum, operation) => sum + operation.share * operation[figure], 0);
}

/** The part of requests that write. */
export const writeShare = (): number =>
  operations.recordCreate.share + operations.patientUpdate.share + operations.patientCreate.share;

interface Assumption {
  value: number;
  unit: string;
  source: string;
}

/** Everything else that an estimate rests on. Change it here, or by an option where there is one. */
export const assumptions = {
  coldShare: {
    value: 0.3,
    unit: 'of requests meet a patient whose key is not in the cache of the task: 1 Decrypt, 1 read of the key store',
    source: 'assumed; a key stays 300 s (PHI_KEY_CACHE_TTL_SECONDS)',
  },
  parameterLookups: {
    value: 120,
    unit: 'KMS calls an hour and task: index roots are decrypted, the alias is looked up',
    source: 'PHI_PARAMETER_REFRESH_SECONDS = 60',
  },
  sealSeconds: {
    value: 5,
    unit: 's between checkpoints of a task that has new events: 1 signature',
    source: 'PHI_AUDIT_SEAL_SECONDS = 5',
  },
  sealWriteUnits: { value: 8, unit: 'write units a checkpoint', source: 'measured on DynamoDB Local' },
  leaseWrites: {
    value: 720,
    unit: 'write units an hour and task: the lease of its audit chain',
    source: 'PHI_AUDIT_LEASE_SECONDS = 30, renewed with each seal',
  },
  recordKilobytes: {
    value: 4,
    unit: 'KB an encrypted document with its indexes',
    source: 'assumed: 1.5 KB of JSON and notes, 0.4 KB of encryption (libs/encryption), rows of indexes',
  },
  documentsPerPatient: { value: 30, unit: 'documents and earlier versions a patient', source: 'assumed' },
  eventKilobytes: {
    value: 1.6,
    unit: 'KB an audit event in the table and its three indexes',
    source: 'measured: one write unit each',
  },
  keyStoreKilobytes: { value: 1.5, unit: 'KB a patient: three rows', source: 'libs/encryption' },
  archivedEventKilobytes: {
    value: 0.3,
    unit: 'KB an event in the archive, gzipped',
    source: 'assumed: a quarter of 1.1 KB',
  },
  serviceLineKilobytes: {
    value: 0.35,
    unit: 'KB a log line, 1 a request',
    source: 'libs/observability: the request line',
  },
  accessLineKilobytes: {
    value: 0.4,
    unit: 'KB a line of the access log',
    source: 'infra/lib/access-log-fields.ts',
  },
  firewallLineKilobytes: {
    value: 1.5,
    unit: 'KB a line of the firewall log, 1 a request unless filtered',
    source: 'assumed',
  },
  flowLogMegabytes: {
    value: 2,
    unit: 'MB of flow logs an hour',
    source: 'assumed: some 15 interfaces, 10 flows a minute each',
  },
  trailEventKilobytes: {
    value: 1.5,
    unit: 'KB an event of CloudTrail, an eighth of it gzipped',
    source: 'AWS CloudTrail User Guide, examples of records',
  },
  accountEvents: {
    value: 300,
    unit: 'management events an hour that an account makes by itself',
    source: 'assumed',
  },
  configurationItems: {
    value: 1_500,
    unit: 'configuration items a month: each change of a resource, and of what it is related to',
    source: 'assumed: some 400 resources, a deployment a week',
  },
  ruleEvaluations: {
    value: 40,
    unit: 'evaluations of a rule a month: each day, and at changes',
    source: 'assumed',
  },
  alerts: {
    value: 8_800,
    unit: 'alerts a month: canaries, and some others',
    source: 'infra/lib/constructs/compliance/alert-canary.ts: every five minutes',
  },
  logCompression: {
    value: 0.15,
    unit: 'of a log group is stored',
    source: 'CloudWatch price page, example: 15%',
  },
  responseKilobytes: { value: 4, unit: 'KB an answer to the internet', source: 'assumed' },
  modelPromptTokens: {
    value: 1_500,
    unit: 'tokens of instructions and tool a call of the model, beside a token for each four characters',
    source: 'libs/pii-screening/README.md: some 2,500 tokens for a note of 3 KB',
  },
  modelAnswerTokens: { value: 150, unit: 'tokens of answer', source: 'assumed: a few findings' },
  queriedGigabytes: {
    value: 10,
    unit: 'GB read by saved queries',
    source: 'assumed: one a working day over a week',
  },
  hubChecks: {
    value: 15_000,
    unit: 'checks of Security Hub a month',
    source:
      'assumed: some 500 controls of three standards, each on one thing or some, once a day or on a change',
  },
  containerMetrics: {
    value: 30,
    unit: 'metrics of Container Insights',
    source: 'Amazon ECS Container Insights metrics',
  },
  tokensPerClient: {
    value: 2_920,
    unit: 'tokens a month: one when the last ends',
    source: 'infra/lib/constructs/user-pool.ts: a token is good for 15 minutes',
  },
} as const satisfies Record<string, Assumption>;
