import { Aws } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  ArnPrincipal,
  Effect,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Settings } from '../settings.js';

/** Administration without any use: no action here reads or makes ciphertext, signatures or data keys. */
export const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:DisableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListAliases',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/** What a service needs that stores data under the key for somebody. */
export const STORAGE_USE = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
];

/** What the policies of our keys consist of. `*` in a key's policy is that key. */
export class KeyStatements {
  constructor(private readonly settings: Settings) {}

  /** Who may do everything with the key but use it. */
  administration(): PolicyStatement[] {
    const { keyAdministratorRoleArns } = this.settings;
    return [
      // Without the account itself a key could become one that nobody can administer. IAM says who may, and none of it is use.
      new PolicyStatement({
        sid: 'AdministrationByAccount',
        principals: [new AccountRootPrincipal()],
        actions: ADMINISTRATION,
        resources: ['*'],
      }),
      ...(keyAdministratorRoleArns.length === 0
        ? []
        : [
            new PolicyStatement({
              sid: 'AdministrationByRole',
              principals: keyAdministratorRoleArns.map((arn) => new ArnPrincipal(arn)),
              actions: ADMINISTRATION,
              resources: ['*'],
            }),
          ]),
    ];
  }

  /** The roles' own calls: the account's IAM policies must allow them too. */
  byRole(
    sid: string,
    roles: string[],
    actions: string[],
    conditions: Record<string, Record<string, string>> = {},
  ): PolicyStatement {
    return new PolicyStatement({
      sid,
      principals: [new AccountRootPrincipal()],
      actions,
      resources: ['*'],
      conditions: { ...conditions, ArnLike: { 'aws:PrincipalArn': this.roleArns(roles) } },
    });
  }

  /** Calls that services make on behalf of these roles; whoever deploys needs them too, for CloudFormation makes the things. */
  throughService(sid: string, services: string[], roles: string[], actions: string[]): PolicyStatement {
    return new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      principals: [new AnyPrincipal()],
      actions: [...actions, 'kms:DescribeKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': this.#services(services) },
        ArnLike: { 'aws:PrincipalArn': [...this.roleArns(roles), this.#deployerArn()] },
      },
    });
  }

  /** Through a service, whoever IAM allows in this account: readers of the archive are chosen there. */
  accountThrough(sid: string, services: string[]): PolicyStatement {
    return new PolicyStatement({
      sid,
      principals: [new AccountRootPrincipal()],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:ViaService': this.#services(services) } },
    });
  }

  /**
   * Whoever may use EBS in this account: it is the default key of every new volume, as AWS's own is elsewhere, so that it can name no roles.
   * Nobody uses it but through EC2. @see Amazon EBS User Guide, "Amazon EBS encryption", default key policy
   */
  ofAccountVolumes(): PolicyStatement[] {
    const through = {
      StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': this.#services(['ec2']) },
    };
    return [
      new PolicyStatement({
        sid: 'Volumes',
        principals: [new AnyPrincipal()],
        actions: [...STORAGE_USE, 'kms:DescribeKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
        resources: ['*'],
        conditions: through,
      }),
      new PolicyStatement({
        sid: 'VolumesGrants',
        principals: [new AnyPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { ...through, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ];
  }

  /** DynamoDB, Backup and Firehose keep a grant for their own work in the background. */
  grantsOf(sid: string, services: string[], roles: string[]): PolicyStatement {
    return new PolicyStatement({
      sid: `${sid}Grants`,
      principals: [new AnyPrincipal()],
      actions: ['kms:CreateGrant'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': this.#services(services) },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
        ArnLike: { 'aws:PrincipalArn': [...this.roleArns(roles), this.#deployerArn()] },
      },
    });
  }

  /** Calls of a service in its own name. */
  byService(sid: string, principal: string, actions: string[]): PolicyStatement {
    return new PolicyStatement({
      sid,
      principals: [new ServicePrincipal(principal)],
      actions,
      resources: ['*'],
    });
  }

  #services(services: string[]): string[] {
    return services.map((service) => `${service}.${this.settings.region}.amazonaws.com`);
  }

  roleArns(roles: string[]): string[] {
    return roles.map((role) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${role}`);
  }

  /** What CloudFormation runs as after `cdk bootstrap`, whatever its qualifier. */
  #deployerArn(): string {
    return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-cfn-exec-role-${Aws.ACCOUNT_ID}-*`;
  }

  /** @returns the ARN of something in this account and region */
  arn(service: string, resource: string): string {
    return `arn:${Aws.PARTITION}:${service}:${this.settings.region}:${Aws.ACCOUNT_ID}:${resource}`;
  }
}
