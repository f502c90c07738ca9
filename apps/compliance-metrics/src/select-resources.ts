import { type ConfigServiceClient, paginateSelectResourceConfig } from '@aws-sdk/client-config-service';

/** A row of an advanced query: the members that were asked for. */
export type SelectedResource = Record<string, unknown>;

/**
 * @param query of AWS Config's advanced queries
 * @param atMost rows; the rest is left out
 */
export async function selectResources(
  client: ConfigServiceClient,
  query: string,
  atMost: number,
): Promise<SelectedResource[]> {
  const rows: SelectedResource[] = [];
  for await (const { Results = [] } of paginateSelectResourceConfig(
    { client, pageSize: 100 },
    { Expression: query },
  )) {
    rows.push(...Results.map((text) => JSON.parse(text) as SelectedResource));
    if (rows.length >= atMost) break;
  }
  return rows.slice(0, atMost);
}
