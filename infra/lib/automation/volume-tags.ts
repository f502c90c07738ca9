/**
 * How the encryption of a volume remembers where it is, so that a run that ended half way is gone on with. Roles may change only what bears
 * `claimed`, and a person who wonders where a volume came from reads it on the volume.
 */
export const volumeTags = {
  /** On all that a run touches or makes. Its value is the stage. */
  claimed: 'phi:encryption',
  /** On the unencrypted volume, as long as a run is under way: whose it was. */
  instance: 'phi:encryption-instance',
  device: 'phi:encryption-device',
  /** On the instance: how it was before, `was-running` or `was-stopped`. */
  before: 'phi:encryption-before',
  /** On snapshots and volumes that a run made: of which volume, and of which state of it. */
  source: 'phi:encrypts',
  sourceState: 'phi:encrypts-state',
  /** `plain` or `encrypted`. */
  copy: 'phi:encryption-copy',
  /** On the unencrypted volume and its plain snapshots when all is done. */
  replacedBy: 'phi:replaced-by',
  replacedOn: 'phi:replaced-on',
  /** From this day on they are removed. */
  deleteAfter: 'phi:delete-after',
} as const;

export type VolumeTag = (typeof volumeTags)[keyof typeof volumeTags];

/** @returns the tag as the EC2 API has it */
export const tag = (key: VolumeTag, value: string) => ({ Key: key, Value: value });

/** @returns a filter of the EC2 API for things with this tag */
export const tagged = (key: VolumeTag, value: string) => filter(`tag:${key}`, value);

/** @returns a filter of the EC2 API */
export const filter = (Name: string, ...Values: string[]) => ({ Name, Values });
