import {
  AwsRefusal,
  ConfigurationError,
  ParameterMissing,
  type ParameterName,
  type ParameterSource,
  type PhiConfig,
} from '@app/configuration';
import { type BedrockSettings, bedrockOf } from '../bedrock-settings.js';
import type { IssuerSettings } from '../issuer-verifier.js';

/** What a deployment says of itself. */
export interface AwsSettings extends IssuerSettings {
  /** ARN of the alias that points to the key which wraps branch keys, or of that key. */
  kmsKeyArn: string;
  earlierKmsKeyArns: readonly string[];
  bedrock: BedrockSettings | undefined;
}

const keyArn = /^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:(?:key|alias)\/[\w/-]{1,250}$/;
const keyArns = new RegExp(`^${keyArn.source.slice(1, -1)}(?:,${keyArn.source.slice(1, -1)}){0,19}$`);

/** What each parameter must look like; further down they are used as if they did. */
const shapes: Partial<Record<ParameterName, readonly [pattern: RegExp, expected: string]>> = {
  'kms-key-arn': [keyArn, 'the ARN of a KMS alias or key'],
  'signing-key-arn': [keyArn, 'the ARN of a KMS key'],
  'earlier-kms-key-arns': [keyArns, 'ARNs of KMS keys, separated by commas'],
  'oidc-issuer': [/^https:\/\/[^\s?#@]{1,500}$/, 'an https URL without query'],
  'bedrock-guardrail-id': [/^\S{1,2048}$/, 'an id or an ARN'],
  'bedrock-guardrail-version': [/^([1-9]\d{0,7}|DRAFT)$/, 'a version number or DRAFT'],
  'bedrock-model-id': [/^\S{1,2048}$/, 'an id or an ARN'],
};

/** Reads parameters and collects everything that is wrong with them. */
class ParameterReading {
  readonly #faults = new Set<string>();

  constructor(
    private readonly parameters: ParameterSource,
    private readonly prefix: string,
  ) {}

  async required(name: ParameterName): Promise<string> {
    const text = await this.optional(name);
    if (text === undefined) {
      this.#faults.add(
        `parameter ${this.prefix}/${name} is missing: \`phi setup\` or the deployment makes it`,
      );
    }
    return text ?? '';
  }

  async optional(name: ParameterName): Promise<string | undefined> {
    try {
      const text = (await this.parameters.get(name)).trim();
      const [pattern, expected] = shapes[name] ?? [];
      if (pattern?.test(text) === false) {
        this.#faults.add(`parameter ${this.prefix}/${name} must be ${expected}`);
      }
      return text;
    } catch (error) {
      if (error instanceof ParameterMissing) return undefined;
      if (!(error instanceof AwsRefusal)) throw error;
      // Said once, though every parameter meets it: no credentials, no endpoint.
      this.#faults.add(error.message);
      return '';
    }
  }

  /** @throws ConfigurationError with everything that was wrong so far */
  settle(): void {
    if (this.#faults.size > 0) throw new ConfigurationError([...this.#faults]);
  }
}

/** The parameter that names the key of the trail, alone. @throws ConfigurationError */
export async function readSigningKeyArn(parameters: ParameterSource, prefix: string): Promise<string> {
  const reading = new ParameterReading(parameters, prefix);
  const arn = await reading.required('signing-key-arn');
  reading.settle();
  return arn;
}

/**
 * Reads every setting: from the environment where it has one, else from its parameter.
 * @param region of the clients; Bedrock is asked there as well
 * @throws ConfigurationError that names every parameter that is missing or wrong, and no value
 */
export async function readAwsSettings(
  config: PhiConfig,
  parameters: ParameterSource,
  prefix: string,
  region: string,
): Promise<AwsSettings> {
  const reading = new ParameterReading(parameters, prefix);
  const [kmsKeyArn, earlier, issuer, jwks, bedrock] = await Promise.all([
    reading.required('kms-key-arn'),
    reading.optional('earlier-kms-key-arns'),
    config.PHI_OIDC_ISSUER ?? reading.required('oidc-issuer'),
    reading.required('oidc-jwks'),
    bedrockOf(config) ?? bedrockParameters(reading, region),
  ]);
  reading.settle();
  return { kmsKeyArn, earlierKmsKeyArns: earlier?.split(',') ?? [], issuer, jwks, bedrock };
}

/** Without a guardrail there is no Bedrock; with one, whatever else is missing stops the start. */
async function bedrockParameters(
  reading: ParameterReading,
  region: string,
): Promise<BedrockSettings | undefined> {
  const guardrailId = await reading.optional('bedrock-guardrail-id');
  if (guardrailId === undefined) return undefined;
  const [guardrailVersion, modelId] = await Promise.all([
    reading.required('bedrock-guardrail-version'),
    reading.required('bedrock-model-id'),
  ]);
  return { region, guardrailId, guardrailVersion, modelId };
}
