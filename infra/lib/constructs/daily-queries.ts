import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { PhiFunction } from './phi-function.js';

interface DailyQueriesProps {
  names: Names;
  settings: Settings;
  /** Athena's ids of the saved queries, by name. */
  queryIds: Readonly<Record<string, string>>;
  /** What whoever runs them may do. */
  readerStatements: readonly PolicyStatement[];
  /** The audit key: it encrypts the logs. */
  logKey: IKey;
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
      // Four minutes a query at most.
      timeout: Duration.minutes(15),
      permissions: [...props.readerStatements],
    });
    new Rule(this, 'Schedule', {
      description: 'Asks the trail of yesterday',
      schedule: Schedule.cron({ minute: '30', hour: '2' }),
      targets: [new LambdaFunction(asker, { retryAttempts: 2, maxEventAge: Duration.hours(6) })],
    });
  }
}
