import { testAccountId, testRegion } from './aws-endpoint.js';
import { AwsException } from './aws-exception.js';
import { seal, unseal } from './kms-ciphertext.js';
import { type KmsKey, type KmsKeyRing, needEnabled } from './kms-key-ring.js';

export type ParameterType = 'String' | 'StringList' | 'SecureString';
export type ParameterTier = 'Standard' | 'Advanced';

export interface ParameterVersion {
  version: number;
  /** Base64 of a ciphertext in a SecureString. */
  value: string;
  labels: Set<string>;
  modifiedAt: Date;
}

export interface Parameter {
  name: string;
  arn: string;
  type: ParameterType;
  tier: ParameterTier;
  keyId: string | undefined;
  description: string;
  allowedPattern: string | undefined;
  versions: ParameterVersion[];
}

export interface PutRequest {
  name: string;
  value: string;
  type?: ParameterType | undefined;
  tier?: ParameterTier | 'Intelligent-Tiering' | undefined;
  keyId?: string | undefined;
  description?: string | undefined;
  allowedPattern?: string | undefined;
  overwrite: boolean;
}

const bytesAtMost: Record<ParameterTier, number> = { Standard: 4096, Advanced: 8192 };
const versionsAtMost = 100;
const levelsAtMost = 15;
/** The default key of the account, made when it is first used. */
const defaultKey = 'alias/aws/ssm';

const refusal = (code: string, message: string) => new AwsException(code, message);

/** Parameters with their versions, secrets encrypted under keys of the account. */
export class SsmParameters {
  readonly #parameters = new Map<string, Parameter>();

  constructor(private readonly keys: KmsKeyRing) {}

