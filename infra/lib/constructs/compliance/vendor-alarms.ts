import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmAtTopic } from '../topic-alarm.js';
import { ofAws } from '../../dashboards/aws-metrics.js';
import type { Names } from '../../names.js';
import { type Deadline, daysLeft, deadlinesOf, type Vendor } from '../../vendor-register.js';

/** Tells when an agreement with a vendor runs out, or when nobody has looked at one for a year (45 CFR 164.308(b)(3), 164.314(a)(1)). */
export class VendorAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: { names: Names; vendors: readonly Vendor[]; topic: ITopic },
  ) {
    super(scope, id);
    for (const deadline of deadlinesOf(props.vendors))
      for (const days of deadline.daysAhead) this.#alarm(deadline, days);
  }

  #alarm(deadline: Deadline, days: number): void {
    const { names, topic } = this.props;
    const { vendor, kind } = deadline;
    // Any metric carries the clock; this one has a value in every period in which a service runs.
    const clock = ofAws('tables', 'ConsumedWriteCapacityUnits', { TableName: names.tables.audit });
    const period = Duration.hours(1);
    alarmAtTopic(this, `${vendor.id}-${kind}-${days}`, topic, {
      alarmName: `${names.prefix}-vendor-${vendor.id}-${kind}-${days}-days`,
      alarmDescription: `${textOf(deadline, days)} Told to: ${vendor.contact}. (45 CFR 164.308(b)(3))`,
      metric: new MathExpression({
        expression: daysLeft(deadline, 'clock'),
        usingMetrics: {
          clock: new Metric({
            namespace: clock.namespace,
            metricName: clock.name,
            dimensionsMap: clock.dimensions,
            statistic: 'Sum',
            period,
          }),
        },
        period,
        label: 'Days left',
      }),
      threshold: days,
      comparisonOperator: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      // Nobody may take silence for time that is left.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}

function textOf({ vendor, kind }: Deadline, days: number): string {
  if (kind === 'review') return `The assurances of ${vendor.name} were last reviewed a year ago.`;
  return days === 0
    ? `The business associate agreement with ${vendor.name} has ended: send it no PHI.`
    : `The business associate agreement with ${vendor.name} ends within ${days} days.`;
}
