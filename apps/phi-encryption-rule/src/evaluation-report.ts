import {
  type ConfigServiceClient,
  type Evaluation,
  PutEvaluationsCommand,
} from '@aws-sdk/client-config-service';
import type { ConfigurationItem } from './configuration-item.js';
import type { Verdict } from './verdict.js';

/** @see AWS Config API Reference, PutEvaluations: at most 100 a call */
const BATCH = 100;
const ATTEMPTS = 3;

export const evaluationOf = (item: ConfigurationItem, { compliance, annotation }: Verdict): Evaluation => ({
  ComplianceResourceType: item.resourceType,
  ComplianceResourceId: item.resourceId,
  ComplianceType: compliance,
  Annotation: annotation,
  OrderingTimestamp: item.capturedAt,
});

/**
 * Tells Config the verdicts. It answers with those that it did not take; they are told again.
 * @throws Error if some are not taken in the end: Config then shows the evaluation as failed
 */
export async function report(
  client: ConfigServiceClient,
  evaluations: readonly Evaluation[],
  resultToken: string,
): Promise<void> {
  for (let start = 0; start < evaluations.length; start += BATCH) {
    let left: Evaluation[] = evaluations.slice(start, start + BATCH);
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > ATTEMPTS) throw new Error('AWS Config did not take all evaluations');
      const { FailedEvaluations = [] } = await client.send(
        new PutEvaluationsCommand({ Evaluations: left, ResultToken: resultToken }),
      );
      left = FailedEvaluations;
    }
  }
}
