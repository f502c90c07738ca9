import type { Tags } from '@app/data-classification';

/** A configuration item as the rule reads it, whichever way it came. */
export interface ConfigurationItem {
  resourceType: string;
  resourceId: string;
  /** When Config took it down; evaluations are ordered by it. */
  capturedAt: Date;
  /** Config's: `OK`, `ResourceDiscovered`, `ResourceDeleted`, `ResourceNotRecorded`, `ResourceDeletedNotRecorded`. */
  status: string;
  account: string;
  tags: Tags;
  configuration: Record<string, unknown>;
  supplementaryConfiguration: Record<string, unknown>;
  relationships: { resourceType: string; resourceId: string }[];
}

export const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/**
 * Reads an item of a change notification, of `GetResourceConfigHistory`, or a row of `SelectResourceConfig`. They differ in small things: the
 * history has its configuration as JSON text, a row its tags as a list.
 * @throws Error if it does not say what it is of
 * @see AWS Config Developer Guide, "Components of a Configuration Item"; AWS Config API Reference, ConfigurationItem
 */
export function configurationItem(value: unknown): ConfigurationItem {
  const item = asObject(value);
  const resourceType = asText(item['resourceType']);
  const resourceId = asText(item['resourceId']);
  const capturedAt = instant(item['configurationItemCaptureTime']);
  if (resourceType === undefined || resourceId === undefined || capturedAt === undefined)
    throw new Error('a configuration item without type, id or time');
  return {
    resourceType,
    resourceId,
    capturedAt,
    status: asText(item['configurationItemStatus']) ?? 'OK',
    account: asText(item['awsAccountId']) ?? asText(item['accountId']) ?? '',
    tags: tagsOf(item['tags']),
    configuration: asObject(parsed(item['configuration'])),
    supplementaryConfiguration: Object.fromEntries(
      Object.entries(asObject(item['supplementaryConfiguration'])).map(([name, one]) => [name, parsed(one)]),
    ),
    relationships: asList(item['relationships']).flatMap((one) => {
      const { resourceType: type, resourceId: id } = asObject(one);
      return typeof type === 'string' && typeof id === 'string'
        ? [{ resourceType: type, resourceId: id }]
        : [];
    }),
  };
}

function instant(value: unknown): Date | undefined {
  const time = value instanceof Date ? value : new Date(asText(value) ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function tagsOf(value: unknown): Tags {
  if (Array.isArray(value))
    return Object.fromEntries(
      value.map(asObject).map((tag) => [String(tag['key'] ?? ''), String(tag['value'] ?? '')]),
    );
  return Object.fromEntries(Object.entries(asObject(value)).map(([key, one]) => [key, String(one ?? '')]));
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
