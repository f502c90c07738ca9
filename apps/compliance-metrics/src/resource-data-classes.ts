import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { type DataClass, resourceKey } from '@app/compliance-score';
import { classify } from '@app/data-classification';
import type { Resource } from './config-reader.js';
import { selectResources } from './select-resources.js';

/** An expression has at most 4,096 characters. @see AWS Config API Reference, SelectResourceConfig */
const IDS_LENGTH_AT_MOST = 3_000;
/** What could end a text of the query: such an id is left out, and its resource counts as unknown. */
const quotable = /^[^'"\\\p{C}]{1,768}$/u;

/** @returns what resources hold, by their tags; those that Config does not record are absent */
export async function resourceDataClasses(
  client: ConfigServiceClient,
  resources: readonly Resource[],
): Promise<Map<string, DataClass>> {
  const classes = new Map<string, DataClass>();
  for (const { type, ids } of batches(resources)) {
    const query = `SELECT resourceType, resourceId, tags WHERE resourceType = '${type}' AND resourceId IN (${ids.map((id) => `'${id}'`).join(', ')})`;
    for (const row of await selectResources(client, query, ids.length)) {
      const { resourceType, resourceId, tags } = row as {
        resourceType?: string;
        resourceId?: string;
        tags?: { key: string; value?: string }[];
      };
      if (resourceType === undefined || resourceId === undefined) continue;
      const own = Object.fromEntries((tags ?? []).map(({ key, value = '' }) => [key, value]));
      classes.set(resourceKey({ resourceType, resourceId }), classify(own).dataClass);
    }
  }
  return classes;
}

/** Ids of one type, as many as fit into an expression. */
function batches(resources: readonly Resource[]): { type: string; ids: string[] }[] {
  const byType = new Map<string, Set<string>>();
  for (const { resourceType, resourceId } of resources) {
    if (!quotable.test(resourceId) || !/^[A-Za-z0-9:]{1,196}$/.test(resourceType)) continue;
    byType.set(resourceType, (byType.get(resourceType) ?? new Set()).add(resourceId));
  }
  return [...byType].flatMap(([type, ids]) => {
    const parts: string[][] = [[]];
    let length = 0;
    for (const id of ids) {
      if (length + id.length > IDS_LENGTH_AT_MOST || (parts.at(-1)?.length ?? 0) >= 80) {
        parts.push([]);
        length = 0;
      }
      parts.at(-1)?.push(id);
      length += id.length + 4;
    }
    return parts.filter((part) => part.length > 0).map((part) => ({ type, ids: part }));
  });
}
