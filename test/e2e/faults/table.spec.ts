import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  accessDenied,
  type Fault as AwsFault,
  type FaultScope,
  throttling,
  throughputExceeded,
  transactionConflict,
} from '../../support/aws/faults.js';
import { type Act } from '../../support/fault-requests.js';
import { expectPromises, type Fault, suffer } from '../../support/fault-round.js';
import { type FaultedAccount, startFaultedAccount } from '../../support/faulted-account.js';

let target: FaultedAccount;
beforeAll(async () => {
  target = await startFaultedAccount();
}, 90_000);

const injected = (fault: AwsFault, scope?: FaultScope) => () =>
  target.account.dynamoDb.endpoint.faults.inject(fault, scope);
const all = (read: string, made = read): Record<Act, string> => ({
  'warm read': read,
  'cold read': read,
  'new patient': made,
  change: made === '201' ? '200' : made,
  batch: made,
  search: read,
});
const asEver = all('200', '201');
/** The refusal cannot be recorded either, and that is the answer then. */
const unrecorded = all('503 audit-unavailable');
/** The key of a new patient is a transaction of its own, before his first row. */
const noTransactions = {
  ...all('200', '503 storage-unavailable'),
  'new patient': '503 key-service-unavailable',
};
const transactions = { operation: 'TransactWriteItems' };

const faults: Fault[] = [
  {
    name: 'DynamoDB is down',
    happen: async () => {
      const { endpoint } = target.account.dynamoDb;
      await endpoint.down();
      return () => endpoint.up();
    },
    answers: unrecorded,
    withinMs: 4_000,
  },
  {
    // Six attempts of PHI_AWS_TIMEOUT_SECONDS: three of the request, three of its refusal's event.
    name: 'DynamoDB takes requests and says nothing',
    happen: injected({ kind: 'silence' }),
    answers: unrecorded,
    withinMs: 9_000,
  },
  {
    name: 'DynamoDB is slow',
    happen: injected({ kind: 'latency', milliseconds: 200 }),
    answers: asEver,
    withinMs: 5_000,
  },
  {
    name: 'DynamoDB throttles everything',
    happen: injected(throttling),
    answers: unrecorded,
    withinMs: 12_000,
  },
  {
    name: 'DynamoDB throttles single writes: no event, no data',
    happen: injected(throughputExceeded, { operation: 'PutItem' }),
    // A write that comes later is refused as well: first the number of the event that failed has to be filled.
    answers: {
      'warm read': '503 audit-unavailable',
      'cold read': '503 audit-unavailable',
      search: '503 audit-unavailable',
    },
    withinMs: 12_000,
  },
  {
    name: 'DynamoDB denies transactions',
    happen: injected(accessDenied, transactions),
    answers: noTransactions,
    withinMs: 2_000,
  },
  {
    name: 'transactions are in conflict for good',
    happen: injected(transactionConflict, transactions),
    answers: noTransactions,
    withinMs: 12_000,
  },
  {
    name: 'the first six transactions are in conflict',
    happen: injected(transactionConflict, { ...transactions, times: 6 }),
    answers: asEver,
    withinMs: 4_000,
  },
  {
    name: 'answers to transactions are lost for good',
    happen: injected({ kind: 'lost-answer' }, transactions),
    answers: noTransactions,
    unheard: ['change', 'batch'],
    withinMs: 4_000,
  },
  {
    name: 'the first answers to transactions are lost',
    happen: injected({ kind: 'lost-answer' }, { ...transactions, times: 3 }),
    answers: asEver,
    withinMs: 4_000,
  },
  {
    name: 'half of a batch is read at a time',
    happen: injected({ kind: 'half-batch' }, { operation: 'BatchGetItem', times: 8 }),
    answers: asEver,
    withinMs: 4_000,
  },
  {
    name: 'the last key of a batch is never read',
    happen: injected({ kind: 'half-batch' }, { operation: 'BatchGetItem' }),
    answers: all('503 storage-unavailable'),
    withinMs: 6_000,
  },
];

describe('a fault of the table refuses, writes all or nothing, and is over when it is over:', () => {
  it.each(faults)('$name', async (fault) => expectPromises(await suffer(target, fault), fault));

  it('and leaves no marked value in the log or on the wire, and a trail that verifies', async () => {
    expect(await target.finish()).toEqual({ leaks: [], exitCode: 0, findings: [] });
  });
});
