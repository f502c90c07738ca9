import { Aws, Duration } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';
import { KeyStatements, STORAGE_USE } from './key-statements.js';

export type KeyName = 'records' | 'audit' | 'parameters' | 'alerts' | 'signing' | 'volumes';

/**
 * The customer-managed keys. In each policy whoever administers the key cannot use it, and whoever uses it is named, by a
 * role or by a service with the thing that it encrypts (45 CFR 164.308(a)(4), 164.312(a)(2)(iv)).
 *
 * - What a role asks of KMS itself needs its own IAM policy as well: the statement speaks of the whole account and a condition
 *   names the role.
 * - What a service asks on a role's behalf (DynamoDB for its table) is allowed here alone.
 *
 * Roles are named by their ARN, not by a reference: the stacks that make them depend on this one.
 */
export class PlatformKeys extends Construct {
  readonly records: Key;
  readonly audit: Key;
  readonly parameters: Key;
  readonly alerts: Key;
  readonly signing: Key;
  readonly volumes: Key;
  readonly #statements: KeyStatements;

  constructor(
    scope: Construct,
    id: string,
    private readonly names: Names,
    private readonly settings: Settings,
  ) {
    super(scope, id);
    this.#statements = new KeyStatements(settings);
    this.records = this.#key('records', 'Wraps patient keys; encrypts the tables and their backups', [
      ...this.#keyStoreUse(),
      this.#statements.throughService(
        'TablesAndBackups',
        ['dynamodb', 'backup'],
        this.#rolesOfTables(),
        STORAGE_USE,
      ),
      this.#statements.grantsOf('TablesAndBackups', ['dynamodb', 'backup'], [names.roles.backup]),
    ]);
    this.audit = this.#key('audit', 'Encrypts log groups, trails and the archive of the audit trail', [
      this.#logGroups(),
      ...this.#trail(),
      this.#statements.throughService('Queues', ['sqs'], [names.roles.auditArchiver], STORAGE_USE),
      this.#statements.accountThrough('Objects', ['s3']),
      ...(this.settings.compliance.services.macie ? [this.#macie()] : []),
      // Whoever deploys makes the streams that carry logs to the archive; Firehose then works under its grant.
      this.#statements.throughService('LogDelivery', ['firehose'], [], STORAGE_USE),
      this.#statements.grantsOf('LogDelivery', ['firehose'], []),
      this.#configurationHistory(),
    ]);
    this.parameters = this.#key('parameters', 'Encrypts the secret parameters', [this.#parameterUse()]);
    this.alerts = this.#key('alerts', 'Encrypts alarms, alerts and what the alerter remembers', [
      // The two send no account with their call to KMS; which account may publish stands in the topic's policy. (Amazon SNS Developer
      // Guide, "Key management": aws:SourceAccount and aws:SourceArn are not supported for EventBridge.)
      this.#statements.byService('Alarms', 'cloudwatch.amazonaws.com', [
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ]),
      this.#statements.byService('EventRules', 'events.amazonaws.com', [
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ]),
      this.#undelivered(),
      this.#statements.throughService(
        'Alerts',
        ['sns', 'sqs', 'dynamodb'],
        [names.roles.complianceAlerter],
        STORAGE_USE,
      ),
      this.#statements.throughService('Canaries', ['sqs'], [names.roles.alertCanary], STORAGE_USE),
      this.#statements.throughService('Approvals', ['sns'], [names.roles.volumeEncryption], STORAGE_USE),
      this.#statements.grantsOf('Alerts', ['dynamodb'], [names.roles.complianceAlerter]),
    ]);
    this.signing = this.#signingKey();
    this.volumes = this.#key(
      'volumes',
      'Encrypts EBS volumes and snapshots',
      this.#statements.ofAccountVolumes(),
    );
  }

  /** @returns the keys as other stacks get them: to be used and not to be changed, so that no stack adds to a policy */
  published(): Record<KeyName, IKey> {
    const imported = (name: string, key: Key) => Key.fromKeyArn(this, `Published${name}`, key.keyArn);
    return {
      records: imported('Records', this.records),
      audit: imported('Audit', this.audit),
      parameters: imported('Parameters', this.parameters),
      alerts: imported('Alerts', this.alerts),
      signing: imported('Signing', this.signing),
      volumes: imported('Volumes', this.volumes),
    };
  }

  #key(name: Exclude<KeyName, 'signing'>, description: string, use: PolicyStatement[]): Key {
    return new Key(this, name[0]?.toUpperCase() + name.slice(1), {
      alias: this.names.aliases[name],
      description,
      enableKeyRotation: true,
      rotationPeriod: Duration.days(365),
      pendingWindow: Duration.days(30),
      removalPolicy: dataRemoval(this.settings),
      policy: new PolicyDocument({ statements: [...this.#statements.administration(), ...use] }),
    });
  }

  /** AWS Config delivers under its role, and in its own name where that fails. @see AWS Config Developer Guide, "Permissions for the KMS Key" */
  #configurationHistory(): PolicyStatement {
    const statement = this.#statements.byService('ConfigurationHistory', 'config.amazonaws.com', [
      'kms:Decrypt',
      'kms:GenerateDataKey',
    ]);
    statement.addCondition('StringEquals', { 'aws:SourceAccount': Aws.ACCOUNT_ID });
    return statement;
  }

  /** What a subscriber did not take goes to a queue: SNS encrypts it there in its own name. */
  #undelivered(): PolicyStatement {
    const statement = this.#statements.byService('Undelivered', 'sns.amazonaws.com', [
      'kms:Decrypt',
      'kms:GenerateDataKey',
    ]);
    statement.addCondition('ArnLike', {
      'aws:SourceArn': [`${this.names.prefix}-*`, this.names.approvalTopic].map((topic) =>
        this.#statements.arn('sns', topic),
      ),
    });
    return statement;
  }

  /** Signs checkpoints of the audit trail. KMS does not rotate asymmetric keys: a new one gets the alias, the old one stays to verify. */
  #signingKey(): Key {
    const { task, operator, auditExpiry } = this.names.roles;
    return new Key(this, 'Signing', {
      alias: this.names.aliases.signing,
      description: 'Signs checkpoints of the audit trail',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      pendingWindow: Duration.days(30),
      removalPolicy: dataRemoval(this.settings),
      policy: new PolicyDocument({
        statements: [
          ...this.#statements.administration(),
          // A command of an operator leaves events in a chain of its own, which begins with a signed checkpoint; expiry says in one
          // what it is about to remove.
          this.#statements.byRole('Signing', [task, operator, auditExpiry], ['kms:Sign'], {
            StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
          }),
          this.#statements.byRole(
            'Verification',
            [task, operator, auditExpiry],
            ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Verify'],
          ),
        ],
      }),
    });
  }

  /**
   * Branch keys are wrapped and unwrapped for our key store and for a named branch key only: its row is the encryption
   * context that the key store hands to KMS. @see AWS Encryption SDK Developer Guide, "Hierarchical keyring", permissions
   */
  #keyStoreUse(): PolicyStatement[] {
    const { task, operator } = this.names.roles;
    const context = {
      StringEquals: { 'kms:EncryptionContext:tablename': this.names.tables.keyStore },
      Null: { 'kms:EncryptionContext:branch-key-id': 'false' },
    };
    return [
      this.#statements.byRole(
        'BranchKeys',
        [task, operator],
        ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
        context,
      ),
      this.#statements.byRole('KeyBehindAlias', [task, operator], ['kms:DescribeKey']),
    ];
  }

  #rolesOfTables(): string[] {
    const { task, operator, auditArchiver, backup, auditExpiry } = this.names.roles;
    return [task, operator, auditArchiver, backup, auditExpiry];
  }

  #parameterUse(): PolicyStatement {
    const { task, operator, secureParameter } = this.names.roles;
    const statement = this.#statements.throughService(
      'Parameters',
      ['ssm'],
      [task, operator, secureParameter],
      STORAGE_USE,
    );
    statement.addCondition('ArnLike', {
      'aws:PrincipalArn': this.#statements.roleArns([task, operator, secureParameter]),
      'kms:EncryptionContext:PARAMETER_ARN': this.#statements.arn(
        'ssm',
        `parameter${this.names.parameterPrefix}/*`,
      ),
    });
    return statement;
  }

  #logGroups(): PolicyStatement {
    return new PolicyStatement({
      sid: 'LogGroups',
      principals: [new ServicePrincipal(`logs.${this.settings.region}.amazonaws.com`)],
      actions: [...STORAGE_USE, 'kms:DescribeKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            this.#statements.arn('logs', `log-group:${this.names.logGroupPrefix}*`),
            // WAF writes to no log group with another beginning.
            this.#statements.arn('logs', `log-group:aws-waf-logs-${this.names.prefix}*`),
          ],
        },
      },
    });
  }

  /**
   * Macie reads what it looks through as its own role, which no policy of ours can be attached to.
   * @see Amazon Macie User Guide, "Analyzing encrypted S3 objects"
   */
  #macie(): PolicyStatement {
    return new PolicyStatement({
      sid: 'SensitiveData',
      principals: [new AnyPrincipal()],
      actions: ['kms:Decrypt'],
      resources: ['*'],
      conditions: {
        StringEquals: {
          'kms:CallerAccount': Aws.ACCOUNT_ID,
          'kms:ViaService': `s3.${this.settings.region}.amazonaws.com`,
        },
        ArnLike: {
          'aws:PrincipalArn': this.#statements.roleArns([
            'aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie',
          ]),
        },
      },
    });
  }

  #trail(): PolicyStatement[] {
    const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
    const trailArn = this.#statements.arn('cloudtrail', `trail/${this.names.trail}`);
    return [
      new PolicyStatement({
        sid: 'Trail',
        principals,
        actions: ['kms:GenerateDataKey'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'aws:SourceArn': trailArn },
          StringLike: {
            'kms:EncryptionContext:aws:cloudtrail:arn': `arn:${Aws.PARTITION}:cloudtrail:*:${Aws.ACCOUNT_ID}:trail/*`,
          },
        },
      }),
      new PolicyStatement({
        sid: 'TrailLooksAtKey',
        principals,
        actions: ['kms:DescribeKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceArn': trailArn } },
      }),
    ];
  }
}
