import { createHash } from 'node:crypto';
import { parse, v5, validate } from 'uuid';
import { isJsonObject, type JsonObject, textOf } from './json.js';

/**
 * Ids that come out the same whenever the same resource is imported, and that nobody can compute who knows a
 * medical record number but not the namespace.
 */
export class ImportIds {
  readonly #namespace: Uint8Array;

  /** @param namespace a secret UUID, see import-namespace.ts */
  constructor(namespace: string) {
    this.#namespace = parse(namespace);
  }

  patientId(resource: JsonObject, fullUrl: string | undefined): string {
    return this.#id(['Patient', ...identityOf(resource, fullUrl)]);
  }

  /**
   * The patient's id is part of it. Otherwise a clinic or a doctor would have the same record id, which is stored
   * in clear, with all their patients, and would so link them.
   */
  recordId(patientId: string, resource: JsonObject, fullUrl: string | undefined): string {
    return this.#id([
      'record',
      patientId,
      textOf(resource['resourceType']) ?? '',
      ...identityOf(resource, fullUrl),
    ]);
  }

  /** A JSON list is unambiguous: no two lists of parts make the same name. */
  #id(parts: readonly string[]): string {
    return v5(JSON.stringify(parts), this.#namespace);
  }
}

/**
 * What makes the resource this one and no other: a UUID by itself; any other id only within its server, so the
 * address of the server and the business identifiers count too; without either, its content.
 */
function identityOf(resource: JsonObject, fullUrl: string | undefined): string[] {
  const id = textOf(resource['id']) ?? fullUrl;
  if (id === undefined)
    return ['content', createHash('sha256').update(JSON.stringify(resource)).digest('base64url')];
  const bare = id.replace(/^urn:uuid:/i, '');
  if (validate(bare)) return [bare.toLowerCase()];
  return [
    'id',
    id,
    ...(fullUrl !== undefined && /^https?:/i.test(fullUrl) ? [fullUrl] : []),
    ...identifiersOf(resource),
  ];
}

function identifiersOf(resource: JsonObject): string[] {
  // One object in some resource types (Composition, QuestionnaireResponse), a list in the others.
  return [resource['identifier']]
    .flat()
    .filter(isJsonObject)
    .filter(({ value }) => typeof value === 'string')
    .map(({ system, value }) => `${textOf(system) ?? ''}|${String(value)}`)
    .toSorted();
}
