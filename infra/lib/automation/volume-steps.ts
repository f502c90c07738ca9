import { assertThat, type Choice, type Step } from './automation-document.js';
import { filter, tag, volumeTags } from './volume-tags.js';

export interface EncryptVolumeSettings {
  stage: string;
  /** Who may let an instance be stopped; nobody: volumes in use are left to people. */
  approverArns: readonly string[];
  /** Its name begins with `Automation`, as the action asks for. */
  approvalTopicArn: string;
  keyArn: string;
}

/** How long an instance or a volume may take to change its state. */
export const STATE_SECONDS = 1800;

/** The unencrypted volume, and the instance that it belongs to. */
export const OLD = { VolumeIds: ['{{ VolumeId }}'] };
export const INSTANCE = { InstanceIds: ['{{ findInstance.Id }}'] };
export const onInstance = filter('attachment.instance-id', '{{ findInstance.Id }}');

/** How the instance was, as this run has seen it or an earlier one has left it. */
export const wasRunning = (NextStep: string): Choice[] => [
  { NextStep, Variable: '{{ findBefore.Id }}', StringEquals: 'was-running' },
  { NextStep, Variable: '{{ readState.Name }}', StringEquals: 'running' },
];

/** From here on the old volume waits for its end. @param by output of a step: the new volume */
export const replacedBy = (by: string) => ({
  Resources: ['{{ VolumeId }}'],
  Tags: [tag(volumeTags.replacedBy, `{{ ${by} }}`), tag(volumeTags.replacedOn, '{{ global:DATE }}')],
});

/** A step that fails, with the reason in its failure message. */
export const refuse = (name: string, reason: string): Step => ({
  ...assertThat(name, 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].VolumeId', [reason]]),
  maxAttempts: 1,
  isEnd: true,
});
