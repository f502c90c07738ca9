import type { ParameterSource } from './parameter-source.js';
import type { SsmParameterSourceOptions } from './ssm-parameter-source.js';

/** Loads the SDK's client, which a service without an account never needs. */
export async function openSsmParameterSource(options: SsmParameterSourceOptions): Promise<ParameterSource> {
  const { SsmParameterSource } = await import('./ssm-parameter-source.js');
  return new SsmParameterSource(options);
}
