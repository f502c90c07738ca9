import { CfnOutput } from 'aws-cdk-lib';
import type { IUserPool, IUserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { AlarmTopic } from './constructs/alarms.js';
import { AlertTopic, UndeliveredAlerts, watchEachOther } from './constructs/alert-topic.js';
import { AuditArchiver } from './constructs/audit-archiver.js';
import { TableBackups } from './constructs/backups.js';
import { AccessLogBucket, AuditArchiveBucket } from './constructs/buckets.js';
import { type KeyName, PlatformKeys } from './constructs/keys.js';
import { PlatformParameters } from './constructs/parameters.js';
import { PhiTables } from './constructs/tables.js';
import { PhiUserPool } from './constructs/user-pool.js';
import { PhiStack } from './phi.stack.js';
import type { Settings } from './settings.js';

/**
 * What the stateless stacks use. Keys, buckets and the topic come as imports: their policies stand in the data stack and name
 * roles and services by name, so that no other stack can change them and no reference leads back.
 */
export interface DataResources {
  keys: Record<KeyName, IKey>;
  tables: { records: ITable; audit: ITable; keyStore: ITable };
  /** `/phi/<stage>` */
  parameterPrefix: string;
  buckets: {
    /** Object Lock, versions, the audit key. CloudTrail may write below `cloudtrail/`. */
    auditArchive: IBucket;
    /** Admits S3's log delivery and load balancers. Under S3's own key: they write to no other. */
    accessLogs: IBucket;
  };
  userPool: IUserPool;
  userPoolClients: { service: IUserPoolClient; person: IUserPoolClient | undefined };
  /** Every scope that the pool issues, `user/Patient.rs`. */
  scopes: readonly string[];
  /** Admits CloudWatch alarms and EventBridge rules. */
  alarmTopic: ITopic;
  /** Admits the alerter, by its role's own policy. */
  alertTopic: ITopic;
  /** Takes what a rule of this deployment could not deliver. */
  undeliveredAlerts: IQueue;
}

/** Everything that has state. In prod it is retained and refuses to be deleted. */
export class DataStack extends PhiStack {
  readonly resources: DataResources;

  constructor(scope: Construct, settings: Settings) {
    super(
      scope,
      'Data',
      'Healthcare Security Platform: keys, tables, archive of the audit trail, users',
      settings,
    );
    const keys = new PlatformKeys(this, 'Keys', this.names, settings);
    const tables = new PhiTables(this, 'Tables', this.names, settings, keys.records);
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', this.names, settings);
    const archive = new AuditArchiveBucket(
      this,
      'AuditArchive',
      this.names,
      settings,
      keys.audit,
      accessLogs.bucket,
    );
    const undelivered = new UndeliveredAlerts(this, 'UndeliveredAlerts', this.names, settings, keys.alerts);
    const { topic } = new AlarmTopic(this, 'Alarms', this.names, settings, keys.alerts, undelivered.queue);
    const alerts = new AlertTopic(this, 'Alerts', this.names, settings, keys.alerts, undelivered.queue);
    undelivered.tellAt(topic);
    watchEachOther(topic, alerts.topic);
    const users = new PhiUserPool(this, 'Users', this.names, settings, keys.audit);

    new AuditArchiver(this, 'AuditArchiver', {
      names: this.names,
      settings,
      table: tables.audit,
      archive: archive.bucket,
      key: keys.audit,
      alarmTopic: topic,
    });
    new PlatformParameters(
      this,
      'Parameters',
      this.names,
      settings,
      keys,
      users.userPool.userPoolProviderUrl,
    );
    new TableBackups(this, 'Backups', this.names, settings, keys.records, [tables.records, tables.audit]);

    this.resources = {
      keys: keys.published(),
      tables: { records: tables.records, audit: tables.audit, keyStore: tables.keyStore },
      parameterPrefix: this.names.parameterPrefix,
      buckets: {
        auditArchive: Bucket.fromBucketName(this, 'PublishedArchive', archive.bucket.bucketName),
        accessLogs: Bucket.fromBucketName(this, 'PublishedAccessLogs', accessLogs.bucket.bucketName),
      },
      userPool: users.userPool,
      userPoolClients: { service: users.serviceClient, person: users.personClient },
      scopes: users.scopes,
      alarmTopic: Topic.fromTopicArn(this, 'PublishedAlarms', topic.topicArn),
      alertTopic: Topic.fromTopicArn(this, 'PublishedAlerts', alerts.topic.topicArn),
      undeliveredAlerts: Queue.fromQueueArn(this, 'PublishedUndelivered', undelivered.queue.queueArn),
    };
    this.#outputs(users);
  }

  /** What somebody needs to get a token, and to look at what was deployed. */
  #outputs({ userPool, domain, serviceClient, personClient }: PhiUserPool): void {
    const output = (id: string, description: string, value: string) =>
      new CfnOutput(this, id, { description, value });
    output('OidcIssuer', 'Issuer of access tokens', userPool.userPoolProviderUrl);
    output('TokenEndpoint', 'Where tokens are asked for', `${domain.baseUrl()}/oauth2/token`);
    output('UserPoolId', 'User pool', userPool.userPoolId);
    output('ServiceClientId', 'Client of services (client credentials)', serviceClient.userPoolClientId);
    if (personClient !== undefined) {
      output('PersonClientId', 'Client of people (authorization code, PKCE)', personClient.userPoolClientId);
    }
    output(
      'AuditArchiveBucket',
      'Locked archive of the audit trail',
      this.resources.buckets.auditArchive.bucketName,
    );
    output('AlarmTopicArn', 'Where alarms go', this.resources.alarmTopic.topicArn);
    output('AlertTopicArn', 'Where alerts of compliance go', this.resources.alertTopic.topicArn);
    output('ParameterPrefix', 'Parameters that the service reads', this.names.parameterPrefix);
  }
}
