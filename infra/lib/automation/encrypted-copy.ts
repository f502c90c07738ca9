import { assertThat, call, choose, find, output, type Step, wait } from './automation-document.js';
import { filter, tag, tagged, volumeTags } from './volume-tags.js';

interface EncryptedSnapshot {
  /** Appended to each step's name: a document can have the steps more than once. */
  of: 'Free' | 'Stopped' | 'Last';
  stage: string;
  /**
   * What the volume's content is known by: a copy made of another state of it is out of date and is not used.
   * Of a stopped instance it is the time of its last start.
   */
  state: string;
  /** Where a failure leads to. */
  onFailure: 'Abort' | `step:${string}`;
}

interface EncryptedCopy extends EncryptedSnapshot {
  /** Where it goes on when the new volume is there, encrypted under the key. */
  nextStep: string;
}

/** A first encrypted copy is a whole one: terabytes take hours. */
const COPY_SECONDS = 24 * 3600;
const VOLUME_SECONDS = 1800;

/**
 * Snapshot, encrypted copy of it, volume like the old one from that: in the same zone, of the same type and speed, with the same tags. Each is
 * looked for by its tags before it is made, so that a run goes on where another ended. `selectVolume<of>.Id` is the new volume.
 */
export const encryptedCopySteps = (options: EncryptedCopy): Step[] => [
  ...encryptedSnapshotSteps(options),
  ...volumeSteps(options),
  ...checkSteps(options),
];

/** A snapshot, `selectSnapshot<of>.Id`, and an encrypted copy of it, `selectCopy<of>.Id`. */
export const encryptedSnapshotSteps = (options: EncryptedSnapshot): Step[] => [
  ...snapshotSteps(options),
  ...copySteps(options),
];

/** Snapshots and volumes of this state of the volume. */
const ours = ({ state }: EncryptedSnapshot) => [
  tagged(volumeTags.source, '{{ VolumeId }}'),
  tagged(volumeTags.sourceState, state),
];

const tagsOf = ({ stage, state }: EncryptedSnapshot, copy: 'plain' | 'encrypted') => [
  tag(volumeTags.claimed, stage),
  tag(volumeTags.source, '{{ VolumeId }}'),
  tag(volumeTags.sourceState, state),
  tag(volumeTags.copy, copy),
];

function snapshotSteps(options: EncryptedSnapshot): Step[] {
  const { of, onFailure } = options;
  const plain = [...ours(options), tagged(volumeTags.copy, 'plain')];
  const begun = { Filters: [...plain, filter('status', 'pending', 'completed')], OwnerIds: ['self'] };
  const whole = { Filters: [...plain, filter('status', 'completed')], OwnerIds: ['self'] };
  return [
    ...find(
      `findSnapshot${of}`,
      'ec2:DescribeSnapshots',
      begun,
      { selector: '$.Snapshots[0].SnapshotId', begins: 'snap-' },
      { found: `awaitSnapshot${of}`, missing: `takeSnapshot${of}` },
    ),
    call(
      `takeSnapshot${of}`,
      'ec2:CreateSnapshot',
      {
        VolumeId: '{{ VolumeId }}',
        Description: 'Source of an encrypted copy; removed with the volume that it is of',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagsOf(options, 'plain') }],
      },
      { onFailure },
    ),
    wait(`awaitSnapshot${of}`, 'ec2:DescribeSnapshots', begun, ['$.Snapshots[0].State', ['completed']], {
      timeoutSeconds: COPY_SECONDS,
      onFailure,
    }),
    call(`selectSnapshot${of}`, 'ec2:DescribeSnapshots', whole, {
      outputs: [output('Id', '$.Snapshots[0].SnapshotId')],
      onFailure,
    }),
  ];
}

function copySteps(options: EncryptedSnapshot): Step[] {
  const { of, onFailure } = options;
  const encrypted = [...ours(options), tagged(volumeTags.copy, 'encrypted'), filter('encrypted', 'true')];
  const begun = { Filters: [...encrypted, filter('status', 'pending', 'completed')], OwnerIds: ['self'] };
  const whole = { Filters: [...encrypted, filter('status', 'completed')], OwnerIds: ['self'] };
  return [
    ...find(
      `findCopy${of}`,
      'ec2:DescribeSnapshots',
      begun,
      { selector: '$.Snapshots[0].SnapshotId', begins: 'snap-' },
      { found: `awaitCopy${of}`, missing: `makeCopy${of}` },
    ),
    call(
      `makeCopy${of}`,
      'ec2:CopySnapshot',
      {
        SourceRegion: '{{ global:REGION }}',
        SourceSnapshotId: `{{ selectSnapshot${of}.Id }}`,
        Encrypted: true,
        KmsKeyId: '{{ KmsKeyArn }}',
        Description: 'Encrypted copy of a volume that was not',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagsOf(options, 'encrypted') }],
      },
      { onFailure },
    ),
    wait(`awaitCopy${of}`, 'ec2:DescribeSnapshots', begun, ['$.Snapshots[0].State', ['completed']], {
      timeoutSeconds: COPY_SECONDS,
      onFailure,
    }),
    call(`selectCopy${of}`, 'ec2:DescribeSnapshots', whole, {
      outputs: [output('Id', '$.Snapshots[0].SnapshotId')],
      onFailure,
    }),
  ];
}

