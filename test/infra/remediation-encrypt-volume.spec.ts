import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { encryptVolume } from '../../infra/lib/automation/encrypt-volume.js';
import { volumeTags } from '../../infra/lib/automation/volume-tags.js';
import { AutomationRun, type Run, type RunOptions } from './support/automation-run.js';
import type { Volume } from './support/ec2-shapes.js';
import { Ec2StandIn } from './support/ec2-stand-in.js';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000';
const OLD = 'vol-0aaaaaaaaaaaaaaaa';
const INSTANCE = 'i-0bbbbbbbbbbbbbbbb';
const DEVICE = '/dev/sdf';
const document = encryptVolume({
  stage: 'test',
  approverArns: ['arn:aws:iam::111122223333:role/security-officer'],
  approvalTopicArn: 'arn:aws:sns:us-east-1:111122223333:AutomationApproval-test',
  keyArn: KEY,
});

type Place = 'free' | 'running' | 'stopped';

/** An account with one unencrypted volume. */
function account(place: Place, volume: Partial<Volume> = {}): Ec2StandIn {
  const ec2 = new Ec2StandIn();
  const old = ec2.addVolume({
    VolumeId: OLD,
    Tags: [{ Key: 'DataClassification', Value: 'PHI' }],
    ...volume,
  });
  if (place !== 'free') ec2.addInstance(INSTANCE, place, DEVICE, old);
  return ec2;
}

const run = (ec2: Ec2StandIn, options: Partial<RunOptions> = {}): Run =>
  new AutomationRun(document, ec2, {
    parameters: { VolumeId: OLD },
    approval: 'Approved',
    ...options,
  }).run();

const tagOf = (volume: Volume | undefined, key: string) =>
  volume?.Tags?.find(({ Key }) => Key === key)?.Value;
const replacement = (ec2: Ec2StandIn): Volume | undefined =>
  ec2.volumes.get(tagOf(ec2.volumes.get(OLD), volumeTags.replacedBy) ?? '');

/** Whatever went wrong: nothing is lost, and the instance has what it wrote. */
function expectNothingLost(ec2: Ec2StandIn, place: Place): void {
  expect(ec2.volumes.has(OLD)).toBe(true);
  if (place === 'free') {
    expect(ec2.content.get(OLD)).toEqual([`first of ${OLD}`]);
    return;
  }
  const attached = ec2.attached(INSTANCE, DEVICE);
  expect(ec2.content.get(attached?.VolumeId ?? '')).toEqual(ec2.written.get(`${INSTANCE} ${DEVICE}`));
  expect(ec2.instances.get(INSTANCE)?.State.Name).toBe(place);
}

/** The account as it should be in the end. */
function expectEncrypted(ec2: Ec2StandIn, place: Place): void {
  expectNothingLost(ec2, place);
  const fresh = replacement(ec2);
  expect(fresh).toMatchObject({ Encrypted: true, KmsKeyId: KEY, AvailabilityZone: 'us-east-1a' });
  expect(tagOf(fresh, 'DataClassification')).toBe('PHI');
  expect(ec2.volumes.get(OLD)?.State).toBe('available');
  if (place === 'free') expect(ec2.content.get(fresh?.VolumeId ?? '')).toEqual(ec2.content.get(OLD));
  else expect(ec2.attached(INSTANCE, DEVICE)?.VolumeId).toBe(fresh?.VolumeId);
}

const places: Place[] = ['free', 'running', 'stopped'];
const missings = ['is empty', 'fails'] as const;

describe.each(missings)('where an output that is not there %s', (missing) => {
  it.each(places)('encrypts a volume that is %s', (place) => {
    const ec2 = account(place);
    expect(run(ec2, { missing }).status).toBe('Success');
    expectEncrypted(ec2, place);
  });

  it.each(places)('has nothing left to do a second time: %s', (place) => {
    const ec2 = account(place);
    run(ec2, { missing });
    const before = [ec2.volumes.size, ec2.snapshots.size];
    expect(run(ec2, { missing }).status).toBe('Success');
    expect([ec2.volumes.size, ec2.snapshots.size]).toEqual(before);
    expectEncrypted(ec2, place);
  });

  it.each(places)('survives a failure at each step, and goes on from there: %s', (place) => {
    const { steps } = run(account(place), { missing });
    const calls = steps.filter(isCall);
    expect(calls.length).toBeGreaterThan(15);
    for (const step of calls) {
      for (const how of ['refused', 'answer lost'] as const) {
        const ec2 = account(place);
        const first = run(ec2, { missing, faults: [{ step, how }] });
        expectAt(`${step} ${how}`, () => expectNothingLost(ec2, place));
        const second = run(ec2, { missing });
        expectAt(`${step} ${how}, again`, () => {
          expect([first.steps.includes(step), second.status]).toEqual([true, 'Success']);
          expectEncrypted(ec2, place);
        });
      }
    }
  });
});

