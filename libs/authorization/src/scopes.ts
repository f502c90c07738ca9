/**
 * Scopes after SMART App Launch 2, "Scopes for requesting FHIR resources":
 * `<level>/<type>.<permissions>`, permissions a subset of `cruds` in that order. Beside them our own `phi/<operation>`.
 */
export type Level = 'system' | 'user' | 'patient';
/** create, read, update, delete, search */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';
/** `restricted` opens no route: with it searches and lists of the level `system` show restricted patients, too. */
export type Operation = 'erase' | 'emergency-access' | 'review' | 'restricted' | 'screen';

interface ClinicalScope {
  level: Level;
  /** A record type, `Patient`, or `*` for every clinical type. */
  type: string;
  permissions: string;
}

const clinicalScope = /^(system|user|patient)\/(\*|[A-Za-z][A-Za-z-]{0,63})\.(?=.)(c?r?u?d?s?)$/;

/** Types that `*` does not cover: the trail has readers of its own. */
const notClinical = new Set(['AuditEvent']);

/** What the scopes of one token permit. Scopes that we do not know permit nothing. */
export class Scopes {
  readonly #clinical: readonly ClinicalScope[];
  readonly #operations: ReadonlySet<string>;

  constructor(scopes: readonly string[]) {
    this.#clinical = scopes.flatMap((scope) => {
      const match = clinicalScope.exec(scope);
      return match === null ? [] : [{ level: match[1] as Level, type: match[2]!, permissions: match[3]! }];
    });
    this.#operations = new Set(scopes.filter((scope) => scope.startsWith('phi/')));
  }

  /** @returns the levels at which `permission` is held for `type`; empty when it is not */
  levels(type: string, permission: Permission): Level[] {
    const held = (level: Level) =>
      this.#clinical.some(
        (scope) =>
          scope.level === level && covers(scope.type, type) && scope.permissions.includes(permission),
      );
    return (['system', 'user', 'patient'] as const).filter(held);
  }

  /** @returns the levels at which `permission` is held for any record type at all */
  levelsForAnyType(permission: Permission): Level[] {
    const held = (level: Level) =>
      this.#clinical.some(
        (scope) =>
          scope.level === level && !notClinical.has(scope.type) && scope.permissions.includes(permission),
      );
    return (['system', 'user', 'patient'] as const).filter(held);
  }

  /** A service with `system/*` may have text screened too: it may store the same text. The other operations need their own. */
  permitsOperation(operation: Operation): boolean {
    const ofSystem = this.#clinical.some(({ level, type }) => level === 'system' && type === '*');
    return this.#operations.has(`phi/${operation}`) || (operation === 'screen' && ofSystem);
  }
}

function covers(granted: string, type: string): boolean {
  return granted === type || (granted === '*' && !notClinical.has(type));
}