function volumeSteps(options: EncryptedCopy): Step[] {
  const { of, onFailure } = options;
  const Filters = [
    ...ours(options),
    filter('encrypted', 'true'),
    filter('status', 'creating', 'available', 'in-use'),
  ];
  const make = (name: string, speed: Record<string, string>) =>
    call(
      `${name}${of}`,
      'ec2:CreateVolume',
      {
        AvailabilityZone: '{{ inspectVolume.AvailabilityZone }}',
        SnapshotId: `{{ selectCopy${of}.Id }}`,
        VolumeType: '{{ inspectVolume.VolumeType }}',
        Encrypted: true,
        KmsKeyId: '{{ KmsKeyArn }}',
        // A second attempt of the same step makes no second volume.
        ClientToken: '{{ automation:EXECUTION_ID }}',
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagsOf(options, 'encrypted') }],
        ...speed,
      },
      { onFailure, nextStep: `awaitVolume${of}` },
    );
  const ofType = (...types: string[]) =>
    types.map((type) => ({ Variable: '{{ inspectVolume.VolumeType }}', StringEquals: type }));
  return [
    ...find(
      `findVolume${of}`,
      'ec2:DescribeVolumes',
      { Filters },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: `awaitVolume${of}`, missing: `chooseType${of}` },
    ),
    // EC2 refuses a figure that the type does not have.
    choose(
      `chooseType${of}`,
      [
        ...ofType('gp3').map((is) => ({ NextStep: `readSpeed${of}`, ...is })),
        ...ofType('io1', 'io2').map((is) => ({ NextStep: `readOperations${of}`, ...is })),
      ],
      `makeVolume${of}`,
    ),
    make('makeVolume', {}),
    call(
      `readOperations${of}`,
      'ec2:DescribeVolumes',
      { VolumeIds: ['{{ VolumeId }}'] },
      { outputs: [output('Iops', '$.Volumes[0].Iops', 'Integer')], onFailure },
    ),
    make('makeProvisionedVolume', { Iops: `{{ readOperations${of}.Iops }}` }),
    call(
      `readSpeed${of}`,
      'ec2:DescribeVolumes',
      { VolumeIds: ['{{ VolumeId }}'] },
      {
        outputs: [
          output('Iops', '$.Volumes[0].Iops', 'Integer'),
          output('Throughput', '$.Volumes[0].Throughput', 'Integer'),
        ],
        onFailure,
      },
    ),
    make('makeGeneralVolume', {
      Iops: `{{ readSpeed${of}.Iops }}`,
      Throughput: `{{ readSpeed${of}.Throughput }}`,
    }),
    wait(
      `awaitVolume${of}`,
      'ec2:DescribeVolumes',
      { Filters },
      ['$.Volumes[0].State', ['available', 'in-use']],
      { timeoutSeconds: VOLUME_SECONDS, onFailure },
    ),
    call(
      `selectVolume${of}`,
      'ec2:DescribeVolumes',
      { Filters },
      { outputs: [output('Id', '$.Volumes[0].VolumeId')], onFailure },
    ),
  ];
}

/** 45 CFR 164.312(a)(2)(iv): it is encrypted, and under the key that it should be. */
function checkSteps({ of, onFailure, nextStep }: EncryptedCopy): Step[] {
  const VolumeIds = [`{{ selectVolume${of}.Id }}`];
  return [
    assertThat(
      `checkEncrypted${of}`,
      'ec2:DescribeVolumes',
      { VolumeIds },
      ['$.Volumes[0].Encrypted', ['true']],
      { onFailure },
    ),
    assertThat(
      `checkKey${of}`,
      'ec2:DescribeVolumes',
      { VolumeIds },
      ['$.Volumes[0].KmsKeyId', ['{{ KmsKeyArn }}']],
      { onFailure },
    ),
    // The old volume bears a tag at least: that it is claimed.
    call(
      `readTags${of}`,
      'ec2:DescribeVolumes',
      { VolumeIds: ['{{ VolumeId }}'] },
      { outputs: [output('Tags', '$.Volumes[0].Tags', 'MapList')], onFailure },
    ),
    call(
      `copyTags${of}`,
      'ec2:CreateTags',
      { Resources: VolumeIds, Tags: `{{ readTags${of}.Tags }}` },
      { onFailure, nextStep },
    ),
  ];
}
