import { randomBytes } from 'node:crypto';
import {
  GetParameterCommand,
  type Parameter,
  PutParameterCommand,
  type PutParameterCommandInput,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { ParameterName } from '@app/configuration';
import { asked, askedFor, causeNamed, SetUpConflict, type SetUpSteps } from './set-up-steps.js';

/** Parameters below `/phi/<stage>`. */
export class ParameterSetUp {
  constructor(
    private readonly client: SSMClient,
    private readonly prefix: string,
    private readonly steps: SetUpSteps,
  ) {}

  /** Puts the text, unless there is any: what somebody else has put there stays. */
  async ensure(name: ParameterName, text: string | undefined): Promise<void> {
    const thing = this.#thing(name);
    if ((await this.#read(name)) !== undefined) return this.steps.add(thing, 'there');
    if (text === undefined) return this.steps.add(thing, 'missing');
    await this.steps.make(thing, () => this.#put(name, text, { Overwrite: false }));
  }

  /** Puts the text, also over another one: it was asked for by name. */
  async set(name: ParameterName, text: string): Promise<void> {
    const thing = this.#thing(name);
    const known = (await this.#read(name))?.Value;
    if (known === text) return this.steps.add(thing, 'there');
    if (known === undefined) {
      await this.steps.make(thing, () => this.#put(name, text, { Overwrite: false }));
    } else if (this.steps.checkOnly) {
      this.steps.add(thing, 'missing');
    } else {
      await this.#put(name, text, { Overwrite: true });
      this.steps.add(thing, 'changed');
    }
  }

  /** Adds to a list that is separated by commas. */
  async append(name: ParameterName, item: string): Promise<void> {
    const items = (await this.#read(name))?.Value?.split(',') ?? [];
    await this.set(name, [...items.filter((one) => one !== item), item].join(','));
  }

  /**
   * The root of blind index and seals: made once, never replaced, and shown to nobody. A lost one makes every index entry and every
   * seal of the deployment worthless.
   * @param keyId alias of the key that it is encrypted under
   */
  async ensureIndexRoot(keyId: string): Promise<void> {
    const thing = this.#thing('index-root');
    const known = await this.#read('index-root');
    if (known !== undefined && known.Type !== 'SecureString') {
      throw new SetUpConflict(`${thing} is no SecureString: whoever made it may know its value. Remove it.`);
    }
    if (known !== undefined) return this.steps.add(thing, 'there');
    const text = () => JSON.stringify({ active: 1, roots: { 1: randomBytes(32).toString('base64') } });
    await this.steps.make(thing, () =>
      this.#put('index-root', text(), { Type: 'SecureString', KeyId: keyId, Overwrite: false }),
    );
  }

  /** Without decryption: a secret stays ciphertext. */
  async #read(name: ParameterName): Promise<Parameter | undefined> {
    const request = { thing: this.#thing(name), action: 'ssm:GetParameter' };
    const answer = await askedFor(request, 'ParameterNotFound', () =>
      this.client.send(new GetParameterCommand({ Name: `${this.prefix}/${name}`, WithDecryption: false })),
    );
    return answer?.Parameter;
  }

  async #put(name: ParameterName, Value: string, more: Partial<PutParameterCommandInput>): Promise<void> {
    // An issuer's keys may be more than the 4 KB of the standard tier; a secret's are not.
    const Tier = more.Type === 'SecureString' ? 'Standard' : 'Intelligent-Tiering';
    const command = new PutParameterCommand({
      Name: `${this.prefix}/${name}`,
      Value,
      Type: 'String',
      Tier,
      ...more,
    });
    try {
      await asked({ thing: this.#thing(name), action: 'ssm:PutParameter' }, () => this.client.send(command));
    } catch (error) {
      // Another run was first, and what it put there stays.
      if (!causeNamed(error, 'ParameterAlreadyExists')) throw error;
    }
  }

  #thing(name: ParameterName): string {
    return `parameter ${this.prefix}/${name}`;
  }
}
