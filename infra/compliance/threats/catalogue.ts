import type { Names } from '../../lib/names.js';
import { findings, selfMonitoring } from './findings.js';
import { keyThreats, trailThreats } from './keys-and-trail.js';
import { identityThreats, organizationThreats } from './people.js';
import { computeThreats, edgeThreats } from './running.js';
import { bedrockThreats, parameterThreats, volumeThreats } from './services.js';
import { backupThreats, bucketThreats, tableThreats } from './storage.js';
import type { KnownRoles, Threat, Watched } from './threat.js';
import { alertingThreats, configThreats, securityServiceThreats } from './watchers.js';

const sections: readonly ((watched: Watched) => Threat[])[] = [
  keyThreats,
  trailThreats,
  bucketThreats,
  tableThreats,
  backupThreats,
  configThreats,
  alertingThreats,
  securityServiceThreats,
  findings,
  identityThreats,
  computeThreats,
  edgeThreats,
  parameterThreats,
  bedrockThreats,
  volumeThreats,
  organizationThreats,
  selfMonitoring,
];

/** Everything that somebody is told about as it happens, in the order of the list that it is held to. */
export const threatCatalogue = (names: Names, roles: KnownRoles): Threat[] =>
  sections.flatMap((section) => section({ names, roles }));
