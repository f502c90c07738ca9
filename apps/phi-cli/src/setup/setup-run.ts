import { readFileSync } from 'node:fs';
import { LocalIssuer } from '@app/authentication';
import { AwsRefusal, ConfigurationError, type PhiConfig } from '@app/configuration';
import { SetUpConflict, type SetUpStep, setUpPlatform } from '@app/platform';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { readConfiguration } from '../service-configuration.js';
import { openIssuer } from '../token/development-issuer.js';
import type { SetupOptions } from './setup.command.js';

/** @returns 1 when something is missing, after a look as after a run that was not told all that it needs */
export async function setUp(options: SetupOptions, context: CommandContext): Promise<ExitCode> {
  const config = await readConfiguration();
  if (config.PHI_PLATFORM !== 'aws') {
    throw new CouldNotRun(
      'the embedded platform makes what it needs at its first start; this is for PHI_PLATFORM=aws',
    );
  }
  const { check = false, newKmsKey = false, json } = options;
  const issuer = await issuerOf(options, config);
  const progress = (step: SetUpStep) => context.stderr.write(`phi: ${step.thing}: ${told[step.outcome]}\n`);
  const show = (step: SetUpStep) => context.stdout.write(`${step.thing}: ${told[step.outcome]}\n`);
  const steps = await orCouldNotRun(() =>
    setUpPlatform(config, {
      checkOnly: check,
      newKmsKey,
      issuer,
      guardrail: guardrailOf(options),
      onStep: json === true ? progress : show,
    }),
  );
  const missing = steps.filter(({ outcome }) => outcome === 'missing');
  const outcome = missing.length === 0 ? 'done' : 'missing';
  if (json === true) context.stdout.write(`${JSON.stringify({ outcome, stage: config.PHI_STAGE, steps })}\n`);
  context.stderr.write(
    missing.length === 0
      ? `phi: setup of stage ${config.PHI_STAGE}: everything is there\n`
      : `phi: setup of stage ${config.PHI_STAGE}: ${missing.length} missing\n`,
  );
  return missing.length === 0 ? exitCodes.done : exitCodes.foundSomethingWrong;
}

const told: Record<SetUpStep['outcome'], string> = {
  created: 'created',
  changed: 'changed',
  there: 'already there',
  missing: 'missing',
  unsupported: 'not supported by this endpoint',
};

async function issuerOf(
  { developmentIssuer, oidcIssuer, oidcJwks, check }: SetupOptions,
  config: PhiConfig,
): Promise<{ issuer?: string; jwks?: string }> {
  if (developmentIssuer !== undefined) {
    // A look makes no key either.
    if (check === true) return {};
    const { jwks } = await openIssuer(developmentIssuer, config);
    return { issuer: LocalIssuer.issuer, jwks: JSON.stringify(jwks) };
  }
  return {
    ...(oidcIssuer === undefined ? {} : { issuer: oidcIssuer }),
    ...(oidcJwks === undefined ? {} : { jwks: readText(oidcJwks) }),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CouldNotRun(`${path} cannot be read`);
  }
}

function guardrailOf(options: SetupOptions) {
  const { bedrockGuardrailId: id, bedrockGuardrailVersion: version, bedrockModelId: modelId } = options;
  if (id === undefined || version === undefined || modelId === undefined) return undefined;
  return { id, version, modelId };
}

async function orCouldNotRun<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isTold =
      error instanceof SetUpConflict || error instanceof AwsRefusal || error instanceof ConfigurationError;
    throw isTold ? new CouldNotRun(error.message) : error;
  }
}
