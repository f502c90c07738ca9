import { assertThat, call, choose, find, output, type Step, wait } from './automation-document.js';
import { encryptedCopySteps } from './encrypted-copy.js';
import { rollbackSteps } from './swap-rollback.js';
import {
  type EncryptVolumeSettings,
  INSTANCE,
  OLD,
  onInstance,
  refuse,
  replacedBy,
  STATE_SECONDS,
  wasRunning,
} from './volume-steps.js';
import { filter, tag, tagged, volumeTags } from './volume-tags.js';

const APPROVAL_SECONDS = 24 * 3600;
const ROLL_BACK = 'step:awaitSettled';

/**
 * The new volume in the place of the old one, while the instance stands still. Every step from the stop on leads, when it fails, to steps that
 * put the old volume back and start the instance again.
 */
export function swapSteps(settings: EncryptVolumeSettings): Step[] {
  return [
    ...placeSteps(),
    ...approvalSteps(settings),
    ...stopSteps(settings.stage),
    ...encryptedCopySteps({
      of: 'Stopped',
      stage: settings.stage,
      // As long as it was not started since, nobody has written to its volumes.
      state: '{{ readLastStart.LaunchTime }}',
      onFailure: ROLL_BACK,
      nextStep: 'findOldAttached',
    }),
    ...exchangeSteps(),
    ...startSteps(),
    ...rollbackSteps(),
  ];
}

/** Where the volume belongs, and whether the exchange was made already by a run that ended after it. */
function placeSteps(): Step[] {
  return [
    call(
      'readDevice',
      'ec2:DescribeTags',
      { Filters: [filter('resource-id', '{{ VolumeId }}'), filter('key', volumeTags.device)] },
      { outputs: [output('Value', '$.Tags[0].Value')] },
    ),
    ...find(
      'findSwapped',
      'ec2:DescribeVolumes',
      { Filters: [tagged(volumeTags.source, '{{ VolumeId }}'), onInstance, filter('encrypted', 'true')] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'readBeforeAttached', missing: 'findSlot' },
    ),
    // Once more in another way: a copy of the old volume must never take the place of a newer one.
    ...find(
      'findSlot',
      'ec2:DescribeVolumes',
      { Filters: [onInstance, filter('attachment.device', '{{ readDevice.Value }}')] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'isSlotOurs', missing: 'inspectInstance' },
    ),
    choose(
      'isSlotOurs',
      [{ NextStep: 'inspectInstance', Variable: '{{ findSlot.Id }}', StringEquals: '{{ VolumeId }}' }],
      'refuseSlot',
    ),
    refuse('refuseSlot', "Another volume is in the old one's place: look at the instance"),
    // The exchange is made: the instance may have run on the new volume since, so nothing here leads back to the old one.
    call('readBeforeAttached', 'ec2:DescribeTags', BEFORE, { outputs: [output('Value', '$.Tags[0].Value')] }),
    choose(
      'wasRunningAttached',
      [
        {
          NextStep: 'startAttached',
          Variable: '{{ readBeforeAttached.Value }}',
          StringEquals: 'was-running',
        },
      ],
      'markReplacedAttached',
    ),
    call('startAttached', 'ec2:StartInstances', INSTANCE),
    wait(
      'awaitRunningAttached',
      'ec2:DescribeInstances',
      INSTANCE,
      ['$.Reservations[0].Instances[0].State.Name', ['running']],
      { timeoutSeconds: STATE_SECONDS },
    ),
    call('markReplacedAttached', 'ec2:CreateTags', replacedBy('findSwapped.Id'), {
      nextStep: 'forgetInstance',
    }),
  ];
}

const BEFORE = {
  Filters: [filter('resource-id', '{{ findInstance.Id }}'), filter('key', volumeTags.before)],
};
const before = (value: 'was-running' | 'was-stopped') => ({
  Resources: ['{{ findInstance.Id }}'],
  Tags: [tag(volumeTags.before, value)],
});

function approvalSteps({ approverArns }: EncryptVolumeSettings): Step[] {
  const ask: Step =
    approverArns.length === 0
      ? refuse('refuseInUse', 'Nobody is named who may approve that an instance is stopped')
      : {
          name: 'approve',
          action: 'aws:approve',
          // Nothing was changed yet: a refusal, or no answer, leaves all as it was.
          onFailure: 'Abort',
          timeoutSeconds: APPROVAL_SECONDS,
          inputs: {
            NotificationArn: '{{ ApprovalTopicArn }}',
            Message:
              'Volume {{ VolumeId }} of instance {{ findInstance.Id }} is not encrypted. Approve that the instance is stopped until an encrypted copy has taken its place.',
            MinRequiredApprovals: 1,
            Approvers: '{{ Approvers }}',
          },
        };
  return [
    // One whose root is an instance store cannot be stopped.
    assertThat('inspectInstance', 'ec2:DescribeInstances', INSTANCE, [
      '$.Reservations[0].Instances[0].RootDeviceType',
      ['ebs'],
    ]),
    ...find(
      'findGroup',
      'ec2:DescribeInstances',
      {
        Filters: [
          filter('instance-id', '{{ findInstance.Id }}'),
          filter('tag-key', 'aws:autoscaling:groupName'),
        ],
      },
      { selector: '$.Reservations[0].Instances[0].InstanceId', begins: 'i-' },
      { found: 'refuseGroup', missing: ask.name },
    ),
    refuse('refuseGroup', 'An Auto Scaling group would replace the stopped instance: change its template'),
    ask,
  ];
}