  all(): Parameter[] {
    return [...this.#parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  put(request: PutRequest): { version: number; tier: ParameterTier } {
    checkName(request.name);
    const known = this.#parameters.get(request.name);
    if (known !== undefined && !request.overwrite)
      throw refusal(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    const tier = tierOf(request, known);
    const parameter = known ?? newParameter(request, tier);
    if (request.type !== undefined && request.type !== parameter.type)
      throw refusal(
        'HierarchyTypeMismatchException',
        "Parameter Store doesn't support changing a parameter type in a hierarchy.",
      );
    if (request.keyId !== undefined && parameter.type !== 'SecureString')
      throw refusal('ValidationException', 'KeyId is required for SecureString type parameter only.');
    const pattern = request.allowedPattern ?? parameter.allowedPattern;
    if (pattern !== undefined && !new RegExp(pattern).test(request.value))
      throw refusal(
        'ParameterPatternMismatchException',
        'Parameter value, cannot be validated against allowedPattern',
      );
    // Left out, the key is the account's default, also where the version before was under another.
    const keyId = parameter.type === 'SecureString' ? (request.keyId ?? defaultKey) : undefined;
    const value = keyId === undefined ? request.value : this.#encrypted(parameter, keyId, request.value);
    Object.assign(parameter, {
      tier,
      keyId,
      allowedPattern: pattern,
      description: request.description ?? parameter.description,
    });
    const version = (parameter.versions.at(-1)?.version ?? 0) + 1;
    makeRoom(parameter);
    parameter.versions.push({ version, value, labels: new Set(), modifiedAt: new Date() });
    this.#parameters.set(parameter.name, parameter);
    return { version, tier };
  }

  /**
   * @param selector `name`, `name:version`, `name:label`, or the same with the parameter's ARN
   * @throws AwsException `ParameterNotFound`, `ParameterVersionNotFound`
   */
  find(selector: string): { parameter: Parameter; version: ParameterVersion; selector: string } {
    const [name = '', chosen, ...rest] = withoutArn(selector).split(':');
    const parameter = this.#parameters.get(name);
    if (parameter === undefined || rest.length > 0) throw new AwsException('ParameterNotFound');
    const newest = parameter.versions.at(-1);
    const version =
      chosen === undefined
        ? newest
        : parameter.versions.find(({ version, labels }) => String(version) === chosen || labels.has(chosen));
    if (version === undefined)
      throw refusal(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${chosen} of ${name}. Verify the version and try again.`,
      );
    return { parameter, version, selector: chosen === undefined ? '' : `:${chosen}` };
  }

  plaintext({ arn, type }: Parameter, { value }: ParameterVersion): string {
    if (type !== 'SecureString') return value;
    const context = { PARAMETER_ARN: arn };
    const { plaintext } = this.#throughKms(() => unseal(this.keys, Buffer.from(value, 'base64'), context));
    return plaintext.toString('utf8');
  }

  delete(name: string): void {
    if (!this.#parameters.delete(name)) throw new AwsException('ParameterNotFound');
  }

  /** @returns labels that are none @throws AwsException `ParameterNotFound`, `ParameterVersionNotFound` */
  label(
    name: string,
    wanted: number | undefined,
    labels: readonly string[],
  ): { version: number; invalid: string[] } {
    const { parameter, version } = this.find(wanted === undefined ? name : `${name}:${wanted}`);
    const isLabel = (label: string) =>
      /^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$/.test(label) && !/^(aws|ssm)/i.test(label);
    for (const label of labels.filter(isLabel)) {
      for (const other of parameter.versions) other.labels.delete(label);
      version.labels.add(label);
    }
    return { version: version.version, invalid: labels.filter((label) => !isLabel(label)) };
  }

  #encrypted({ arn }: Parameter, keyId: string, value: string): string {
    return this.#throughKms(() => {
      const key: KmsKey = this.keys.find(keyId);
      needEnabled(key);
      return seal(key, Buffer.from(value), { PARAMETER_ARN: arn }).toString('base64');
    });
  }

  /** What KMS refuses, Parameter Store tells in a name of its own. */
  #throughKms<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AwsException)) throw error;
      throw refusal(
        'InvalidKeyId',
        `${error.message} (Service: AWSKMS; Status Code: 400; Error Code: ${error.code})`,
      );
    }
  }
}

function checkName(name: string): void {
  if (/^\/?(aws|ssm)/i.test(name))
    throw refusal(
      'ValidationException',
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
  if (!/^(\/[a-zA-Z0-9_.-]+)+$|^[a-zA-Z0-9_.-]+$/.test(name) || name.length > 1011)
    throw refusal(
      'ValidationException',
      'Parameter name must be a fully qualified name with a leading slash, of letters, digits and ._-/',
    );
  if (name.split('/').length - 1 > levelsAtMost)
    throw refusal(
      'HierarchyLevelLimitExceededException',
      `A hierarchy can have a maximum of ${levelsAtMost} levels.`,
    );
}

function tierOf({ tier, value }: PutRequest, known: Parameter | undefined): ParameterTier {
  const bytes = Buffer.byteLength(value);
  const isLarge = bytes > bytesAtMost.Standard;
  const wanted = tier === 'Intelligent-Tiering' ? (isLarge ? 'Advanced' : 'Standard') : tier;
  if (known?.tier === 'Advanced' && tier === 'Standard')
    throw refusal(
      'ValidationException',
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
    );
  const chosen = known?.tier === 'Advanced' ? 'Advanced' : (wanted ?? 'Standard');
  if (bytes <= bytesAtMost[chosen]) return chosen;
  throw refusal(
    'ValidationException',
    chosen === 'Standard'
      ? 'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.'
      : 'Advanced tier parameters support a maximum parameter value of 8192 characters.',
  );
}

function newParameter({ name, type }: PutRequest, tier: ParameterTier): Parameter {
  if (type === undefined)
    throw refusal('ValidationException', 'A parameter type is required when you create a parameter.');
  const path = name.startsWith('/') ? name : `/${name}`;
  return {
    name,
    arn: `arn:aws:ssm:${testRegion}:${testAccountId}:parameter${path}`,
    type,
    tier,
    keyId: undefined,
    description: '',
    allowedPattern: undefined,
    versions: [],
  };
}

/** The oldest version goes, unless a label holds it. */
function makeRoom({ versions }: Parameter): void {
  if (versions.length < versionsAtMost) return;
  if (versions[0]?.labels.size !== 0)
    throw refusal(
      'ParameterMaxVersionLimitExceeded',
      'The oldest version of the parameter has a label: it cannot be deleted to make room for a new one.',
    );
  versions.shift();
}

function withoutArn(selector: string): string {
  const prefix = `arn:aws:ssm:${testRegion}:${testAccountId}:parameter`;
  return selector.startsWith(prefix) ? selector.slice(prefix.length) : selector;
}
