import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LogArchiveBucket, QueryResultBucket } from './constructs/audit-buckets.js';
import { AuditCatalog } from './constructs/audit-catalog.js';
import { AccountTrail } from './constructs/cloud-trail.js';
import { DailyQueries } from './constructs/daily-queries.js';
import { LogDelivery } from './constructs/log-delivery.js';
import { KmsCallCount } from './constructs/kms-call-count.js';
import { EncryptedLogGroup } from './constructs/log-group.js';
import { PlatformLogGroups } from './constructs/platform-log-groups.js';
import { QueryWorkgroup } from './constructs/query-workgroup.js';
import type { DataResources } from './data.stack.js';
import { PhiStack } from './phi.stack.js';
import type { Settings } from './settings.js';

/** The trail of the account, the logs kept as long as the law asks, and the questions to both. */
export class AuditStack extends PhiStack {
  readonly logGroups: PlatformLogGroups;

  constructor(scope: Construct, settings: Settings, data: DataResources) {
    super(scope, 'Audit', 'Healthcare Security Platform: CloudTrail, log archive, Athena', settings);
    const { names } = this;
    const key = data.keys.audit;
    const bucketProps = { names, settings, key, accessLogs: data.buckets.accessLogs };

    this.logGroups = new PlatformLogGroups(this, 'LogGroups', names, settings, key);
    const { logGroup: trailLogs } = new AccountTrail(this, 'Trail', { names, settings, data });
    new KmsCallCount(this, 'KmsCalls', names, trailLogs);

    const { bucket: logArchive } = new LogArchiveBucket(this, 'LogArchive', bucketProps);
    const { logGroup: errors } = new EncryptedLogGroup(
      this,
      'DeliveryErrors',
      names.logGroups.logDelivery,
      settings,
      key,
    );
    const delivery = { names, bucket: logArchive, key, errors, alarmTopic: data.alarmTopic };
    new LogDelivery(this, 'ServiceLogs', {
      ...delivery,
      source: this.logGroups.service,
      folder: 'service',
    });
    new LogDelivery(this, 'AccessLogs', {
      ...delivery,
      source: this.logGroups.apiAccess,
      folder: 'api-access',
    });

    const buckets = { auditArchive: data.buckets.auditArchive, logArchive };
    const { databaseName } = new AuditCatalog(this, 'Catalog', names, settings, buckets);
    const { bucket: results } = new QueryResultBucket(this, 'QueryResults', bucketProps);
    const { queryIds, readerStatements } = new QueryWorkgroup(this, 'Queries', {
      names,
      settings,
      databaseName,
      results,
      sources: Object.values(buckets),
      key,
    });
    new DailyQueries(this, 'Daily', {
      names,
      settings,
      queryIds,
      readerStatements,
      logKey: key,
      undelivered: data.undeliveredAlerts,
      alarmTopic: data.alarmTopic,
    });

    new CfnOutput(this, 'WorkgroupName', {
      value: names.workgroup,
      description: 'Athena workgroup with the saved queries',
    });
    new CfnOutput(this, 'ReaderPolicyName', {
      value: names.auditReaderPolicy,
      description: 'Managed policy for those who run them',
    });
  }
}
