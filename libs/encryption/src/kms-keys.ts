import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

export interface KmsKeysOptions {
  kmsClient: KMSClient;
  /**
   * ARN of a KMS key, or of an alias that points to one; an alias can be pointed to another key while we run. A function is
   * asked each time, for an ARN that is a setting itself.
   */
  kmsKeyArn: string | (() => string);
  /** ARNs of keys that the alias pointed to before: what they wrapped may be read, nothing is written under them. */
  earlierKmsKeyArns?: () => readonly string[];
  /** How long a look at the alias is good for when something is written, 60 unless given. */
  kmsKeyLookupSeconds?: number;
}

const LOOKUP_SECONDS = 60;

/** The KMS keys of this deployment: the one that wraps branch keys now, and those that did before. */
export class KmsKeys {
  readonly #seen = new Set<string>();
  #behindAlias: { alias: string; keyArn: string; lookedUpAt: number } | undefined;
  #lookup: Promise<string> | undefined;

  constructor(private readonly options: KmsKeysOptions) {}

  /** @returns ARN of the key that new branch keys are to be wrapped under */
  async current(): Promise<string> {
    const maxAgeSeconds = this.options.kmsKeyLookupSeconds ?? LOOKUP_SECONDS;
    const { alias, keyArn, lookedUpAt = 0 } = this.#behindAlias ?? {};
    const isFresh = alias === this.#named() && Date.now() - lookedUpAt < maxAgeSeconds * 1000;
    return isFresh && keyArn !== undefined ? keyArn : this.lookUp();
  }

  /** Asks where the alias points now; those who ask together get one answer. */
  async lookUp(): Promise<string> {
    const named = this.#named();
    if (!isAlias(named)) {
      this.#seen.add(named);
      return named;
    }
    this.#lookup ??= this.#describe(named).finally(() => (this.#lookup = undefined));
    return this.#lookup;
  }

  /**
   * Whether rows under this key may be read. One that nobody listed may be what the alias points to since a moment
   * ago, when another process has moved it; anything else is a foreign key and not asked of KMS.
   */
  async isOurs(keyArn: string): Promise<boolean> {
    if (this.#knows(keyArn)) return true;
    // A look that is under way may have begun before the alias was moved.
    await this.#lookup;
    if (!this.#knows(keyArn)) await this.lookUp();
    return this.#knows(keyArn);
  }

  #knows(keyArn: string): boolean {
    return this.#seen.has(keyArn) || (this.options.earlierKmsKeyArns?.().includes(keyArn) ?? false);
  }

  #named(): string {
    const { kmsKeyArn } = this.options;
    return typeof kmsKeyArn === 'string' ? kmsKeyArn : kmsKeyArn();
  }

  async #describe(alias: string): Promise<string> {
    const command = new DescribeKeyCommand({ KeyId: alias });
    const { KeyMetadata } = await this.options.kmsClient.send(command);
    const arn = KeyMetadata?.Arn;
    if (arn === undefined) throw new Error('KMS did not tell the key behind the alias');
    this.#seen.add(arn);
    this.#behindAlias = { alias, keyArn: arn, lookedUpAt: Date.now() };
    return arn;
  }
}

const isAlias = (arn: string) => arn.includes(':alias/');
