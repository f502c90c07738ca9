import type { PiiDetector } from '../pii-detector.js';
import type { BedrockOptions } from './bedrock-options.js';
import type { BedrockPiiDetector } from './bedrock-pii-detector.js';

/**
 * Loads the SDK's client, which a service without an account never needs, and opens a detector.
 * @param local in place of a LocalPiiDetector
 * @returns a detector that is closed with the service
 * @throws ConfigurationError that names every wrong option, and no value
 */
export async function openBedrockDetector(
  options: BedrockOptions,
  local?: PiiDetector,
): Promise<BedrockPiiDetector> {
  const { BedrockPiiDetector } = await import('./bedrock-pii-detector.js');
  return new BedrockPiiDetector(options, local);
}
