import type { Instance, Snapshot, Volume } from './ec2-shapes.js';

/**
 * Volumes, snapshots and instances of an account: states that change with time, and content. A running instance writes to its volumes at every moment, so
 * that whoever takes an old copy for the volume is found out.
 */
export abstract class Ec2Account {
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly instances = new Map<string, Instance>();
  /** What is on a volume or in a snapshot. */
  readonly content = new Map<string, string[]>();
  /** What an instance has written at a device: what it must find there again. */
  readonly written = new Map<string, string[]>();
  /** Instances whose role may not use the key of an encrypted volume: they start and stop again. */
  readonly mayNotUseKey = new Set<string>();
  protected moment = 0;
  /** What has just been made: filters find it a moment later. */
  protected readonly fresh = new Set<string>();

  addVolume(volume: Partial<Volume> & { VolumeId: string }): Volume {
    const whole: Volume = {
      State: 'available',
      AvailabilityZone: 'us-east-1a',
      VolumeType: 'gp3',
      Size: 100,
      Iops: 3000,
      Throughput: 125,
      Encrypted: false,
      MultiAttachEnabled: false,
      Attachments: [],
      ...volume,
    };
    this.volumes.set(whole.VolumeId, whole);
    this.content.set(whole.VolumeId, [`first of ${whole.VolumeId}`]);
    return whole;
  }

  addInstance(InstanceId: string, state: 'running' | 'stopped', device: string, volume: Volume): Instance {
    const instance: Instance = {
      InstanceId,
      State: { Name: state },
      LaunchTime: '2026-11-01T08:00:00Z',
      RootDeviceType: 'ebs',
      Tags: [],
    };
    this.instances.set(InstanceId, instance);
    volume.State = 'in-use';
    volume.Attachments = [{ InstanceId, Device: device, State: 'attached' }];
    this.written.set(`${InstanceId} ${device}`, [...(this.content.get(volume.VolumeId) ?? [])]);
    return instance;
  }

  /** @returns the volume that an instance has at a device */
  attached(instance: string, device: string): Volume | undefined {
    return [...this.volumes.values()].find(({ Attachments }) =>
      Attachments.some((one) => one.InstanceId === instance && one.Device === device),
    );
  }

  /** Whatever is under way is over. */
  pass(): void {
    this.moment += 1;
    this.fresh.clear();
    for (const snapshot of this.snapshots.values())
      if (snapshot.State === 'pending') snapshot.State = 'completed';
    for (const volume of this.volumes.values()) this.#settle(volume);
    for (const instance of this.instances.values()) {
      const { State } = instance;
      if (State.Name === 'stopping') State.Name = 'stopped';
      if (State.Name === 'pending') State.Name = this.#canStart(instance) ? 'running' : 'stopped';
    }
  }

  #settle(volume: Volume): void {
    if (volume.State === 'creating') volume.State = 'available';
    volume.Attachments = volume.Attachments.filter(({ State }) => State !== 'detaching');
    for (const attachment of volume.Attachments) attachment.State = 'attached';
    if (volume.State === 'in-use' && volume.Attachments.length === 0) volume.State = 'available';
  }

  #canStart({ InstanceId }: Instance): boolean {
    const own = [...this.volumes.values()].filter(({ Attachments }) =>
      Attachments.some((one) => one.InstanceId === InstanceId),
    );
    return !own.some(({ Encrypted }) => Encrypted && this.mayNotUseKey.has(InstanceId));
  }

  /** Running instances write to what is attached to them. */
  protected write(): void {
    this.moment += 1;
    for (const { VolumeId, Attachments } of this.volumes.values()) {
      for (const { InstanceId, Device } of Attachments) {
        if (this.instances.get(InstanceId)?.State.Name !== 'running') continue;
        const text = `${InstanceId} at ${this.moment}`;
        this.content.get(VolumeId)?.push(text);
        this.written.get(`${InstanceId} ${Device}`)?.push(text);
      }
    }
  }
}
