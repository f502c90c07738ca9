import {
  CreateTagsCommand,
  DeleteSnapshotCommand,
  type EC2Client,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  type Snapshot,
  type Volume,
} from '@aws-sdk/client-ec2';
import { type SSMClient, StartAutomationExecutionCommand } from '@aws-sdk/client-ssm';
import { filter, tagged, volumeTags } from '../../lib/automation/volume-tags.js';
import type { ReplacedVolumesConfig } from './replaced-volumes.config.js';

interface ReplacedVolumesParts extends ReplacedVolumesConfig {
  ec2: EC2Client;
  ssm: SSMClient;
  now: () => Date;
  log: (line: string) => void;
}

const MILLISECONDS_PER_DAY = 24 * 3600 * 1000;
/** What is left waits for tomorrow: an account that replaces more in a day has people who look at it. */
const AT_MOST = 100;

/**
 * Ends what the encryption of volumes leaves behind: says on each replaced volume until when it stays, starts the document that deletes it when that day
 * is over, and removes plain snapshots of the same age. One that fails keeps none of the others back; the function fails in the end.
 */
export function replacedVolumesHandler(parts: ReplacedVolumesParts) {
  return async (): Promise<void> => {
    const failures: string[] = [];
    const attempt = async (what: string, act: () => Promise<void>) => {
      try {
        await act();
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.name : 'unknown error'}`);
      }
    };
    const volumes = await replacedVolumes(parts);
    for (const volume of volumes) await attempt('volume', () => keepOrDelete(parts, volume));
    const snapshots = await oldPlainSnapshots(parts);
    for (const { SnapshotId } of snapshots)
      await attempt('snapshot', async () => {
        await parts.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
      });
    const counts = { volumes: volumes.length, snapshots: snapshots.length, failures };
    parts.log(`${JSON.stringify({ message: 'replaced volumes looked through', ...counts })}\n`);
    if (failures.length > 0) throw new Error(`${failures.length} could not be dealt with`);
  };
}

async function keepOrDelete(parts: ReplacedVolumesParts, volume: Volume): Promise<void> {
  const { VolumeId = '' } = volume;
  const until = tagOf(volume, volumeTags.deleteAfter);
  if (until === undefined) {
    const replaced = new Date(tagOf(volume, volumeTags.replacedOn) ?? parts.now());
    const last = new Date(replaced.getTime() + parts.keptDays * MILLISECONDS_PER_DAY);
    await parts.ec2.send(
      new CreateTagsCommand({
        Resources: [VolumeId],
        Tags: [{ Key: volumeTags.deleteAfter, Value: dayOf(last) }],
      }),
    );
    return;
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(until)) throw new NotADay();
  // Days of this form are in order as texts are.
  if (dayOf(parts.now()) <= until) return;
  await parts.ssm.send(
    new StartAutomationExecutionCommand({
      DocumentName: parts.deletionDocument,
      Parameters: { AutomationAssumeRole: [parts.deletionRoleArn], VolumeId: [VolumeId] },
    }),
  );
}

/** Somebody has written something else into the tag: nothing is deleted on the strength of it. */
class NotADay extends Error {
  override readonly name = 'NotADay';
}

const ofStage = ({ stage }: ReplacedVolumesParts) => tagged(volumeTags.claimed, stage);

async function replacedVolumes(parts: ReplacedVolumesParts): Promise<Volume[]> {
  const Filters = [ofStage(parts), filter('tag-key', volumeTags.replacedBy), filter('encrypted', 'false')];
  const found: Volume[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client: parts.ec2 }, { Filters })) {
    found.push(...Volumes);
    if (found.length >= AT_MOST) break;
  }
  return found.slice(0, AT_MOST);
}

/** Of volumes that were replaced, and of runs that were given up: the encrypted copy is made from them, and nobody needs them after it. */
async function oldPlainSnapshots(parts: ReplacedVolumesParts): Promise<Snapshot[]> {
  const Filters = [ofStage(parts), tagged(volumeTags.copy, 'plain')];
  const before = parts.now().getTime() - parts.keptDays * MILLISECONDS_PER_DAY;
  const found: Snapshot[] = [];
  const pages = paginateDescribeSnapshots({ client: parts.ec2 }, { Filters, OwnerIds: ['self'] });
  for await (const { Snapshots = [] } of pages) {
    found.push(
      ...Snapshots.filter(({ StartTime }) => StartTime !== undefined && StartTime.getTime() < before),
    );
    if (found.length >= AT_MOST) break;
  }
  return found.slice(0, AT_MOST);
}

const tagOf = ({ Tags = [] }: Volume, key: string): string | undefined =>
  Tags.find(({ Key }) => Key === key)?.Value;
const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
