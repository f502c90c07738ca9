import { ConfigurationError, loadConfiguration, type PhiConfig } from '@app/configuration';
import { CouldNotRun } from './command-context.js';

/** @returns the configuration of the service that the command works beside @throws CouldNotRun when it is wrong */
export async function readConfiguration(): Promise<PhiConfig> {
  try {
    return (await loadConfiguration()).config;
  } catch (error) {
    if (error instanceof ConfigurationError) throw new CouldNotRun(error.message);
    throw error;
  }
}