describe('two failures', () => {
  it('lose nothing: the second one while the first is being undone', () => {
    const { steps } = run(account('running'));
    const swap = steps.slice(steps.indexOf('stopInstance')).filter(isCall);
    for (const step of swap) {
      const undone = run(account('running'), { faults: [{ step, how: 'refused' }] });
      const undoing = undone.steps.slice(undone.steps.lastIndexOf(step) + 1).filter(isCall);
      for (const second of undoing) {
        for (const how of ['refused', 'answer lost'] as const) {
          const ec2 = account('running');
          run(ec2, {
            faults: [
              { step, how: 'refused' },
              { step: second, how },
            ],
          });
          expectAt(`${step}, then ${second} ${how}`, () => {
            const place = ec2.instances.get(INSTANCE)?.State.Name;
            const volume = ec2.attached(INSTANCE, DEVICE) ?? ec2.volumes.get(OLD);
            expect(ec2.content.get(volume?.VolumeId ?? '')).toEqual(ec2.written.get(`${INSTANCE} ${DEVICE}`));
            expect([place, ec2.volumes.has(OLD)]).toEqual([expect.any(String), true]);
          });
          ec2.pass();
          const last = run(ec2);
          expectAt(`${step}, then ${second} ${how}, again`, () => {
            expect(last.status).toBe('Success');
            expectEncrypted(ec2, 'running');
          });
        }
      }
    }
  });
});

describe('an instance that may not use the key', () => {
  it('gets its old volume back and runs; the run has failed', () => {
    const ec2 = account('running');
    ec2.mayNotUseKey.add(INSTANCE);
    const { status, failed } = run(ec2);
    expect([status, failed]).toEqual(['TimedOut', ['awaitRunning']]);
    expect(ec2.attached(INSTANCE, DEVICE)?.VolumeId).toBe(OLD);
    expectNothingLost(ec2, 'running');
  });

  it('has what it wrote since on the new volume, once it may', () => {
    const ec2 = account('running');
    ec2.mayNotUseKey.add(INSTANCE);
    run(ec2);
    ec2.mayNotUseKey.clear();
    expect(run(ec2).status).toBe('Success');
    expectEncrypted(ec2, 'running');
  });
});

describe('approval', () => {
  it.each([
    ['Rejected', 'Rejected'],
    ['no answer', 'TimedOut'],
  ] as const)('%s: nothing is touched but a tag', (approval, status) => {
    const ec2 = account('running');
    expect(run(ec2, { approval }).status).toBe(status);
    expect(ec2.calls.filter((call) => !/Describe|CreateTags/.test(call))).toEqual([]);
    expectNothingLost(ec2, 'running');
  });

  it('is not asked for a volume that nobody uses', () => {
    expect(run(account('free'), { approval: 'Rejected' }).status).toBe('Success');
  });

  it('cannot be given where nobody is named for it: volumes in use are refused', () => {
    const ec2 = account('running');
    const nobody = encryptVolume({ stage: 'test', approverArns: [], approvalTopicArn: 'x', keyArn: KEY });
    const refused = new AutomationRun(nobody, ec2, { parameters: { VolumeId: OLD } }).run();
    expect([refused.status, refused.failed]).toEqual(['Failed', ['refuseInUse']]);
  });
});

describe('what is left to people', () => {
  it.each<[string, Place, Partial<Volume>, string]>([
    [
      'a volume of a stack',
      'free',
      { Tags: [{ Key: 'aws:cloudformation:stack-name', Value: 'x' }] },
      'refuseOwned',
    ],
    [
      'a volume of several instances',
      'running',
      { VolumeType: 'io2', MultiAttachEnabled: true },
      'checkOneInstance',
    ],
  ])('%s', (_what, place, volume, step) => {
    const ec2 = account(place, volume);
    const { status, failed } = run(ec2);
    expect([status, failed]).toEqual(['Failed', [step]]);
    expect(ec2.calls.filter((call) => !call.includes('Describe'))).toEqual([]);
  });

  it('an instance of an Auto Scaling group, which would replace it', () => {
    const ec2 = account('running');
    ec2.instances.get(INSTANCE)?.Tags.push({ Key: 'aws:autoscaling:groupName', Value: 'x' });
    expect(run(ec2).failed).toEqual(['refuseGroup']);
    expectNothingLost(ec2, 'running');
  });

  it('an instance whose root cannot be kept when it stops', () => {
    const ec2 = account('running');
    const instance = ec2.instances.get(INSTANCE);
    if (instance !== undefined) instance.RootDeviceType = 'instance-store';
    expect(run(ec2).failed).toEqual(['inspectInstance']);
  });

  it('a place that another volume has taken', () => {
    const ec2 = account('running');
    run(ec2, { faults: [{ step: 'stopInstance', how: 'refused' }] });
    const old = ec2.volumes.get(OLD);
    if (old !== undefined) Object.assign(old, { State: 'available', Attachments: [] });
    old?.Tags?.push({ Key: volumeTags.instance, Value: INSTANCE }, { Key: volumeTags.device, Value: DEVICE });
    const other = ec2.addVolume({ VolumeId: 'vol-0cccccccccccccccc' });
    Object.assign(other, {
      State: 'in-use',
      Attachments: [{ InstanceId: INSTANCE, Device: DEVICE, State: 'attached' }],
    });
    expect(run(ec2).failed).toEqual(['refuseSlot']);
  });
});

