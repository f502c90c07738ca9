import {
  type ConfigServiceClient,
  GetResourceConfigHistoryCommand,
  ResourceNotDiscoveredException,
  SelectResourceConfigCommand,
} from '@aws-sdk/client-config-service';
import type { InheritedTags } from '@app/data-classification';
import { asList, asObject, asText, type ConfigurationItem, configurationItem } from './configuration-item.js';
import { recordedTypes } from './encryption-at-rest.js';

const STACK_ID_TAG = 'aws:cloudformation:stack-id';

/** What AWS Config has recorded, as far as the rule asks for it. */
export class RecordedItems {
  constructor(private readonly client: ConfigServiceClient) {}

  /** @returns the newest item of a resource, not later than `until`; also of one that was deleted since */
  async latest(
    resourceType: string,
    resourceId: string,
    until?: Date,
  ): Promise<ConfigurationItem | undefined> {
    try {
      const { configurationItems = [] } = await this.client.send(
        new GetResourceConfigHistoryCommand({
          // Config names more types than this version of its SDK.
          resourceType: resourceType as never,
          resourceId,
          limit: 1,
          ...(until !== undefined && { laterTime: until }),
        }),
      );
      return configurationItems[0] && configurationItem(configurationItems[0]);
    } catch (error) {
      if (error instanceof ResourceNotDiscoveredException) return undefined;
      throw error;
    }
  }

  /** Every resource that the rule judges and Config records, page by page. */
  async *all(): AsyncGenerator<ConfigurationItem[]> {
    const Expression = [
      'SELECT resourceType, resourceId, accountId, tags, relationships, configurationItemCaptureTime,',
      'configurationItemStatus, configuration, supplementaryConfiguration',
      `WHERE resourceType IN (${recordedTypes.map((type) => `'${type}'`).join(', ')})`,
    ].join(' ');
    let NextToken: string | undefined;
    do {
      const page = await this.client.send(
        new SelectResourceConfigCommand({ Expression, Limit: 100, NextToken }),
      );
      yield (page.Results ?? []).map((row) => configurationItem(JSON.parse(row)));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  }

  /**
   * Tags of what a resource belongs to or comes from: the instance that a volume is attached to; the volume that a snapshot was taken of, and that
   * volume's instance; the stack that made it.
   */
  async inheritedTags(item: ConfigurationItem): Promise<InheritedTags[]> {
    const inherited: InheritedTags[] = [];
    let holder: ConfigurationItem | undefined = item;
    if (item.resourceType === 'AWS::EC2::Snapshot') {
      const volumeId = asText(item.configuration['volumeId']);
      holder = volumeId === undefined ? undefined : await this.latest('AWS::EC2::Volume', volumeId);
      if (holder !== undefined) inherited.push({ from: 'source volume', tags: holder.tags });
    }
    for (const instanceId of holder === undefined ? [] : instancesOf(holder)) {
      const instance = await this.latest('AWS::EC2::Instance', instanceId);
      if (instance !== undefined) inherited.push({ from: 'instance', tags: instance.tags });
    }
    const stackId = item.tags[STACK_ID_TAG];
    const stack = stackId && (await this.latest('AWS::CloudFormation::Stack', stackId));
    if (stack) inherited.push({ from: 'stack', tags: stack.tags });
    return inherited;
  }
}

/** A volume says it twice: in its attachments, and in its relationships. */
function instancesOf({ resourceType, configuration, relationships }: ConfigurationItem): string[] {
  if (resourceType !== 'AWS::EC2::Volume') return [];
  const attached = asList(configuration['attachments']).map((one) => asText(asObject(one)['instanceId']));
  const related = relationships
    .filter((one) => one.resourceType === 'AWS::EC2::Instance')
    .map(({ resourceId }) => resourceId);
  return [...new Set([...attached, ...related].filter((id) => id !== undefined))];
}
