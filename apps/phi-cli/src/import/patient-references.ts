import { isJsonObject, type JsonObject, textOf } from './json.js';

/**
 * The elements by which a resource belongs to a patient, the closest tie first. If several of one group lead to
 * different patients, it belongs to neither alone.
 * @see http://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
const compartmentPaths: readonly (readonly string[])[] = [
  ['subject', 'patient', 'beneficiary', 'individual', 'candidate'],
  [
    'participant.actor',
    'actor',
    'member.entity',
    'entity',
    'target',
    'for',
    'item.item',
    'entity.what',
    'agent.who',
  ],
  ['subscriber', 'policyHolder', 'payor', 'payee.party', 'link.target'],
  [
    'performer',
    'performer.actor',
    'author',
    'source',
    'sender',
    'recipient',
    'receiver',
    'requester',
    'asserter',
  ],
];

/** A patient of the bundle, as references can find it. */
interface Target<Owner> {
  readonly owner: Owner;
  /** `https://server/base/`; undefined for a bundle that is not from a server. */
  readonly server: string | undefined;
}

/** Finds the patients of a bundle that its resources refer to. */
export class PatientReferences<Owner> {
  readonly #byAddress = new Map<string, Target<Owner>[]>();
  readonly #byId = new Map<string, Target<Owner>[]>();
  readonly #byIdentifier = new Map<string, Target<Owner>[]>();

  add(owner: Owner, resource: JsonObject, fullUrl: string | undefined): void {
    const target: Target<Owner> = { owner, server: serverOf(fullUrl) };
    register(this.#byAddress, fullUrl?.toLowerCase(), target);
    register(this.#byId, textOf(resource['id'])?.toLowerCase(), target);
    for (const identifier of [resource['identifier']].flat()) {
      register(this.#byIdentifier, identifierKey(identifier), target);
    }
  }

  /**
   * @param fullUrl of the resource itself: relative references are relative to its server
   * @returns the patients that the resource belongs to, by its closest tie: none, one, or more than one
   */
  ownersOf(resource: JsonObject, fullUrl: string | undefined): ReadonlySet<Owner> {
    for (const group of compartmentPaths) {
      const owners = new Set<Owner>();
      for (const path of group) {
        for (const value of valuesAt(resource, path.split('.'))) {
          for (const owner of this.#resolve(value, fullUrl)) owners.add(owner);
        }
      }
      if (owners.size > 0) return owners;
    }
    return new Set();
  }

  /** @returns whether its subject is said to be a patient, whoever that is */
  static namesPatient(resource: JsonObject): boolean {
    return (compartmentPaths[0] ?? []).some((path) =>
      valuesAt(resource, path.split('.')).some((value) => {
        const reference = textOf(value['reference']);
        return reference !== undefined && /(?:^|\/)Patient\/[^/]+|^Patient\?/.test(reference);
      }),
    );
  }

  /** @see http://hl7.org/fhir/R4/bundle.html#references */
  #resolve(value: JsonObject, fullUrl: string | undefined): Owner[] {
    const reference = textOf(value['reference'])?.replace(/\/_history\/[^/]+$/, '');
    if (reference === undefined) return ownersIn(this.#byIdentifier, identifierKey(value['identifier']));

    const query = /^Patient\?identifier=([^&]+)$/.exec(reference)?.[1];
    if (query !== undefined) return ownersIn(this.#byIdentifier, decodeQuery(query));

    const address = reference.toLowerCase();
    const exact = ownersIn(this.#byAddress, address);
    if (exact.length > 0) return exact;
    if (address.startsWith('urn:uuid:')) return ownersIn(this.#byId, address.slice('urn:uuid:'.length));

    const [, base, id] = /^(.*\/)?patient\/([a-z0-9\-.]{1,64})$/.exec(address) ?? [];
    if (id === undefined) return [];
    const server = base ?? serverOf(fullUrl);
    const onServer = server === undefined ? [] : ownersIn(this.#byAddress, `${server}patient/${id}`);
    if (onServer.length > 0) return onServer;
    // Bundles made by hand mix `urn:uuid:` addresses with relative references. The same id on another server is
    // another patient.
    return (this.#byId.get(id) ?? [])
      .filter((target) => server === undefined || target.server === undefined || target.server === server)
      .map(({ owner }) => owner);
  }
}

function register<T>(index: Map<string, T[]>, key: string | undefined, target: T): void {
  if (key === undefined) return;
  const there = index.get(key);
  if (there === undefined) index.set(key, [target]);
  else there.push(target);
}

function ownersIn<Owner>(index: ReadonlyMap<string, Target<Owner>[]>, key: string | undefined): Owner[] {
  return key === undefined ? [] : (index.get(key) ?? []).map(({ owner }) => owner);
}

/** @returns `https://server/base/` of an address on a server; undefined of a `urn:` or none */
function serverOf(fullUrl: string | undefined): string | undefined {
  return fullUrl === undefined
    ? undefined
    : /^(https?:\/\/.*\/)[A-Za-z]+\/[^/]+$/i.exec(fullUrl)?.[1]?.toLowerCase();
}

/** An identifier without a system says too little to file a record under it. */
function identifierKey(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const system = textOf(value['system']);
  const text = textOf(value['value']);
  return system === undefined || text === undefined ? undefined : `${system}|${text}`;
}

function decodeQuery(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** @returns the objects at the path, through lists */
function valuesAt(value: unknown, path: readonly string[]): JsonObject[] {
  let values: unknown[] = [value];
  for (const name of path) values = values.filter(isJsonObject).flatMap((object) => [object[name]].flat());
  return values.filter(isJsonObject);
}