describe('a volume', () => {
  it.each([
    ['gp3', { Iops: 6000, Throughput: 500 }],
    ['io2', { Iops: 10_000, Throughput: undefined }],
    ['st1', { Iops: undefined, Throughput: undefined }],
  ])('of type %s gets one of the same type and speed', (VolumeType, speed) => {
    const ec2 = account('free', { VolumeType, ...speed });
    expect(run(ec2).status).toBe('Success');
    expect(replacement(ec2)).toMatchObject({ VolumeType, ...speed });
  });

  it('that is encrypted already is left alone', () => {
    const ec2 = account('free', { Encrypted: true, KmsKeyId: KEY });
    expect(run(ec2)).toMatchObject({ status: 'Success', steps: ['inspectVolume', 'isEncrypted', 'done'] });
  });

  it('in use is left to the rule that looks at those, when only free ones are asked for', () => {
    const ec2 = account('running');
    expect(run(ec2, { parameters: { VolumeId: OLD, Scope: 'free' } }).status).toBe('Success');
    expect(ec2.snapshots.size).toBe(0);
    expect(run(account('free'), { parameters: { VolumeId: OLD, Scope: 'free' } }).steps).toContain(
      'markReplacedFree',
    );
  });

  it('that somebody attaches while it is copied is not called replaced', () => {
    const ec2 = account('free');
    const attach = () => {
      const old = ec2.volumes.get(OLD);
      if (old !== undefined) ec2.addInstance(INSTANCE, 'running', DEVICE, old);
    };
    const pass = ec2.pass.bind(ec2);
    ec2.pass = () => {
      pass();
      if (ec2.instances.size === 0) attach();
    };
    expect(run(ec2).failed).toEqual(['checkStillFree']);
    expect(replacement(ec2)).toBeUndefined();
  });
});

describe('the table of infra/remediation.md', () => {
  /** What a failure at a step leaves, and what the next run makes of it: two columns. */
  function outcomeOf(place: Place, step: string): string {
    const outcomes = (['refused', 'answer lost'] as const).map((how) => {
      const ec2 = account(place);
      const status = run(ec2, { faults: [{ step, how }] }).status === 'Success' ? 'Success' : 'Failed';
      const isNew = ec2.attached(INSTANCE, DEVICE)?.VolumeId !== OLD;
      const state = `instance ${ec2.instances.get(INSTANCE)?.State.Name} on the ${isNew ? 'new' : 'old'} volume`;
      const free = replacement(ec2) === undefined ? 'old volume as it was' : 'old volume replaced';
      return {
        before: `${status}: ${place === 'free' ? free : state}`,
        after: `${run(ec2).status}: encrypted`,
      };
    });
    const told = (all: string[]) => [...new Set(all)].join('; with the answer lost: ');
    return `${told(outcomes.map(({ before }) => before))} | ${told(outcomes.map(({ after }) => after))}`;
  }

  /** Steps that follow each other and end alike stand in one row. */
  function tableOf(place: Place): string[] {
    const groups: { first: string; last: string; outcome: string }[] = [];
    for (const step of run(account(place)).steps.filter(isCall)) {
      const outcome = outcomeOf(place, step);
      const group = groups.at(-1);
      if (group?.outcome === outcome) group.last = step;
      else groups.push({ first: step, last: step, outcome });
    }
    return groups.map(
      ({ first, last, outcome }) => `| \`${first}\`${first === last ? '' : ` to \`${last}\``} | ${outcome} |`,
    );
  }

  it.each(['free', 'running'] as const)('of a volume that is %s is what the runs show', (place) => {
    const text = readFileSync('infra/remediation.md', 'utf8');
    const rows = tableOf(place);
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter((row) => !text.includes(row))).toEqual([]);
  });
});

/** Steps at which something can go wrong: calls, and waiting for what they do. */
const isCall = (name: string) => !['aws:branch', 'aws:sleep', 'aws:approve'].includes(actionOf(name));
const actionOf = (name: string) => document.mainSteps.find((step) => step.name === name)?.action ?? '';

/** Says at which fault it was. */
function expectAt(fault: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`with a fault at ${fault}`, { cause: error });
  }
}
