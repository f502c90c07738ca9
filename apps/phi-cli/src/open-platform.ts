import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { awsRefusalBehind, type PhiConfig } from '@app/configuration';
import { openPlatform, openTrail, type Platform, type TrailPorts } from '@app/platform';
import { Problem } from '@app/problem-details';
import { CouldNotRun } from './command-context.js';

/**
 * Opens the service's ports, also beside a running service, and closes them when `work` is over.
 * @throws CouldNotRun when there is nothing to open: a mistyped folder must not become an empty store with new keys
 */
export async function withPlatform<T>(
  config: PhiConfig,
  work: (platform: Platform) => Promise<T>,
): Promise<T> {
  return withPorts(config, openPlatform, work);
}

/** The same with what the audit trail needs alone, for which a role needs no right to any patient's key. */
export async function withTrail<T>(config: PhiConfig, work: (trail: TrailPorts) => Promise<T>): Promise<T> {
  return withPorts(config, openTrail, work);
}

async function withPorts<Ports extends TrailPorts, T>(
  config: PhiConfig,
  open: (config: PhiConfig) => Promise<Ports>,
  work: (ports: Ports) => Promise<T>,
): Promise<T> {
  const embedded = config.PHI_PLATFORM === 'embedded';
  if (embedded && !existsSync(join(resolve(config.PHI_DATA_DIR), 'records.lmdb'))) {
    throw new CouldNotRun('there are no records in PHI_DATA_DIR; nothing was made there');
  }
  const ports = await opened(config, open);
  try {
    return await work(ports);
  } catch (error) {
    throw couldNotRun(error);
  } finally {
    await ports.close();
  }
}

async function opened<Ports>(config: PhiConfig, open: (config: PhiConfig) => Promise<Ports>): Promise<Ports> {
  try {
    return await open(config);
  } catch (error) {
    // Errors of opening name files, variables and things of the account, never patient data.
    throw new CouldNotRun(`the platform cannot be opened: ${error instanceof Error ? error.message : ''}`);
  }
}

/** A port that does not answer in the middle of the work; where AWS says why, the operator is told. */
function couldNotRun(error: unknown): unknown {
  if (error instanceof CouldNotRun) return error;
  const refusal = awsRefusalBehind(error);
  if (refusal !== undefined) return new CouldNotRun(refusal);
  return error instanceof Problem && error.type.status === 503 ? new CouldNotRun(error.type.name) : error;
}
