import {
  GetParameterCommand,
  type Parameter,
  ParameterNotFound,
  ParameterVersionNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { awsRefusal } from './aws-refusal.js';
import {
  ParameterChanged,
  ParameterMissing,
  type ParameterName,
  ParameterSource,
} from './parameter-source.js';

export interface SsmParameterSourceOptions {
  /** Stays the caller's. */
  client: SSMClient;
  /** `/phi/<stage>` */
  prefix: string;
  /** Id, ARN or alias of the key that secret parameters are encrypted under. */
  keyId: string;
}

/** What `put` writes below the text: the version that was the newest when it wrote. */
const afterLine = /\n#after ([1-9]\d{0,9})$/;
/** Parameter Store keeps 100; so many that lost in a row say that something else is wrong. */
const versionsAtMost = 50;

/**
 * Parameters in SSM Parameter Store, secret ones as SecureString.
 *
 * Parameter Store numbers versions and overwrites without a condition. So each version that `put` writes says after which
 * one it was written, in a last line; one that came to stand behind another than that lost a race and is void, for every reader
 * and from the beginning. Nobody has to undo anything, so nothing depends on a process that may be killed. A text without that
 * line (an operator's, the deployment's) always counts.
 */
export class SsmParameterSource extends ParameterSource {
  constructor(private readonly options: SsmParameterSourceOptions) {
    super();
  }

  override async get(name: ParameterName): Promise<string> {
    return (await this.#newest(name)).text;
  }

  override async put(name: ParameterName, text: string, expected: string): Promise<void> {
    const before = await this.#newest(name);
    if (before.text !== expected) throw new ParameterChanged(name);
    const written = await this.#write(name, `${text}\n#after ${before.version}`);
    if (written === before.version + 1) return;
    // The SDK asks again when an answer was lost: the attempt before may be the one that counts.
    if ((await this.get(name)) !== text) throw new ParameterChanged(name);
  }

  /** @returns the text of the newest version that counts, and the number of the newest at all */
  async #newest(name: ParameterName): Promise<{ text: string; version: number }> {
    const newest = await this.#read(name);
    const oldest = Math.max(1, newest.version - versionsAtMost);
    for (let { value, version } = newest; ;) {
      const after = afterLine.exec(value)?.[1];
      if (after === undefined || Number(after) === version - 1) {
        return { text: value.replace(afterLine, ''), version: newest.version };
      }
      if (version === oldest) throw new Error(`parameter ${this.#path(name)} has no version that counts`);
      ({ value, version } = await this.#read(name, version - 1));
    }
  }

  async #read(name: ParameterName, version?: number): Promise<{ value: string; version: number }> {
    const path = this.#path(name);
    const Name = version === undefined ? path : `${path}:${version}`;
    try {
      const { Parameter } = await this.options.client.send(
        new GetParameterCommand({ Name, WithDecryption: true }),
      );
      return whole(Parameter, path);
    } catch (error) {
      if (error instanceof ParameterNotFound || error instanceof ParameterVersionNotFound) {
        throw new ParameterMissing(path);
      }
      throw awsRefusal(error, { thing: `parameter ${path}`, action: 'ssm:GetParameter' });
    }
  }

  async #write(name: ParameterName, Value: string): Promise<number> {
    const Name = this.#path(name);
    try {
      const { Version } = await this.options.client.send(
        new PutParameterCommand({
          Name,
          Value,
          Type: 'SecureString',
          // Without it Parameter Store would take its own key, which everybody in the account may use.
          KeyId: this.options.keyId,
          Overwrite: true,
        }),
      );
      return Version ?? 0;
    } catch (error) {
      throw awsRefusal(error, { thing: `parameter ${Name}`, action: 'ssm:PutParameter' });
    }
  }

  #path(name: ParameterName): string {
    return `${this.options.prefix}/${name}`;
  }
}

function whole(parameter: Parameter | undefined, path: string): { value: string; version: number } {
  const { Value: value, Version: version } = parameter ?? {};
  if (value === undefined || version === undefined) {
    throw awsRefusal({ name: 'UnknownError' }, { thing: `parameter ${path}`, action: 'ssm:GetParameter' });
  }
  return { value, version };
}
