import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  type KeyMetadata,
  type KMSClient,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { asked, askedFor, causeNamed, SetUpConflict, type SetUpSteps } from './set-up-steps.js';

type Spec = Required<Pick<CreateKeyCommandInput, 'KeySpec' | 'KeyUsage' | 'Description'>>;

export const keySpecs = {
  records: { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Description: 'Wraps patient keys' },
  parameters: {
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyUsage: 'ENCRYPT_DECRYPT',
    Description: 'Encrypts the secret parameters',
  },
  signing: {
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
    Description: 'Signs checkpoints of the audit trail',
  },
} as const satisfies Record<string, Spec>;

/** KMS keys, each known by its alias. */
export class KeySetUp {
  constructor(
    private readonly client: KMSClient,
    private readonly steps: SetUpSteps,
  ) {}

  /**
   * Makes key and alias, unless the alias is there.
   * @returns ARN of the key behind it; `undefined` when it is missing and this is a look only
   * @throws SetUpConflict when the alias points to a key of another kind or one that is not enabled
   */
  async ensure(alias: string, spec: Spec): Promise<string | undefined> {
    const thing = `KMS key ${alias}`;
    const known = await this.#behind(alias);
    if (known !== undefined) {
      needUsable(thing, known, spec);
      this.steps.add(thing, 'there');
      return known.Arn;
    }
    let arn: string | undefined;
    await this.steps.make(thing, async () => {
      arn = await this.#create(alias, spec);
    });
    return arn;
  }

  /** Makes another key and points the alias to it. @param before called with the ARN of the key until now, first */
  async replace(alias: string, spec: Spec, before: (arn: string) => Promise<void>): Promise<void> {
    const known = await this.#behind(alias);
    if (known?.Arn === undefined)
      throw new SetUpConflict(`KMS key ${alias} is not there yet: run \`phi setup\` first`);
    await before(known.Arn);
    const key = await this.#newKey(spec);
    await asked({ thing: `alias ${alias}`, action: 'kms:UpdateAlias' }, () =>
      this.client.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: key.KeyId })),
    );
    this.steps.add(`KMS key ${alias}`, 'changed');
  }

  async #behind(alias: string): Promise<KeyMetadata | undefined> {
    const request = { thing: `KMS key ${alias}`, action: 'kms:DescribeKey' };
    const answer = await askedFor(request, 'NotFoundException', () =>
      this.client.send(new DescribeKeyCommand({ KeyId: alias })),
    );
    return answer?.KeyMetadata;
  }

  async #create(alias: string, spec: Spec): Promise<string | undefined> {
    const key = await this.#newKey(spec);
    try {
      await asked({ thing: `alias ${alias}`, action: 'kms:CreateAlias' }, () =>
        this.client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key.KeyId })),
      );
      return key.Arn;
    } catch (error) {
      if (!causeNamed(error, 'AlreadyExistsException')) throw error;
      // Another run was first, and nothing is under the key of this one.
      await asked({ thing: `KMS key of ${alias}`, action: 'kms:ScheduleKeyDeletion' }, () =>
        this.client.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 })),
      );
      return (await this.#behind(alias))?.Arn;
    }
  }

  async #newKey(spec: Spec): Promise<KeyMetadata> {
    const request = { thing: 'KMS', action: 'kms:CreateKey' };
    const { KeyMetadata } = await asked(request, () => this.client.send(new CreateKeyCommand(spec)));
    if (KeyMetadata?.KeyId === undefined) throw new SetUpConflict('KMS made a key and did not name it');
    // Its material once a year (NIST SP 800-57 Part 1, 5.3.6); KMS rotates no asymmetric keys.
    if (spec.KeySpec === 'SYMMETRIC_DEFAULT') {
      const { KeyId } = KeyMetadata;
      await asked({ thing: `KMS key ${KeyId}`, action: 'kms:EnableKeyRotation' }, () =>
        this.client.send(new EnableKeyRotationCommand({ KeyId })),
      );
    }
    return KeyMetadata;
  }
}

function needUsable(thing: string, { KeyState, KeySpec, KeyUsage }: KeyMetadata, spec: Spec): void {
  if (KeySpec !== spec.KeySpec || KeyUsage !== spec.KeyUsage) {
    throw new SetUpConflict(
      `${thing} is ${KeySpec} for ${KeyUsage}; it must be ${spec.KeySpec} for ${spec.KeyUsage}`,
    );
  }
  if (KeyState !== 'Enabled') throw new SetUpConflict(`${thing} is not enabled (${KeyState})`);
}
