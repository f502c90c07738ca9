import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PhiConfig } from '@app/configuration';
import { openPlatform, type Platform } from '@app/platform';
import { CouldNotRun } from './command-context.js';

/**
 * Opens the service's ports, also beside a running service, and closes them when `work` is over.
 * @throws CouldNotRun when there is nothing to open: a mistyped folder must not become an empty store with new keys
 */
export async function withPlatform<T>(
  config: PhiConfig,
  work: (platform: Platform) => Promise<T>,
): Promise<T> {
  const embedded = config.PHI_PLATFORM === 'embedded';
  if (embedded && !existsSync(join(resolve(config.PHI_DATA_DIR), 'records.lmdb'))) {
    throw new CouldNotRun('there are no records in PHI_DATA_DIR; nothing was made there');
  }
  const platform = await open(config);
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
}

async function open(config: PhiConfig): Promise<Platform> {
  try {
    return await openPlatform(config);
  } catch (error) {
    // Errors of opening name files and variables of the operator's, never patient data.
    throw new CouldNotRun(`the platform cannot be opened: ${error instanceof Error ? error.message : ''}`);
  }
}
