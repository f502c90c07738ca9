import {
  Alarm,
  type AlarmBase,
  type AlarmProps,
  ComparisonOperator,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

type TopicAlarmProps = Omit<AlarmProps, 'comparisonOperator' | 'evaluationPeriods'> &
  Partial<Pick<AlarmProps, 'comparisonOperator' | 'evaluationPeriods'>>;

/** An alarm that is raised and taken back at a topic; unless said otherwise after one period, at the threshold, and nothing measured is nothing wrong. */
export function alarmAtTopic(scope: Construct, id: string, topic: ITopic, props: TopicAlarmProps): Alarm {
  const alarm = new Alarm(scope, id, {
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...props,
  });
  notifyTopic(alarm, topic);
  return alarm;
}

/** Both ways: whoever was told that something is wrong is told that it is over. */
export function notifyTopic(alarm: AlarmBase, topic: ITopic): void {
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}
