import { apiAccessLine, at, chainOf, later } from './harmless-trail.js';
import { changes, decryptsWithoutEvent, failedDecryptions, modelCalls, tableReads } from './planted-calls.js';
import {
  accessesOfTheWatchedPatient,
  companionsOfDecrypts,
  emergencies,
  integrityAlarms,
  massReads,
  nightAccesses,
  refusedTexts,
} from './planted-events.js';
import { emptyTrail, type Trail } from './trail-files.js';

/** More patients in an hour than this are reported. */
export const patientsAnHour = 30;
export const refusalsAnHour = 50;
export const minutesBetween = 5;

/** What is to be found, and beside it, under names with `near`, what resembles it and is not. */
export function plantedTrail(): Trail {
  const trail = emptyTrail();
  const events = [
    ...accessesOfTheWatchedPatient(),
    ...integrityAlarms(),
    ...refusedTexts(),
    ...massReads(),
    ...emergencies(),
    ...nightAccesses(),
    ...companionsOfDecrypts(),
  ];
  trail.events.push(...chainOf('instance-2', events));
  trail.cloudTrail.push(
    ...failedDecryptions(),
    ...modelCalls(),
    ...tableReads(),
    ...decryptsWithoutEvent(),
    ...changes(),
  );
  for (let n = 0; n < 60; n++) {
    trail.apiAccess.push(
      apiAccessLine(later(at('13:00:00'), n * 30), '203.0.113.7', n % 3 === 0 ? 403 : 401),
      // Near: one fewer than too many; not found is no refusal; spread over two hours.
      ...(n < refusalsAnHour - 1 ? [apiAccessLine(later(at('13:00:00'), n), '203.0.113.8', 401)] : []),
      apiAccessLine(later(at('13:00:00'), n), '203.0.113.9', 404),
      apiAccessLine(later(at('13:30:00'), n * 60), '203.0.113.10', 401),
    );
  }
  return trail;
}
