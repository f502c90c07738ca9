import { readFileSync } from 'node:fs';

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: object;
}
export interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
}
export interface Schema {
  $ref?: string;
  type?: string;
  items?: Schema;
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  example?: unknown;
}
export interface OpenApi {
  openapi: string;
  info: { title?: string; version?: string };
  paths: Record<string, Record<string, Operation>>;
  tags?: { name: string }[];
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
}

export interface Route {
  method: string;
  /** As OpenAPI writes it: `/v1/patients/{patientId}`. */
  path: string;
  operation: Operation;
}

export const readOpenApi = () => JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenApi;

/** @returns every route that the document lists */
export function documentedRoutes(document = readOpenApi()): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** @returns the path with each parameter replaced */
export const fillPath = (path: string, value: (parameter: string) => string) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => value(name));
