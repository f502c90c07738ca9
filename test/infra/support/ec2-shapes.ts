/** What EC2 answers with, as far as the documents look at it. @see Amazon EC2 API Reference */
export interface Tag {
  Key: string;
  Value: string;
}
export interface Attachment {
  InstanceId: string;
  Device: string;
  State: 'attaching' | 'attached' | 'detaching';
}
export interface Volume {
  VolumeId: string;
  State: 'creating' | 'available' | 'in-use' | 'error';
  AvailabilityZone: string;
  VolumeType: string;
  Size: number;
  Iops?: number;
  Throughput?: number;
  Encrypted: boolean;
  KmsKeyId?: string;
  MultiAttachEnabled: boolean;
  Attachments: Attachment[];
  Tags?: Tag[];
}
export interface Snapshot {
  SnapshotId: string;
  State: 'pending' | 'completed' | 'error';
  VolumeId: string;
  Encrypted: boolean;
  KmsKeyId?: string;
  Tags: Tag[];
}
export interface Instance {
  InstanceId: string;
  State: { Name: 'pending' | 'running' | 'stopping' | 'stopped' };
  LaunchTime: string;
  RootDeviceType: 'ebs' | 'instance-store';
  Tags: Tag[];
}

export type Input = Record<string, unknown>;
type Filter = { Name: string; Values: string[] };

export const filtersOf = ({ Filters = [] }: Input): Filter[] => Filters as Filter[];

export function tagsOf({ TagSpecifications = [] }: Input, kind: string): Tag[] {
  const own = (TagSpecifications as { ResourceType: string; Tags: Tag[] }[]).filter(
    ({ ResourceType }) => ResourceType === kind,
  );
  return own.flatMap(({ Tags }) => Tags);
}

/** What a filter looks at, by its name. @see Amazon EC2 API Reference, "Filters" of each operation */
const looks: Record<string, (one: Input) => string[]> = {
  'volume-id': (one) => [String(one['VolumeId'])],
  'instance-id': (one) => [String(one['InstanceId'])],
  'instance-state-name': (one) => [String((one['State'] as Input)['Name'])],
  'resource-id': (one) => [String(one['ResourceId'])],
  key: (one) => [String(one['Key'])],
  status: (one) => [String(one['State'])],
  encrypted: (one) => [String(one['Encrypted'])],
  'tag-key': (one) => ((one['Tags'] ?? []) as Tag[]).map(({ Key }) => Key),
  'attachment.instance-id': (one) => (one['Attachments'] as Attachment[]).map(({ InstanceId }) => InstanceId),
  'attachment.status': (one) => (one['Attachments'] as Attachment[]).map(({ State }) => State),
  'attachment.device': (one) => (one['Attachments'] as Attachment[]).map(({ Device }) => Device),
};

export function matches(one: Input, filters: Filter[]): boolean {
  return filters.every(({ Name, Values }) => {
    const tag = /^tag:(.+)$/.exec(Name)?.[1];
    const look = looks[Name];
    if (tag === undefined && look === undefined) throw new Error(`filter ${Name} is not known here`);
    const values =
      tag === undefined
        ? (look?.(one) ?? [])
        : ((one['Tags'] ?? []) as Tag[]).filter(({ Key }) => Key === tag).map(({ Value }) => Value);
    return values.some((value) => Values.some((wanted) => isLike(wanted, value)));
  });
}

const isLike = (pattern: string, value: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
