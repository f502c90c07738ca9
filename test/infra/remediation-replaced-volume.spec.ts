import { describe, expect, it } from '@jest/globals';
import { deleteReplacedVolume } from '../../infra/lib/automation/delete-replaced-volume.js';
import { volumeTags } from '../../infra/lib/automation/volume-tags.js';
import { AutomationRun, type RunOptions } from './support/automation-run.js';
import { Ec2StandIn } from './support/ec2-stand-in.js';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/volumes';
const OLD = 'vol-0aaaaaaaaaaaaaaaa';
const NEW = 'vol-0bbbbbbbbbbbbbbbb';
const document = deleteReplacedVolume('test', KEY);

/** A volume whose time is over, and the one that replaced it. */
function account(
  tags: Record<string, string> = { [volumeTags.replacedBy]: NEW, [volumeTags.deleteAfter]: '2026-11-27' },
) {
  const ec2 = new Ec2StandIn();
  ec2.addVolume({ VolumeId: OLD, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });
  ec2.addVolume({ VolumeId: NEW, Encrypted: true, KmsKeyId: KEY });
  return ec2;
}
const run = (ec2: Ec2StandIn, options: Partial<RunOptions> = {}) =>
  new AutomationRun(document, ec2, { parameters: { VolumeId: OLD }, ...options }).run();
const lastCopies = (ec2: Ec2StandIn) =>
  [...ec2.snapshots.values()].filter(({ Encrypted, VolumeId }) => Encrypted && VolumeId === OLD);

describe('a replaced volume whose time is over', () => {
  it.each(['is empty', 'fails'] as const)(
    'is deleted after an encrypted copy of what was last on it (an output that is not there %s)',
    (missing) => {
      const ec2 = account();
      ec2.content.get(OLD)?.push('written after it was replaced');
      expect(run(ec2, { missing }).status).toBe('Success');
      expect(ec2.volumes.has(OLD)).toBe(false);
      expect(
        lastCopies(ec2).map(({ SnapshotId, KmsKeyId }) => [ec2.content.get(SnapshotId), KmsKeyId]),
      ).toEqual([[[`first of ${OLD}`, 'written after it was replaced'], KEY]]);
      expect([...ec2.snapshots.values()].filter(({ Encrypted }) => !Encrypted)).toEqual([]);
      expect(run(ec2, { missing }).status).toBe('Success');
    },
  );

  it('is there, or its copy is, whatever fails; the next run ends it', () => {
    const { steps } = run(account());
    for (const step of steps) {
      for (const how of ['refused', 'answer lost'] as const) {
        const ec2 = account();
        run(ec2, { faults: [{ step, how }] });
        const isKept = ec2.volumes.has(OLD) || lastCopies(ec2).some(({ State }) => State === 'completed');
        expect([step, how, isKept]).toEqual([step, how, true]);
        expect([step, how, run(ec2).status]).toEqual([step, how, 'Success']);
        expect([step, how, ec2.volumes.has(OLD), lastCopies(ec2).length > 0]).toEqual([
          step,
          how,
          false,
          true,
        ]);
      }
    }
  });
});

describe('nothing is deleted', () => {
  it.each([
    ['that was not replaced', { [volumeTags.deleteAfter]: '2026-11-27' }, 'checkReplacement'],
    ['that nobody gave a day', { [volumeTags.replacedBy]: NEW }, 'refuseNotDue'],
  ])('%s', (_what, tags, step) => {
    const ec2 = account(tags);
    expect(run(ec2).failed).toContain(step);
    expect([ec2.volumes.has(OLD), ec2.snapshots.size]).toEqual([true, 0]);
  });

  it('that is in use again', () => {
    const ec2 = account();
    const old = ec2.volumes.get(OLD);
    if (old !== undefined) ec2.addInstance('i-0cccccccccccccccc', 'running', '/dev/sdf', old);
    expect(run(ec2).failed).toEqual(['checkUnused']);
    expect(ec2.volumes.has(OLD)).toBe(true);
  });

  it('whose replacement is gone, or is not encrypted', () => {
    const gone = account();
    gone.volumes.delete(NEW);
    expect(run(gone).failed).toEqual(['checkReplacement']);
    const plain = account();
    Object.assign(plain.volumes.get(NEW) ?? {}, { Encrypted: false });
    expect(run(plain).failed).toEqual(['checkReplacement']);
    expect([gone.volumes.has(OLD), plain.volumes.has(OLD)]).toEqual([true, true]);
  });

  it('that is encrypted', () => {
    const ec2 = account();
    Object.assign(ec2.volumes.get(OLD) ?? {}, { Encrypted: true });
    expect(run(ec2).failed).toEqual(['refuseNotDue']);
  });
});
