import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { PhiFunction } from './phi-function.js';
import { ScheduledCall } from './scheduled-call.js';
import { alarmAtTopic } from './topic-alarm.js';

interface DailyQueriesProps {
  names: Names;
  settings: Settings;
  /** Athena's ids of the saved queries, by name. */
  queryIds: Readonly<Record<string, string>>;
  /** What whoever runs them may do. */
  readerStatements: readonly PolicyStatement[];
  /** The audit key: it encrypts the logs. */
  logKey: IKey;
  undelivered: IQueue;
  alarmTopic: ITopic;
}

/** Which saved queries run every day, what they are asked, and the figure that the number of rows becomes. */
export function dailyQuestions({ compliance }: Settings) {
  const { patientsAnHour, minutesBetween, workingHours } = compliance.dailyQueries;
  const days = ['day', 'day'];
  return [
    { name: 'mass-reads', metric: 'MassReadsFound', parameters: [...days, patientsAnHour, ...days, ...days] },
    {
      name: 'decrypts-without-event',
      metric: 'DecryptsWithoutEvent',
      parameters: [...days, ...days, minutesBetween],
    },
    {
      name: 'events-without-table-call',
      metric: 'EventsWithoutTableCall',
      parameters: [...days, ...days, minutesBetween],
    },
    { name: 'after-hours-accesses', metric: 'AfterHoursAccesses', parameters: [...days, ...workingHours] },
  ].map((query) => ({ ...query, parameters: query.parameters.map(String) }));
}

/**
 * Asks yesterday's trail what somebody has to be told about, once CloudTrail has delivered all of it. What the service tells in real time is
 * found here once more, by another way (45 CFR 164.308(a)(1)(ii)(D)).
 */
export class DailyQueries extends Construct {
  constructor(scope: Construct, id: string, props: DailyQueriesProps) {
    super(scope, id);
    const { names, settings, queryIds } = props;
    const { function: asker } = new PhiFunction(this, 'Asker', {
      settings,
      source: 'daily-queries',
      description: 'Asks the trail of yesterday what somebody has to be told about',
      logGroupName: `${names.logGroupPrefix}daily-queries`,
      logKey: props.logKey,
      environment: {
        WORKGROUP: names.workgroup,
        METRIC_NAMESPACE: names.complianceNamespace,
        QUERIES: JSON.stringify(
          dailyQuestions(settings).map((query) => ({ ...query, id: queryIds[query.name] })),
        ),
      },
      // Three minutes a query at most, and what Athena's answers take.
      timeout: Duration.minutes(15),
      permissions: [...props.readerStatements],
    });
    new ScheduledCall(this, 'Schedule', {
      description: 'Asks the trail of yesterday',
      schedule: Schedule.cron({ minute: '30', hour: '2' }),
      function: asker,
      maxEventAge: Duration.hours(6),
      undelivered: props.undelivered,
    });
    this.#watch(asker, props.alarmTopic);
  }

  /** A question that nobody answered finds nothing, and looks like a quiet day. */
  #watch(asker: IFunction, topic: ITopic): void {
    alarmAtTopic(this, 'DailyQueriesFail', topic, {
      alarmDescription:
        'A daily query over the trail was not answered: mass reads and decrypts without an event of yesterday are told to nobody. The log of the function names the query.',
      metric: asker.metricErrors({ statistic: 'Sum', period: Duration.hours(1) }),
      threshold: 1,
    });
    alarmAtTopic(this, 'DailyQueriesSilent', topic, {
      alarmDescription:
        'The daily queries over the trail have not been asked for two days. Look at the schedule, then at the queue of undelivered alerts.',
      metric: asker.metricInvocations({ statistic: 'Sum', period: Duration.days(1) }),
      threshold: 1,
      // One period alone may end a moment before the call of that day.
      evaluationPeriods: 2,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
