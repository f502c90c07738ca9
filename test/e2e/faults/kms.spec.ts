import { beforeAll, describe, expect, it } from '@jest/globals';
import { accessDenied, type Fault as AwsFault, internalError, throttling } from '../../support/aws/faults.js';
import { expectPromises, type Fault, suffer } from '../../support/fault-round.js';
import { type FaultedAccount, startFaultedAccount } from '../../support/faulted-account.js';

let target: FaultedAccount;
beforeAll(async () => {
  target = await startFaultedAccount();
}, 90_000);

const unavailable = '503 key-service-unavailable';
/** Who has a key in memory does without KMS; nobody else does. */
const keysInMemory = {
  'warm read': '200',
  'cold read': unavailable,
  'new patient': unavailable,
  change: '200',
  batch: '201',
  search: '200',
};
const asEver = { ...keysInMemory, 'cold read': '200', 'new patient': '201' };
const injected = (fault: AwsFault) => () => target.account.kms.endpoint.faults.inject(fault);

const faults: Fault[] = [
  {
    name: 'KMS is down',
    happen: async () => {
      const { endpoint } = target.account.kms;
      await endpoint.down();
      return () => endpoint.up();
    },
    answers: keysInMemory,
    withinMs: 3_000,
  },
  {
    name: 'KMS breaks every connection',
    happen: injected({ kind: 'reset' }),
    answers: keysInMemory,
    withinMs: 3_000,
  },
  {
    // Three attempts of PHI_AWS_TIMEOUT_SECONDS.
    name: 'KMS takes requests and says nothing',
    happen: injected({ kind: 'silence' }),
    answers: keysInMemory,
    withinMs: 5_000,
  },
  {
    name: 'KMS is slow',
    happen: injected({ kind: 'latency', milliseconds: 400 }),
    answers: asEver,
    withinMs: 5_000,
  },
  { name: 'KMS throttles', happen: injected(throttling), answers: keysInMemory, withinMs: 4_000 },
  { name: 'KMS denies access', happen: injected(accessDenied), answers: keysInMemory, withinMs: 2_000 },
  { name: 'KMS fails (500)', happen: injected(internalError), answers: keysInMemory, withinMs: 3_000 },
  {
    name: 'the KMS key is disabled',
    happen: () => {
      const key = target.account.kms.keys.find(target.alias('records'));
      key.state = 'Disabled';
      return () => (key.state = 'Enabled');
    },
    answers: keysInMemory,
    withinMs: 2_000,
  },
  {
    name: 'the KMS key is pending deletion',
    happen: () => {
      const key = target.account.kms.keys.find(target.alias('records'));
      key.state = 'PendingDeletion';
      return () => (key.state = 'Enabled');
    },
    answers: keysInMemory,
    withinMs: 2_000,
  },
];

describe('a fault of KMS refuses what needs it, loses nothing, and is over when it is over:', () => {
  it.each(faults)('$name', async (fault) => expectPromises(await suffer(target, fault), fault));

  it.each(['AccessDeniedException', 'ThrottlingException', 'DisabledException', 'KMSInvalidStateException'])(
    'an operator finds %s in the log',
    (name) => expect(target.service.logged()).toContain(`"class":"${name}"`),
  );

  it('and leaves no marked value in the log or on the wire, and a trail that verifies', async () => {
    expect(await target.finish()).toEqual({ leaks: [], exitCode: 0, findings: [] });
  });
});
