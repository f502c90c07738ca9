import {
  assertThat,
  automation,
  type AutomationDocument,
  call,
  end,
  find,
  output,
  type Step,
} from './automation-document.js';
import { encryptedSnapshotSteps } from './encrypted-copy.js';
import { OLD, refuse } from './volume-steps.js';
import { filter, volumeTags } from './volume-tags.js';

/**
 * Removes an unencrypted volume whose time is over. First its last content is copied, encrypted: somebody may have attached and written to it
 * since it was replaced, and nothing that was on a volume is ever lost by a repair. The copy stays until people delete it.
 */
export function deleteReplacedVolume(stage: string, keyArn: string): AutomationDocument {
  return automation(
    'Deletes an unencrypted volume that was replaced, after an encrypted copy of its last content.',
    {
      VolumeId: { type: 'String', description: 'The volume.', allowedPattern: '^vol-[0-9a-f]{8,17}$' },
      KmsKeyArn: { type: 'String', description: 'The key of the copy.', default: keyArn },
    },
    [
      ...admissionSteps(),
      // A run of another day makes another copy.
      ...encryptedSnapshotSteps({ of: 'Last', stage, state: 'last {{ global:DATE }}', onFailure: 'Abort' }),
      ...deletionSteps(),
    ],
  );
}

function admissionSteps(): Step[] {
  return [
    ...find(
      'findVolume',
      'ec2:DescribeVolumes',
      { Filters: [filter('volume-id', '{{ VolumeId }}')] },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'findDue', missing: 'done' },
    ),
    // Nobody's word is taken for it: it was replaced, and it says that its time is over.
    ...find(
      'findDue',
      'ec2:DescribeVolumes',
      {
        Filters: [
          filter('volume-id', '{{ VolumeId }}'),
          filter('tag-key', volumeTags.deleteAfter),
          filter('encrypted', 'false'),
        ],
      },
      { selector: '$.Volumes[0].VolumeId', begins: 'vol-' },
      { found: 'readReplacement', missing: 'refuseNotDue' },
    ),
    refuse('refuseNotDue', 'Not a volume that was replaced and whose time is over'),
    call(
      'readReplacement',
      'ec2:DescribeTags',
      { Filters: [filter('resource-id', '{{ VolumeId }}'), filter('key', volumeTags.replacedBy)] },
      { outputs: [output('Id', '$.Tags[0].Value')] },
    ),
    assertThat('checkReplacement', 'ec2:DescribeVolumes', { VolumeIds: ['{{ readReplacement.Id }}'] }, [
      '$.Volumes[0].Encrypted',
      ['true'],
    ]),
    assertThat('checkUnused', 'ec2:DescribeVolumes', OLD, ['$.Volumes[0].State', ['available']]),
  ];
}

/** EC2 itself refuses to delete a volume that is attached again. */
function deletionSteps(): Step[] {
  return [
    call('deleteVolume', 'ec2:DeleteVolume', { VolumeId: '{{ VolumeId }}' }),
    call('deleteSnapshot', 'ec2:DeleteSnapshot', { SnapshotId: '{{ selectSnapshotLast.Id }}' }),
    end('done'),
  ];
}
