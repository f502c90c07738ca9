import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';

/** The metric's name, in `names.metricNamespace`. */
export const KMS_CALLS = 'KmsCallsOfService';

/**
 * Counts what the service makes KMS do, in the trail: the calls of its role, and those that DynamoDB makes on the role's behalf. KMS has no metric
 * of calls by key or caller; the trail sees each, and what it sees is what is billed.
 */
export class KmsCallCount extends Construct {
  /** @param trail log group that CloudTrail writes to */
  constructor(scope: Construct, id: string, names: Names, trail: ILogGroup) {
    super(scope, id);
    new MetricFilter(this, 'Filter', {
      logGroup: trail,
      metricNamespace: names.metricNamespace,
      metricName: KMS_CALLS,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.eventSource', '=', 'kms.amazonaws.com'),
        FilterPattern.stringValue(
          '$.userIdentity.sessionContext.sessionIssuer.userName',
          '=',
          names.roles.task,
        ),
      ),
      metricValue: '1',
    });
  }
}
