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
