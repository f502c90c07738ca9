interface Quota {
  value: number;
  unit: string;
  /** Whether AWS raises it on request. */
  isAdjustable: boolean;
  /** AWS's page, by title. */
  source: string;
}

/** When the quotas were written down. They were not fetched: ask Service Quotas of the account before relying on one. */
export const quotasWrittenOn = '2026-11-29';

const tables = 'Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB"';
const partitions = 'Amazon DynamoDB Developer Guide, "Best practices for designing and using partition keys"';
const keys = 'AWS KMS Developer Guide, "Request quotas"';

/** Of one account and region, as an account has them unless it asks for more. */
export const quotas = {
  partitionReadUnits: {
    value: 3_000,
    unit: 'read units/s of a partition',
    isAdjustable: false,
    source: partitions,
  },
  partitionWriteUnits: {
    value: 1_000,
    unit: 'write units/s of a partition',
    isAdjustable: false,
    source: partitions,
  },
  itemCollectionGigabytes: {
    value: 10,
    unit: 'GB of all rows under one partition key of a table with local indexes',
    isAdjustable: false,
    source: 'Amazon DynamoDB Developer Guide, "Item collections in Local Secondary Indexes"',
  },
  tableReadUnits: { value: 40_000, unit: 'read units/s of a table', isAdjustable: true, source: tables },
  tableWriteUnits: {
    value: 40_000,
    unit: 'write units/s of a table, and of each index',
    isAdjustable: true,
    source: tables,
  },
  newTableWriteUnits: {
    value: 4_000,
    unit: 'write units/s of a table that is new; then twice the peak that it has seen',
    isAdjustable: false,
    source: 'Amazon DynamoDB Developer Guide, "On-demand capacity mode"; warm throughput can be bought ahead',
  },
  kmsSymmetric: {
    value: 10_000,
    unit: 'symmetric operations/s (Decrypt, GenerateDataKeyWithoutPlaintext, ReEncrypt together); several times that in us-east-1, us-west-2 and eu-west-1',
    isAdjustable: true,
    source: keys,
  },
  kmsEllipticCurve: {
    value: 1_000,
    unit: 'operations/s with elliptic-curve keys (Sign)',
    isAdjustable: true,
    source: keys,
  },
  guardrailRequests: {
    value: 50,
    unit: 'ApplyGuardrail/s; 25 in smaller regions',
    isAdjustable: true,
    source: 'AWS General Reference, "Amazon Bedrock endpoints and quotas"',
  },
  guardrailTextUnits: {
    value: 200,
    unit: 'text units/s of the policy of sensitive information (1,000 characters each); 25 to 200 by region and tier',
    isAdjustable: true,
    source: 'AWS General Reference, "Amazon Bedrock endpoints and quotas"',
  },
  gatewayRequests: {
    value: 10_000,
    unit: 'requests/s of all APIs of the account, bursts of 5,000',
    isAdjustable: true,
    source: 'Amazon API Gateway Developer Guide, "Quotas"',
  },
} as const satisfies Record<string, Quota>;
