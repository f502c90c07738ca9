import {
  assertThat,
  automation,
  type AutomationDocument,
  call,
  choose,
  end,
  output,
  type Step,
} from './automation-document.js';

const blocks = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;

/**
 * Closes a bucket to the public, whatever its policy and its lists say. A failure opens nothing again: half closed is better than open
 * (45 CFR 164.312(a)(1)). Who needs a public bucket takes another account.
 */
export const publicBucket = (): AutomationDocument =>
  automation(
    'Blocks public access to an S3 bucket.',
    {
      BucketName: {
        type: 'String',
        description: 'The bucket.',
        allowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      },
    },
    closing('s3', { Bucket: '{{ BucketName }}' }),
  );

/** The same of every bucket of the account, those that are still to be made among them. */
export const publicAccount = (): AutomationDocument =>
  automation(
    'Blocks public access to all S3 buckets of the account.',
    {},
    closing('s3control', { AccountId: '{{ global:ACCOUNT_ID }}' }),
  );

function closing(service: 's3' | 's3control', what: Record<string, string>): Step[] {
  const of = (name: string) => `$.PublicAccessBlockConfiguration.${name}`;
  return [
    // Where there is no configuration the answer is an error.
    call('look', `${service}:GetPublicAccessBlock`, what, {
      outputs: blocks.map((name) => output(name, of(name), 'Boolean')),
      onFailure: 'step:close',
      isCritical: false,
    }),
    choose(
      'isDone',
      [
        {
          NextStep: 'done',
          And: blocks.map((name) => ({ Variable: `{{ look.${name} }}`, BooleanEquals: true })),
        },
      ],
      'close',
    ),
    call('close', `${service}:PutPublicAccessBlock`, {
      ...what,
      PublicAccessBlockConfiguration: Object.fromEntries(blocks.map((name) => [name, true])),
    }),
    ...blocks.map((name) =>
      assertThat(`check${name}`, `${service}:GetPublicAccessBlock`, what, [of(name), ['true']]),
    ),
    end('done'),
  ];
}

/** What is made from now on is encrypted under our key. If it cannot be turned on, the default key is what it was. */
export function ebsEncryption(keyArn: string): AutomationDocument {
  return automation(
    'Turns encryption of new EBS volumes on by default, under the key of this deployment.',
    { KmsKeyArn: { type: 'String', description: 'The default key.', default: keyArn } },
    [
      call(
        'look',
        'ec2:GetEbsEncryptionByDefault',
        {},
        {
          outputs: [output('IsOn', '$.EbsEncryptionByDefault', 'Boolean')],
        },
      ),
      call('lookAtKey', 'ec2:GetEbsDefaultKmsKeyId', {}, { outputs: [output('Arn', '$.KmsKeyId')] }),
      choose(
        'isDone',
        [
          {
            NextStep: 'done',
            And: [
              { Variable: '{{ look.IsOn }}', BooleanEquals: true },
              { Variable: '{{ lookAtKey.Arn }}', StringEquals: '{{ KmsKeyArn }}' },
            ],
          },
        ],
        'setKey',
      ),
      call('setKey', 'ec2:ModifyEbsDefaultKmsKeyId', { KmsKeyId: '{{ KmsKeyArn }}' }),
      call('turnOn', 'ec2:EnableEbsEncryptionByDefault', {}, { onFailure: 'step:putKeyBack' }),
      assertThat('check', 'ec2:GetEbsEncryptionByDefault', {}, ['$.EbsEncryptionByDefault', ['true']], {
        onFailure: 'step:putKeyBack',
      }),
      assertThat('checkKey', 'ec2:GetEbsDefaultKmsKeyId', {}, ['$.KmsKeyId', ['{{ KmsKeyArn }}']], {
        nextStep: 'done',
      }),
      call(
        'putKeyBack',
        'ec2:ModifyEbsDefaultKmsKeyId',
        { KmsKeyId: '{{ lookAtKey.Arn }}' },
        { isEnd: true },
      ),
      end('done'),
    ],
  );
}
