import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

type TopicAlarmProps = Omit<AlarmProps, 'comparisonOperator'> &
  Partial<Pick<AlarmProps, 'comparisonOperator'>>;

/** An alarm that is raised and taken back at a topic; unless said otherwise at the threshold, and nothing measured is nothing wrong. */
export function alarmAtTopic(scope: Construct, id: string, topic: ITopic, props: TopicAlarmProps): Alarm {
  const alarm = new Alarm(scope, id, {
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...props,
  });
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
  return alarm;
}
