import { Aws } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import { dataRemoval } from '../data-removal.js';
import type { Settings } from '../settings.js';

interface TableSchema {
  tableName: string;
  partitionKey: string;
  sortKey: string;
  recoveryDays: number;
  stream?: StreamViewType;
  timeToLiveAttribute?: string;
  resourcePolicy?: PolicyDocument;
}

/**
 * Nobody in the account changes an item (45 CFR 164.312(c)(1)), and one role alone removes some, when their six years are over; whatever else allows it.
 * Whoever takes this policy away is seen by CloudTrail, and every removal raises the alarm of the stream. A put that writes over
 * cannot be refused here: that is a condition of the service's, and the same alarm.
 */
function appendOnly(expiryRole: string): PolicyDocument {
  const deny = (sid: string, actions: string[], conditions: Record<string, object> = {}) =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      // Of the table that the policy belongs to; its ARN here would be a reference to itself.
      resources: ['*'],
      conditions,
    });
  return new PolicyDocument({
    statements: [
      deny('NoChange', [
        'dynamodb:BatchWriteItem',
        'dynamodb:PartiQLDelete',
        'dynamodb:PartiQLUpdate',
        'dynamodb:UpdateItem',
      ]),
      deny('NoRemoval', ['dynamodb:DeleteItem'], {
        ArnNotEquals: {
          'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${expiryRole}`,
        },
      }),
    ],
  });
}

/**
 * The three tables, on demand, under the records key. Their schemas are the service's own (`libs/phi-table`) and the
 * Encryption SDK's (the key store); a test compares them.
 */
export class PhiTables extends Construct {
  readonly records: Table;
  readonly audit: Table;
  readonly keyStore: Table;

  constructor(
    scope: Construct,
    id: string,
    names: Names,
    private readonly settings: Settings,
    private readonly key: IKey,
  ) {
    super(scope, id);
    const recoveryDays = settings.pointInTimeRecoveryDays;
    this.records = this.#table('Records', {
      tableName: names.tables.records,
      partitionKey: 'pk',
      sortKey: 'sk',
      recoveryDays,
      timeToLiveAttribute: 'expiresAt',
    });
    for (const index of ['recordedAt', 'typeRecordedAt']) {
      this.records.addLocalSecondaryIndex({
        indexName: index,
        sortKey: { name: `${index}Sort`, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }

    // Without an expiry: events stay (45 CFR 164.316(b)(2)(i)). The stream carries both images: the new one goes to the archive,
    // and of a change the old one is the evidence.
    this.audit = this.#table('Audit', {
      tableName: names.tables.audit,
      partitionKey: 'pk',
      sortKey: 'sk',
      recoveryDays,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      resourcePolicy: appendOnly(names.roles.auditExpiry),
    });
    for (const index of ['patient', 'agent', 'day']) {
      this.audit.addGlobalSecondaryIndex({
        indexName: index,
        partitionKey: { name: `${index}Partition`, type: AttributeType.STRING },
        sortKey: { name: `${index}Sort`, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }

    // Each backup of the key store prolongs the life of a destroyed key, so it has this window and no other.
    this.keyStore = this.#table('KeyStore', {
      tableName: names.tables.keyStore,
      partitionKey: 'branch-key-id',
      sortKey: 'type',
      recoveryDays: settings.keyStoreBackupDays,
    });
  }

  #table(id: string, { partitionKey, sortKey, recoveryDays, ...schema }: TableSchema): Table {
    return new Table(this, id, {
      ...schema,
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: recoveryDays,
      },
      deletionProtection: this.settings.retainsData,
      removalPolicy: dataRemoval(this.settings),
    });
  }
}
