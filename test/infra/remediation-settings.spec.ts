import { describe, expect, it } from '@jest/globals';
import type { AutomationDocument } from '../../infra/lib/automation/automation-document.js';
import { ebsEncryption, publicAccount, publicBucket } from '../../infra/lib/automation/close-openings.js';
import {
  configRecorder,
  keyDeletion,
  keyRotation,
  pointInTimeRecovery,
  trailLogging,
  trailValidation,
} from '../../infra/lib/automation/restore-settings.js';
import { AccountStandIn } from './support/account-stand-in.js';
import { AutomationRun, type Fault } from './support/automation-run.js';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/volumes';
const OTHER_KEY = 'arn:aws:kms:us-east-1:111122223333:key/aws';
const closed = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

interface Setting {
  name: string;
  document: AutomationDocument;
  parameters: Record<string, string>;
  /** Something is wrong. */
  spoil(account: AccountStandIn): void;
  /** What it is then. */
  stateOf(account: AccountStandIn): unknown;
  mended: unknown;
}

const settings: Setting[] = [
  {
    name: 'a trail that was stopped runs again',
    document: trailLogging(),
    parameters: { TrailName: 'phi-test-trail' },
    spoil: ({ trail }) => void (trail.IsLogging = false),
    stateOf: ({ trail }) => trail.IsLogging,
    mended: true,
  },
  {
    name: 'files of a trail are validated again',
    document: trailValidation(),
    parameters: { TrailName: 'phi-test-trail' },
    spoil: ({ trail }) => void (trail.LogFileValidationEnabled = false),
    stateOf: ({ trail }) => trail.LogFileValidationEnabled,
    mended: true,
  },
  {
    name: 'the recorder of Config runs again',
    document: configRecorder(),
    parameters: { RecorderName: 'phi-test' },
    spoil: (account) => void (account.isRecording = false),
    stateOf: ({ isRecording }) => isRecording,
    mended: true,
  },
  {
    name: 'point-in-time recovery of the key store is on again, with the days that bound an erasure',
    document: pointInTimeRecovery({ 'phi-test-key-store': 7, 'phi-test-records': 35 }),
    parameters: { TableName: 'phi-test-key-store' },
    spoil: ({ tables }) => void tables.set('phi-test-key-store', { status: 'DISABLED', days: 7 }),
    stateOf: ({ tables }) => tables.get('phi-test-key-store'),
    mended: { status: 'ENABLED', days: 7 },
  },
  {
    name: "point-in-time recovery of somebody's table is on again",
    document: pointInTimeRecovery({ 'phi-test-key-store': 7 }),
    parameters: { TableName: 'other' },
    spoil: ({ tables }) => void tables.set('other', { status: 'DISABLED', days: 0 }),
    stateOf: ({ tables }) => tables.get('other'),
    mended: { status: 'ENABLED', days: 35 },
  },
  {
    name: 'a key is rotated again, once a year',
    document: keyRotation(),
    parameters: { KeyId: '00000000-0000-4000-8000-000000000000' },
    spoil: ({ key }) => Object.assign(key, { KeyRotationEnabled: false, days: 0 }),
    stateOf: ({ key: { KeyRotationEnabled, days } }) => [KeyRotationEnabled, days],
    mended: [true, 365],
  },
  {
    name: 'a key that was to be deleted stays, and stays disabled',
    document: keyDeletion(),
    parameters: { KeyId: '00000000-0000-4000-8000-000000000000' },
    spoil: ({ key }) => void (key.KeyState = 'PendingDeletion'),
    stateOf: ({ key }) => key.KeyState,
    mended: 'Disabled',
  },
  {
    name: 'a bucket without any block is closed',
    document: publicBucket(),
    parameters: { BucketName: 'open-bucket' },
    spoil: () => undefined,
    stateOf: ({ blocks }) => blocks.get('open-bucket'),
    mended: closed,
  },
  {
    name: 'a bucket that is half open is closed',
    document: publicBucket(),
    parameters: { BucketName: 'open-bucket' },
    spoil: ({ blocks }) => void blocks.set('open-bucket', { ...closed, BlockPublicPolicy: false }),
    stateOf: ({ blocks }) => blocks.get('open-bucket'),
    mended: closed,
  },
  {
    name: 'the buckets of the account are closed',
    document: publicAccount(),
    parameters: {},
    spoil: ({ blocks }) => void blocks.set('111122223333', { ...closed, BlockPublicAcls: false }),
    stateOf: ({ blocks }) => blocks.get('111122223333'),
    mended: closed,
  },
  {
    name: 'new volumes are encrypted again, under our key',
    document: ebsEncryption(KEY),
    parameters: {},
    spoil: ({ ebs }) => Object.assign(ebs, { isOn: false, key: OTHER_KEY }),
    stateOf: ({ ebs }) => ebs,
    mended: { isOn: true, key: KEY },
  },
];

const spoiled = ({ spoil }: Setting) => {
  const account = new AccountStandIn();
  spoil(account);
  return account;
};
const run = ({ document, parameters }: Setting, account: AccountStandIn, faults: Fault[] = []) =>
  new AutomationRun(document, account, { parameters, faults }).run();

describe.each(settings)('$name', (setting) => {
  it('in one run', () => {
    const account = spoiled(setting);
    expect(run(setting, account)).toMatchObject({ status: 'Success', failed: expect.any(Array) });
    expect(setting.stateOf(account)).toEqual(setting.mended);
  });

  it('and a second run changes nothing', () => {
    const account = spoiled(setting);
    run(setting, account);
    const before = [...account.changes];
    expect(run(setting, account).status).toBe('Success');
    expect(account.changes).toEqual(before);
  });

  it('after a failure at each step, which is told, in the next run', () => {
    const calls = setting.document.mainSteps.filter(({ action }) => /Api|Property/.test(action));
    for (const { name } of calls) {
      for (const how of ['refused', 'answer lost'] as const) {
        const account = spoiled(setting);
        const first = run(setting, account, [{ step: name, how }]);
        const isTold = !first.steps.includes(name) || name === 'look' || first.status !== 'Success';
        expect([name, how, isTold]).toEqual([name, how, true]);
        expect([name, how, run(setting, account).status]).toEqual([name, how, 'Success']);
        expect(setting.stateOf(account)).toEqual(setting.mended);
      }
    }
  });
});

describe('what cannot be mended', () => {
  it('leaves the default key of volumes as it was', () => {
    const account = new AccountStandIn();
    Object.assign(account.ebs, { isOn: false, key: OTHER_KEY });
    const failed = new AutomationRun(ebsEncryption(KEY), account, {
      parameters: {},
      faults: [{ step: 'turnOn', how: 'refused' }],
    }).run();
    expect([failed.status, account.ebs]).toEqual(['Failed', { isOn: false, key: OTHER_KEY }]);
  });

  it('opens no bucket again', () => {
    const account = new AccountStandIn();
    const failed = new AutomationRun(publicBucket(), account, {
      parameters: { BucketName: 'open-bucket' },
      faults: [{ step: 'checkBlockPublicPolicy', how: 'refused' }],
    }).run();
    expect([failed.status, account.blocks.get('open-bucket')]).toEqual(['Failed', closed]);
  });

  it('never touches a key that nobody wants to delete', () => {
    const account = new AccountStandIn();
    expect(new AutomationRun(keyDeletion(), account, { parameters: { KeyId: 'k' } }).run().status).toBe(
      'Success',
    );
    expect([account.changes, account.key.KeyState]).toEqual([[], 'Enabled']);
  });
});
