import { assertThat, call, choose, find, type Step, wait } from './automation-document.js';
import { INSTANCE, OLD, onInstance, STATE_SECONDS, wasRunning } from './volume-steps.js';
import { filter, tagged, volumeTags } from './volume-tags.js';

const STATE = '$.Reservations[0].Instances[0].State.Name';

/**
 * Puts the former state back: new volume off, old volume on, instance running if it was. What a run made stays, with its tags; it is of a state of
 * the volume that is over as soon as the instance has run again, so that no later run uses it. The automation has failed all the same, and is told.
 */
export function rollbackSteps(): Step[] {
  return [
    ...settled('awaitStarted', 'checkStopped'),
    // Whoever has begun to write to the new volume keeps it; where neither is seen, nothing is moved.
    assertThat('checkStopped', 'ec2:DescribeInstances', INSTANCE, [STATE, ['stopped']], {
      nextStep: 'awaitSettled',
      onFailure: 'step:checkStarted',
    }),
    assertThat('checkStarted', 'ec2:DescribeInstances', INSTANCE, [STATE, ['pending', 'running']], {
      nextStep: 'markReplacedStopped',
    }),
    ...settled('awaitSettled', 'findNewAttached'),
    ...find(
      'findNewAttached',
      'ec2:DescribeVolumes',
      { Filters: [tagged(volumeTags.source, '{{ VolumeId }}'), onInstance] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'stopAgain', missing: 'findOldBack' },
    ),
    call('stopAgain', 'ec2:StopInstances', INSTANCE),
    wait('awaitStoppedAgain', 'ec2:DescribeInstances', INSTANCE, [STATE, ['stopped']], {
      timeoutSeconds: STATE_SECONDS,
    }),
    call('detachNew', 'ec2:DetachVolume', {
      VolumeId: '{{ findNewAttached.Id }}',
      InstanceId: '{{ findInstance.Id }}',
    }),
    wait(
      'awaitNewDetached',
      'ec2:DescribeVolumes',
      { VolumeIds: ['{{ findNewAttached.Id }}'] },
      ['$.Volumes[0].State', ['available']],
      { timeoutSeconds: STATE_SECONDS },
    ),
    ...find(
      'findOldBack',
      'ec2:DescribeVolumes',
      {
        Filters: [
          filter('volume-id', '{{ VolumeId }}'),
          onInstance,
          filter('attachment.status', 'attaching', 'attached'),
        ],
      },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'awaitOldBack', missing: 'awaitOldFree' },
    ),
    wait('awaitOldFree', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].State', ['available']], {
      timeoutSeconds: STATE_SECONDS,
    }),
    call('attachOld', 'ec2:AttachVolume', {
      VolumeId: '{{ VolumeId }}',
      InstanceId: '{{ findInstance.Id }}',
      Device: '{{ readDevice.Value }}',
    }),
    wait('awaitOldBack', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].Attachments[0].State', ['attached']], {
      timeoutSeconds: STATE_SECONDS,
    }),
    choose('wasRunningBack', wasRunning('startBack'), 'forgetBefore'),
    call('startBack', 'ec2:StartInstances', INSTANCE),
    wait('awaitRunningBack', 'ec2:DescribeInstances', INSTANCE, [STATE, ['running']], {
      timeoutSeconds: STATE_SECONDS,
    }),
    call('forgetBefore', 'ec2:DeleteTags', {
      Resources: ['{{ findInstance.Id }}'],
      Tags: [{ Key: volumeTags.before }, { Key: volumeTags.claimed }],
    }),
    call(
      'forgetAttachment',
      'ec2:DeleteTags',
      {
        Resources: ['{{ VolumeId }}'],
        Tags: [{ Key: volumeTags.instance }, { Key: volumeTags.device }],
      },
      { isEnd: true },
    ),
  ];
}

/** A stop or a start whose answer was lost may still be under way. */
const settled = (name: string, nextStep: string): Step[] => [
  wait(name, 'ec2:DescribeInstances', INSTANCE, [STATE, ['running', 'stopped']], {
    timeoutSeconds: STATE_SECONDS,
    onFailure: `step:${nextStep}`,
    nextStep,
  }),
];
