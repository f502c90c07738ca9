import { threatCatalogue } from '../../../infra/compliance/threats/catalogue.js';
import { rulesOf, type ThreatRule } from '../../../infra/compliance/threats/rules.js';
import type { Threat } from '../../../infra/compliance/threats/threat.js';
import { knownRoles } from '../../../infra/lib/constructs/compliance/threat-detection.js';
import { namesOf } from '../../../infra/lib/names.js';
import {
  type EnvironmentName,
  exampleAccount,
  type Settings,
  settingsOf,
} from '../../../infra/lib/settings.js';
import { synthesized, type Synthesized } from '../synthesized.js';

/** Names and roles of the deployment that the specs speak of. */
export const names = namesOf('dev');
export const settings = settingsOf('dev', exampleAccount);
export const roles = knownRoles(settings);
export const threats: readonly Threat[] = threatCatalogue(names, roles);
export const rules: readonly ThreatRule[] = threats.flatMap((threat) => rulesOf(threat, roles.deployers));

/** Threat detection alone, behind a route that is as bare as its interface. */
export const threatStack = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  synthesized(environment, change, 'threats');
