import type { DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { type PhiConfig, readPhiConfig } from './phi.config.js';

/**
 * Reads `.env` and the environment and validates them at once, so that a wrong configuration stops the start
 * before anything is opened.
 * @returns the configuration, and the module that gives it to providers as `ConfigService<PhiConfig, true>`
 * @throws ConfigurationError with every wrong variable by name
 */
export async function loadConfiguration(): Promise<{ module: DynamicModule; config: PhiConfig }> {
  let config: PhiConfig | undefined;
  const validate = (environment: Record<string, unknown>) => {
    config = readPhiConfig(environment);
    // What is returned here would be written back into the environment of the process.
    return {};
  };
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    cache: true,
    validate,
    load: [() => ({ ...config })],
  });
  if (config === undefined) throw new Error('the configuration was not read');
  return { module, config };
}

/** The same from given variables alone, whatever the environment says: for tools and tests. */
export async function fixedConfiguration(
  variables: Record<string, string>,
): Promise<{ module: DynamicModule; config: PhiConfig }> {
  const config = readPhiConfig(variables);
  const load = [() => ({ ...config })];
  const module = await ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    ignoreEnvVars: true,
    load,
  });
  return { module, config };
}
