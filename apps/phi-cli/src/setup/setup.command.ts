import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode } from '../command-context.js';

export interface SetupOptions {
  readonly check?: boolean;
  readonly newKmsKey?: boolean;
  readonly developmentIssuer?: string;
  readonly oidcIssuer?: string;
  readonly oidcJwks?: string;
  readonly bedrockGuardrailId?: string;
  readonly bedrockGuardrailVersion?: string;
  readonly bedrockModelId?: string;
  readonly json?: boolean;
}

const setupHelp = `
Works on PHI_STAGE in the account and region of the environment (AWS_REGION, credentials of the SDK's default chain), or on what
AWS_ENDPOINT_URL leads to. What is there stays as it is; only --oidc-... and --bedrock-... write over a parameter. The index root
is made once and shown to nobody. The CDK stacks (docs/deployment.md) make the same things, and their key policies.

Examples:
  $ phi setup --development-issuer ./issuer
  $ phi setup --oidc-issuer https://login.example.org --oidc-jwks jwks.json
  $ phi setup --check --json
  $ phi setup --new-kms-key && phi keys rotate --kms-key`;

/** Adds `phi setup`. */
export function addSetupCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  program
    .command('setup')
    .summary('make what the service needs on AWS')
    .description('Makes tables, KMS keys with their aliases, and parameters, as far as they are missing.')
    .option('--check', 'make nothing, and say what is missing (exit code 1)')
    .option(
      '--new-kms-key',
      'point the alias to a new KMS key; `phi keys rotate --kms-key` goes on from there',
    )
    .option(
      '--development-issuer <folder>',
      'accept tokens that `phi token --issuer <folder>` mints',
      parsePath,
    )
    .option('--oidc-issuer <url>', 'issuer of access tokens', parseIssuer)
    .option('--oidc-jwks <file>', "the issuer's public keys, a JSON Web Key Set", parsePath)
    .option('--bedrock-guardrail-id <id>', 'guardrail that reads text after the local detector', parseId)
    .option('--bedrock-guardrail-version <version>', 'of the guardrail', parseVersion)
    .option('--bedrock-model-id <id>', 'model or inference profile that reads it last', parseId)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', setupHelp)
    .action(async (options: SetupOptions) => {
      checkTogether(options);
      // Loaded when it is used: it brings the AWS SDK along, which every other command would wait for.
      const { setUp } = await import('./setup-run.js');
      finish(await setUp(options, context));
    });
}

function checkTogether(options: SetupOptions): void {
  const { developmentIssuer, oidcIssuer, oidcJwks } = options;
  if (developmentIssuer !== undefined && (oidcIssuer !== undefined || oidcJwks !== undefined)) {
    throw new CouldNotRun('--development-issuer is the issuer: leave out --oidc-issuer and --oidc-jwks');
  }
  const { bedrockGuardrailId, bedrockGuardrailVersion, bedrockModelId } = options;
  const given = [bedrockGuardrailId, bedrockGuardrailVersion, bedrockModelId].filter(
    (one) => one !== undefined,
  );
  if (given.length !== 0 && given.length !== 3) {
    throw new CouldNotRun(
      '--bedrock-guardrail-id, --bedrock-guardrail-version and --bedrock-model-id are given together',
    );
  }
}

const parser = (pattern: RegExp, expected: string) => (text: string) => {
  if (pattern.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${expected}.`);
};
const parsePath = parser(/^[^\0]{1,1024}$/, 'a path');
const parseIssuer = parser(/^https:\/\/[^\s?#@]{1,500}$/, 'an https URL without query');
const parseId = parser(/^\S{1,2048}$/, 'an id or an ARN');
const parseVersion = parser(/^([1-9]\d{0,7}|DRAFT)$/, 'a version number or DRAFT');