function stopSteps(stage: string): Step[] {
  return [
    // Answers may take a day. In the meantime the volume may have gone elsewhere; an earlier run may have left it nowhere.
    ...find(
      'findStillThere',
      'ec2:DescribeVolumes',
      { Filters: [filter('volume-id', '{{ VolumeId }}'), onInstance] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'claimInstance', missing: 'checkUnmoved' },
    ),
    assertThat('checkUnmoved', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].State', ['available']]),
    call('claimInstance', 'ec2:CreateTags', {
      Resources: ['{{ findInstance.Id }}'],
      Tags: [tag(volumeTags.claimed, stage)],
    }),
    // An earlier run that ended half way has stopped it, and has left what it was.
    ...find(
      'findBefore',
      'ec2:DescribeTags',
      BEFORE,
      { selector: '$.Tags[0].Value', begins: 'was-' },
      { found: 'stopInstance', missing: 'readState' },
    ),
    call('readState', 'ec2:DescribeInstances', INSTANCE, {
      outputs: [output('Name', '$.Reservations[0].Instances[0].State.Name')],
    }),
    choose(
      'isRunning',
      [{ NextStep: 'rememberRunning', Variable: '{{ readState.Name }}', StringEquals: 'running' }],
      'rememberStopped',
    ),
    call('rememberStopped', 'ec2:CreateTags', before('was-stopped'), { nextStep: 'stopInstance' }),
    call('rememberRunning', 'ec2:CreateTags', before('was-running')),
    call('stopInstance', 'ec2:StopInstances', INSTANCE, { onFailure: ROLL_BACK }),
    wait(
      'awaitStopped',
      'ec2:DescribeInstances',
      INSTANCE,
      ['$.Reservations[0].Instances[0].State.Name', ['stopped']],
      { timeoutSeconds: STATE_SECONDS, onFailure: ROLL_BACK },
    ),
    call('readLastStart', 'ec2:DescribeInstances', INSTANCE, {
      outputs: [output('LaunchTime', '$.Reservations[0].Instances[0].LaunchTime')],
      onFailure: ROLL_BACK,
    }),
  ];
}

function exchangeSteps(): Step[] {
  const NEW = { VolumeIds: ['{{ selectVolumeStopped.Id }}'] };
  return [
    ...find(
      'findOldAttached',
      'ec2:DescribeVolumes',
      { Filters: [filter('volume-id', '{{ VolumeId }}'), onInstance] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'detachOld', missing: 'awaitOldDetached' },
    ),
    call(
      'detachOld',
      'ec2:DetachVolume',
      { VolumeId: '{{ VolumeId }}', InstanceId: '{{ findInstance.Id }}' },
      { onFailure: ROLL_BACK },
    ),
    wait('awaitOldDetached', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].State', ['available']], {
      timeoutSeconds: STATE_SECONDS,
      onFailure: ROLL_BACK,
    }),
    call(
      'attachNew',
      'ec2:AttachVolume',
      {
        VolumeId: '{{ selectVolumeStopped.Id }}',
        InstanceId: '{{ findInstance.Id }}',
        Device: '{{ readDevice.Value }}',
      },
      { onFailure: ROLL_BACK },
    ),
    wait(
      'awaitNewAttached',
      'ec2:DescribeVolumes',
      NEW,
      ['$.Volumes[0].Attachments[0].State', ['attached']],
      { timeoutSeconds: STATE_SECONDS, onFailure: ROLL_BACK },
    ),
    assertThat('checkExchanged', 'ec2:DescribeVolumes', NEW, ['$.Volumes[0].Encrypted', ['true']], {
      onFailure: ROLL_BACK,
    }),
  ];
}

/** An instance whose role may not use the key starts and stops again: then the old volume goes back. */
function startSteps(): Step[] {
  return [
    choose('wasRunning', wasRunning('startInstance'), 'markReplacedStopped'),
    call('startInstance', 'ec2:StartInstances', INSTANCE, { onFailure: 'step:awaitStarted' }),
    wait(
      'awaitRunning',
      'ec2:DescribeInstances',
      INSTANCE,
      ['$.Reservations[0].Instances[0].State.Name', ['running']],
      { timeoutSeconds: STATE_SECONDS, onFailure: 'step:awaitStarted' },
    ),
    call('markReplacedStopped', 'ec2:CreateTags', replacedBy('selectVolumeStopped.Id')),
    call(
      'forgetInstance',
      'ec2:DeleteTags',
      {
        Resources: ['{{ findInstance.Id }}'],
        Tags: [{ Key: volumeTags.before }, { Key: volumeTags.claimed }],
      },
      { nextStep: 'done' },
    ),
  ];
}
