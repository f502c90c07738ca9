/** A resource of a synthesized template. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/** A resource, and where. */
export interface PlacedResource {
  /** `Data`, `Api` or `Audit`. */
  stack: string;
  id: string;
  type: string;
  properties: Record<string, unknown>;
}

export interface Template {
  Resources?: Record<string, TemplateResource>;
}

/** @param templates by the name of their stack */
export function resourcesOf(templates: Record<string, Template>): PlacedResource[] {
  return Object.entries(templates).flatMap(([stack, { Resources = {} }]) =>
    Object.entries(Resources).map(([id, { Type, Properties = {} }]) => ({
      stack,
      id,
      type: Type,
      properties: Properties,
    })),
  );
}

/** @returns the text of a property, with references left out */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? '');

export const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? (value as Record<string, unknown>[]) : [];

export const objectOf = (value: unknown): Record<string, unknown> => (value ?? {}) as Record<string, unknown>;
