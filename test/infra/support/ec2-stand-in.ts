import type { AwsApi } from './automation-run.js';
import { Ec2Account } from './ec2-account.js';
import {
  filtersOf,
  type Input,
  matches,
  type Snapshot,
  type Tag,
  tagsOf,
  type Volume,
} from './ec2-shapes.js';

/** How an API says no. */
export class ApiError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
const refuseUnless = (holds: boolean, code: string): void => {
  if (!holds) throw new ApiError(code);
};

/** EC2 at its API, as far as the documents go: answers in the documented shapes, and refusals. */
export class Ec2StandIn extends Ec2Account implements AwsApi {
  readonly calls: string[] = [];
  #made = 0;
  readonly #tokens = new Map<string, string>();

  call(api: string, input: Input): unknown {
    this.calls.push(api);
    this.write();
    const operation = this.#operations[api];
    if (operation === undefined) throw new Error(`${api} is not known here`);
    return operation(input);
  }

  readonly #operations: Record<string, (input: Input) => unknown> = {
    'ec2:DescribeVolumes': (input) => ({
      Volumes: this.#described(
        [...this.volumes.values()],
        input,
        input['VolumeIds'],
        ({ VolumeId }) => VolumeId,
      ),
    }),
    'ec2:DescribeSnapshots': (input) => ({
      Snapshots: this.#described(
        [...this.snapshots.values()],
        input,
        input['SnapshotIds'],
        ({ SnapshotId }) => SnapshotId,
      ),
    }),
    'ec2:DescribeInstances': (input) => {
      const found = this.#described(
        [...this.instances.values()],
        input,
        input['InstanceIds'],
        ({ InstanceId }) => InstanceId,
      );
      return { Reservations: found.map((instance) => ({ Instances: [instance] })) };
    },
    'ec2:DescribeTags': (input) => {
      const all = [...this.#taggable()].flatMap(([ResourceId, { Tags = [] }]) =>
        Tags.map((tag) => ({ ...tag, ResourceId })),
      );
      return { Tags: all.filter((one) => matches(one, filtersOf(input))) };
    },
    'ec2:CreateTags': ({ Resources, Tags }) => {
      for (const id of Resources as string[]) {
        const resource = this.#taggable().get(id);
        refuseUnless(resource !== undefined, 'InvalidID');
        const tags = Tags as Tag[];
        refuseUnless(Array.isArray(tags) && tags.length > 0, 'MissingParameter');
        refuseUnless(!tags.some(({ Key }) => Key.startsWith('aws:')), 'InvalidParameterValue');
        if (resource !== undefined) {
          const kept = (resource.Tags ?? []).filter(({ Key }) => !tags.some((one) => one.Key === Key));
          resource.Tags = [...kept, ...tags];
        }
      }
      return {};
    },
    'ec2:DeleteTags': ({ Resources, Tags }) => {
      for (const id of Resources as string[]) {
        const resource = this.#taggable().get(id);
        if (resource !== undefined)
          resource.Tags = (resource.Tags ?? []).filter(
            ({ Key }) => !(Tags as Tag[]).some((one) => one.Key === Key),
          );
      }
      return {};
    },
    'ec2:CreateSnapshot': (input) => {
      const volume = this.#volume(input['VolumeId']);
      return this.#addSnapshot(input, volume.VolumeId, volume.VolumeId, false);
    },
    'ec2:CopySnapshot': (input) => {
      const source = this.snapshots.get(String(input['SourceSnapshotId']));
      refuseUnless(source?.State === 'completed', 'IncorrectState');
      refuseUnless(input['SourceRegion'] === 'us-east-1', 'InvalidParameterValue');
      return this.#addSnapshot(
        input,
        source?.SnapshotId ?? '',
        source?.VolumeId ?? '',
        input['Encrypted'] === true,
      );
    },
    'ec2:CreateVolume': (input) => this.#createVolume(input),
    'ec2:AttachVolume': ({ VolumeId, InstanceId, Device }) => {
      const volume = this.#volume(VolumeId);
      refuseUnless(volume.State === 'available', 'VolumeInUse');
      const instance = this.instances.get(String(InstanceId));
      refuseUnless(
        instance?.State.Name === 'stopped' || instance?.State.Name === 'running',
        'IncorrectState',
      );
      refuseUnless(this.attached(String(InstanceId), String(Device)) === undefined, 'InvalidParameterValue');
      volume.State = 'in-use';
      volume.Attachments = [{ InstanceId: String(InstanceId), Device: String(Device), State: 'attaching' }];
      return volume.Attachments[0];
    },
    'ec2:DetachVolume': ({ VolumeId, InstanceId }) => {
      const volume = this.#volume(VolumeId);
      const [attachment] = volume.Attachments;
      refuseUnless(attachment?.InstanceId === InstanceId, 'IncorrectState');
      refuseUnless(this.instances.get(String(InstanceId))?.State.Name === 'stopped', 'IncorrectState');
      if (attachment !== undefined) attachment.State = 'detaching';
      return attachment;
    },
    'ec2:StopInstances': ({ InstanceIds }) =>
      this.#turn(InstanceIds, 'stopping', ['running', 'stopping', 'stopped']),
    'ec2:StartInstances': ({ InstanceIds }) =>
      this.#turn(InstanceIds, 'pending', ['stopped', 'pending', 'running']),
    'ec2:DeleteVolume': ({ VolumeId }) => {
      refuseUnless(this.#volume(VolumeId).State === 'available', 'VolumeInUse');
      this.volumes.delete(String(VolumeId));
      return {};
    },
    'ec2:DeleteSnapshot': ({ SnapshotId }) => {
      refuseUnless(this.snapshots.delete(String(SnapshotId)), 'InvalidSnapshot.NotFound');
      return {};
    },
  };

  #taggable(): Map<string, { Tags?: Tag[] }> {
    return new Map<string, { Tags?: Tag[] }>([...this.volumes, ...this.snapshots, ...this.instances]);
  }

  #volume(id: unknown): Volume {
    const volume = this.volumes.get(String(id));
    if (volume === undefined) throw new ApiError('InvalidVolume.NotFound');
    return volume;
  }

  /** By id what is not there is an error; what has just been made is found by filters a moment later. */
  #described<T>(all: T[], input: Input, ids: unknown, idOf: (one: T) => string): T[] {
    const filters = filtersOf(input);
    if (!Array.isArray(ids))
      return all.filter((one) => !this.fresh.has(idOf(one)) && matches(one as Input, filters));
    return ids.map((id) => {
      const found = all.find((one) => idOf(one) === id);
      if (found === undefined) throw new ApiError('InvalidID.NotFound');
      return found;
    });
  }

  #addSnapshot(input: Input, contentOf: string, VolumeId: string, Encrypted: boolean): Snapshot {
    const snapshot: Snapshot = {
      SnapshotId: this.#id('snap'),
      State: 'pending',
      VolumeId,
      Encrypted,
      ...(Encrypted && { KmsKeyId: String(input['KmsKeyId']) }),
      Tags: tagsOf(input, 'snapshot'),
    };
    this.snapshots.set(snapshot.SnapshotId, snapshot);
    this.content.set(snapshot.SnapshotId, [...(this.content.get(contentOf) ?? [])]);
    return snapshot;
  }

  #createVolume(input: Input): Volume {
    const made = this.#tokens.get(String(input['ClientToken']));
    if (made !== undefined) return this.#volume(made);
    const snapshot = this.snapshots.get(String(input['SnapshotId']));
    refuseUnless(snapshot?.State === 'completed', 'IncorrectState');
    const type = String(input['VolumeType']);
    const isInteger = (name: string) => Number.isInteger(input[name]);
    const isProvisioned = type === 'io1' || type === 'io2';
    refuseUnless(
      input['Iops'] === undefined ? !isProvisioned : type === 'gp3' || isProvisioned,
      'InvalidParameterCombination',
    );
    refuseUnless(input['Throughput'] === undefined || type === 'gp3', 'InvalidParameterCombination');
    refuseUnless(
      ['Iops', 'Throughput'].every((name) => input[name] === undefined || isInteger(name)),
      'InvalidParameterValue',
    );
    const volume = this.addVolume({
      VolumeId: this.#id('vol'),
      State: 'creating',
      AvailabilityZone: String(input['AvailabilityZone']),
      VolumeType: type,
      Iops: input['Iops'] as number | undefined,
      Throughput: input['Throughput'] as number | undefined,
      Encrypted: input['Encrypted'] === true,
      KmsKeyId: String(input['KmsKeyId']),
      Tags: tagsOf(input, 'volume'),
    });
    this.content.set(volume.VolumeId, [...(this.content.get(snapshot?.SnapshotId ?? '') ?? [])]);
    this.#tokens.set(String(input['ClientToken']), volume.VolumeId);
    return volume;
  }

  #turn(ids: unknown, to: 'stopping' | 'pending', from: string[]): unknown {
    for (const id of ids as string[]) {
      const instance = this.instances.get(id);
      refuseUnless(instance !== undefined && from.includes(instance.State.Name), 'IncorrectInstanceState');
      const isOver = to === 'stopping' ? ['stopping', 'stopped'] : ['pending', 'running'];
      if (instance === undefined || isOver.includes(instance.State.Name)) continue;
      instance.State.Name = to;
      if (to === 'pending')
        instance.LaunchTime = new Date(Date.UTC(2026, 10, 28) + this.moment * 1000).toISOString();
    }
    return {};
  }

  #id(kind: 'vol' | 'snap'): string {
    this.#made += 1;
    const id = `${kind}-${this.#made.toString(16).padStart(17, '0')}`;
    this.fresh.add(id);
    return id;
  }
}
