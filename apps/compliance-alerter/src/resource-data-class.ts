import { type ConfigServiceClient, GetResourceConfigHistoryCommand } from '@aws-sdk/client-config-service';
import type { DataClass } from '@app/compliance-score';
import { classify, type Tags } from '@app/data-classification';
import type { ComplianceChange } from './alert-input.js';

/**
 * What the resource of a change holds, by the tags that Config recorded last. Nothing of the tags is passed on.
 * @returns `unknown` if Config cannot be asked: an alert without it is better than none
 */
export async function resourceDataClass(
  client: ConfigServiceClient,
  { resourceType, resourceId }: ComplianceChange,
  onFailure: (errorName: string) => void,
): Promise<DataClass> {
  try {
    const { configurationItems = [] } = await client.send(
      new GetResourceConfigHistoryCommand({
        // Config knows its types; a type that this version of the SDK does not know goes over the wire as well.
        resourceType: resourceType as never,
        resourceId,
        limit: 1,
      }),
    );
    const tags: Tags = configurationItems[0]?.tags ?? {};
    return classify(tags).dataClass;
  } catch (error) {
    onFailure(error instanceof Error ? error.name : 'unknown error');
    return 'unknown';
  }
}
