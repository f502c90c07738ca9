import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { ADMINISTRATION } from './key-statements.js';

/** API Gateway names the group of its execution log itself. */
export const executionLogGroupPrefix = 'API-Gateway-Execution-Logs_';

/**
 * The key of the api stack, for what a running service leaves for a moment: the storage of tasks, the definition of the guardrail, the
 * gateway's execution log. It lives and dies with the stack, so that no stateless thing leads into the policies of the others.
 */
export class RuntimeKey extends Construct {
  /** As an import: whoever uses it cannot add to its policy. */
  readonly key: IKey;

  constructor(scope: Construct, id: string, names: Names, settings: Settings) {
    super(scope, id);
    const fargate = new ServicePrincipal('fargate.amazonaws.com');
    const ofCluster = {
      'kms:EncryptionContext:aws:ecs:clusterAccount': Aws.ACCOUNT_ID,
      'kms:EncryptionContext:aws:ecs:clusterName': names.prefix,
    };
    const roleArn = (role: string) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${role}`;
    const { keyArn } = new Key(this, 'Key', {
      alias: names.aliases.runtime,
      description: 'Encrypts the storage of tasks, the guardrail and the execution log of the gateway',
      enableKeyRotation: true,
      rotationPeriod: Duration.days(365),
      pendingWindow: Duration.days(30),
      // Nothing that was encrypted under it is of use without the stack.
      removalPolicy: RemovalPolicy.DESTROY,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'AdministrationByAccount',
            principals: [new AccountRootPrincipal()],
            actions: ADMINISTRATION,
            resources: ['*'],
          }),
          // Amazon ECS Developer Guide, "Customer managed keys for AWS Fargate ephemeral storage".
          new PolicyStatement({
            sid: 'TaskStorage',
            principals: [fargate],
            actions: ['kms:GenerateDataKeyWithoutPlaintext'],
            resources: ['*'],
            conditions: { StringEquals: ofCluster },
          }),
          new PolicyStatement({
            sid: 'TaskStorageGrants',
            principals: [fargate],
            actions: ['kms:CreateGrant'],
            resources: ['*'],
            conditions: {
              StringEquals: ofCluster,
              'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] },
            },
          }),
          new PolicyStatement({
            sid: 'ExecutionLog',
            principals: [new ServicePrincipal(`logs.${settings.region}.amazonaws.com`)],
            actions: [
              'kms:Decrypt',
              'kms:DescribeKey',
              'kms:Encrypt',
              'kms:GenerateDataKey',
              'kms:ReEncryptFrom',
              'kms:ReEncryptTo',
            ],
            resources: ['*'],
            conditions: {
              ArnLike: {
                'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${settings.region}:${Aws.ACCOUNT_ID}:log-group:${executionLogGroupPrefix}*`,
              },
            },
          }),
          // Amazon Bedrock User Guide, "Create a customer managed key for your guardrail".
          new PolicyStatement({
            sid: 'GuardrailUse',
            principals: [new AnyPrincipal()],
            actions: ['kms:Decrypt'],
            resources: ['*'],
            conditions: {
              StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID },
              ArnEquals: { 'aws:PrincipalArn': [names.roles.task, names.roles.operator].map(roleArn) },
            },
          }),
          new PolicyStatement({
            sid: 'Deployment',
            principals: [new AnyPrincipal()],
            actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey'],
            resources: ['*'],
            conditions: {
              StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID },
              ArnLike: { 'aws:PrincipalArn': roleArn(`cdk-*-cfn-exec-role-${Aws.ACCOUNT_ID}-*`) },
            },
          }),
        ],
      }),
    });
    this.key = Key.fromKeyArn(this, 'Published', keyArn);
  }
}
