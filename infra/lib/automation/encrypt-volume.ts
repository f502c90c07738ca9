import {
  assertThat,
  automation,
  type AutomationDocument,
  call,
  choose,
  end,
  find,
  output,
  type Step,
} from './automation-document.js';
import { encryptedCopySteps } from './encrypted-copy.js';
import { swapSteps } from './swap-volume.js';
import { type EncryptVolumeSettings, OLD, refuse, replacedBy } from './volume-steps.js';
import { filter, tag, volumeTags } from './volume-tags.js';

/**
 * Encrypts a volume that is not: EBS cannot do it in place, so a new volume takes its place. One that nobody uses by itself; one in
 * use after an approval, because its instance has to stand still: what is written after the snapshot would be lost. The old volume stays, with all
 * that is on it (45 CFR 164.312(a)(2)(iv), 164.308(a)(7)(ii)(A)).
 */
export function encryptVolume(settings: EncryptVolumeSettings): AutomationDocument {
  return automation(
    'Replaces an unencrypted EBS volume by an encrypted copy; the old one is kept for some days.',
    {
      VolumeId: { type: 'String', description: 'The volume.', allowedPattern: '^vol-[0-9a-f]{8,17}$' },
      Scope: {
        type: 'String',
        description:
          '`free`: only if no instance has the volume, so that two rules never start two runs on one.',
        allowedPattern: '^(any|free)$',
        default: 'any',
      },
      KmsKeyArn: {
        type: 'String',
        description: 'The key to encrypt it under.',
        default: settings.keyArn,
      },
      Approvers: {
        type: 'StringList',
        description: 'Roles of which one has to approve that an instance is stopped.',
        default: settings.approverArns,
      },
      ApprovalTopicArn: {
        type: 'String',
        description: 'Where it is asked for.',
        default: settings.approvalTopicArn,
      },
    },
    [
      ...admissionSteps(settings.stage),
      ...ownerSteps(settings.stage),
      ...encryptedCopySteps({
        of: 'Free',
        stage: settings.stage,
        // A run of another day takes a new snapshot: somebody may have used the volume in between.
        state: '{{ global:DATE }}',
        // Nothing of the old volume was touched.
        onFailure: 'Abort',
        nextStep: 'checkStillFree',
      }),
      assertThat('checkStillFree', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].State', ['available']]),
      call('markReplacedFree', 'ec2:CreateTags', replacedBy('selectVolumeFree.Id'), { nextStep: 'done' }),
      ...swapSteps(settings),
      end('done'),
    ],
  );
}

/** What is not to be touched at all. */
function admissionSteps(stage: string): Step[] {
  return [
    call('inspectVolume', 'ec2:DescribeVolumes', OLD, {
      outputs: [
        output('Encrypted', '$.Volumes[0].Encrypted', 'Boolean'),
        output('State', '$.Volumes[0].State'),
        output('AvailabilityZone', '$.Volumes[0].AvailabilityZone'),
        output('VolumeType', '$.Volumes[0].VolumeType'),
      ],
    }),
    choose(
      'isEncrypted',
      [{ NextStep: 'done', Variable: '{{ inspectVolume.Encrypted }}', BooleanEquals: true }],
      'findReplacement',
    ),
    ...find(
      'findReplacement',
      'ec2:DescribeVolumes',
      { Filters: [filter('volume-id', '{{ VolumeId }}'), filter('tag-key', volumeTags.replacedBy)] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'done', missing: 'checkOneInstance' },
    ),
    // Several instances write to it at once: people have to plan that.
    assertThat('checkOneInstance', 'ec2:DescribeVolumes', OLD, [
      '$.Volumes[0].MultiAttachEnabled',
      ['false'],
    ]),
    // Tags of AWS's own: a CloudFormation stack would make the volume anew, without its data.
    ...find(
      'findOwner',
      'ec2:DescribeVolumes',
      { Filters: [filter('volume-id', '{{ VolumeId }}'), filter('tag-key', 'aws:*')] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'refuseOwned', missing: 'claimVolume' },
    ),
    refuse('refuseOwned', 'An AWS service or a stack owns the volume: change it there'),
    call('claimVolume', 'ec2:CreateTags', {
      Resources: ['{{ VolumeId }}'],
      Tags: [tag(volumeTags.claimed, stage)],
    }),
  ];
}

const IN_USE = { Variable: '{{ inspectVolume.State }}', StringEquals: 'in-use' };
const ONLY_FREE = { Variable: '{{ Scope }}', StringEquals: 'free' };

/** Whose the volume is: by its attachment, or by what an earlier run left on it before it took the volume away. */
function ownerSteps(stage: string): Step[] {
  return [
    choose(
      'isAttached',
      [
        { NextStep: 'done', And: [IN_USE, ONLY_FREE] },
        { NextStep: 'inspectAttachment', ...IN_USE },
      ],
      'findInstance',
    ),
    call('inspectAttachment', 'ec2:DescribeVolumes', OLD, {
      outputs: [
        output('InstanceId', '$.Volumes[0].Attachments[0].InstanceId'),
        output('Device', '$.Volumes[0].Attachments[0].Device'),
      ],
    }),
    call('rememberAttachment', 'ec2:CreateTags', {
      Resources: ['{{ VolumeId }}'],
      Tags: [
        tag(volumeTags.claimed, stage),
        tag(volumeTags.instance, '{{ inspectAttachment.InstanceId }}'),
        tag(volumeTags.device, '{{ inspectAttachment.Device }}'),
      ],
    }),
    ...find(
      'findInstance',
      'ec2:DescribeTags',
      { Filters: [filter('resource-id', '{{ VolumeId }}'), filter('key', volumeTags.instance)] },
      { selector: '$.Tags[0].Value', begins: 'i-' },
      { found: 'isInScope', missing: 'findSnapshotFree' },
    ),
    choose('isInScope', [{ NextStep: 'done', ...ONLY_FREE }], 'readDevice'),
  ];
}
