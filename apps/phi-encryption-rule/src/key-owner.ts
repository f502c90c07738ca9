import { DescribeKeyCommand, type KMSClient, NotFoundException } from '@aws-sdk/client-kms';

/** Whose a key is. `gone`: there is no such key any more, so what lies under it is lost. */
export type KeyOwner = 'customer' | 'AWS' | 'gone';

/** Finds out whose keys are, once for each key. */
export class KeyOwners {
  readonly #known = new Map<string, Promise<KeyOwner>>();

  constructor(private readonly client: KMSClient) {}

  /**
   * @param keyId as a configuration item has it: the ARN or the id of a key, or an alias
   * @param account of the resource
   */
  of(keyId: string, account: string): Promise<KeyOwner> {
    let owner = this.#known.get(keyId);
    if (owner === undefined) {
      owner = this.#find(keyId, account);
      this.#known.set(keyId, owner);
      // A failure is no answer to keep.
      owner.catch(() => this.#known.delete(keyId));
    }
    return owner;
  }

  async #find(keyId: string, account: string): Promise<KeyOwner> {
    if (/(^|:)alias\/aws\//.test(keyId)) return 'AWS';
    const [, , , , keyAccount] = keyId.split(':');
    // AWS's keys serve the account that they are in and no other.
    if (keyAccount !== undefined && account !== '' && keyAccount !== account) return 'customer';
    try {
      const { KeyMetadata } = await this.client.send(new DescribeKeyCommand({ KeyId: keyId }));
      return KeyMetadata?.KeyManager === 'AWS' ? 'AWS' : 'customer';
    } catch (error) {
      if (error instanceof NotFoundException) return 'gone';
      // The policies of AWS's keys let the whole account look at them, so a key that refuses is the customer's.
      if (error instanceof Error && error.name === 'AccessDeniedException') return 'customer';
      throw error;
    }
  }
}
