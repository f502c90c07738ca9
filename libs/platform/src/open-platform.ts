import type { PhiConfig } from '@app/configuration';
import { silenceNodeVersionWarning } from './aws-sdk.config.js';
import type { Platform, TrailPorts } from './platform.js';

/**
 * Opens the ports of the configured platform. One never stands in for the other.
 * @throws Error that names what could not be opened
 */
export async function openPlatform(config: PhiConfig): Promise<Platform> {
  return (await platformOf(config)).openPorts(config);
}

/**
 * Opens what the audit trail needs and nothing else, so that no other right is needed than to the trail.
 * @throws Error that names what could not be opened
 */
export async function openTrail(config: PhiConfig): Promise<TrailPorts> {
  return (await platformOf(config)).openTrailPorts(config);
}

/** Loaded when it is opened: one platform has no use for what the other needs. */
async function platformOf({ PHI_PLATFORM }: PhiConfig) {
  silenceNodeVersionWarning();
  return PHI_PLATFORM === 'aws' ? import('./aws/aws-platform.js') : import('./embedded/embedded-platform.js');
}
