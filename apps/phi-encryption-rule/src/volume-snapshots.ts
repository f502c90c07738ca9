import { type EC2Client, paginateDescribeSnapshots, type Snapshot } from '@aws-sdk/client-ec2';
import type { ConfigurationItem } from './configuration-item.js';

/**
 * Snapshots of volumes as if Config recorded them, which it does not: asked of EC2, page by page, those of this account alone.
 * @param at the time of the evaluation
 */
export async function* volumeSnapshots(client: EC2Client, at: Date): AsyncGenerator<ConfigurationItem[]> {
  const pages = paginateDescribeSnapshots({ client, pageSize: 500 }, { OwnerIds: ['self'] });
  for await (const { Snapshots = [] } of pages) yield Snapshots.map((snapshot) => itemOf(snapshot, at));
}

function itemOf(snapshot: Snapshot, capturedAt: Date): ConfigurationItem {
  const { SnapshotId = '', VolumeId, Encrypted, KmsKeyId, OwnerId = '', Tags = [] } = snapshot;
  return {
    resourceType: 'AWS::EC2::Snapshot',
    resourceId: SnapshotId,
    capturedAt,
    status: 'OK',
    account: OwnerId,
    tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    configuration: { volumeId: VolumeId, encrypted: Encrypted, kmsKeyId: KmsKeyId },
    supplementaryConfiguration: {},
    relationships: [],
  };
}
