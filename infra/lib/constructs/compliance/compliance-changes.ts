import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import type { Names } from '../../names.js';
import type { AlertRoute } from './alert-route.js';

/** What AWS Config says of compliance: that it was lost, and that it is back. Everything else it says is left to its own console. */
export const complianceChangePatterns = {
  violations: {
    source: ['aws.config'],
    'detail-type': ['Config Rules Compliance Change'],
    detail: {
      messageType: ['ComplianceChangeNotification'],
      newEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
    },
  },
  recoveries: {
    source: ['aws.config'],
    'detail-type': ['Config Rules Compliance Change'],
    detail: {
      messageType: ['ComplianceChangeNotification'],
      // Not applicable: the resource is gone, or holds no PHI any more.
      newEvaluationResult: { complianceType: ['COMPLIANT', 'NOT_APPLICABLE'] },
      oldEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
    },
  },
} as const;

/** Hands compliance changes to the alerter, as they are. */
export class ComplianceChanges extends Construct {
  constructor(scope: Construct, id: string, names: Names, route: AlertRoute) {
    super(scope, id);
    for (const [what, eventPattern] of Object.entries(complianceChangePatterns)) {
      new CfnRule(this, what === 'violations' ? 'Violations' : 'Recoveries', {
        name: `${names.prefix}-compliance-${what}`,
        description: `AWS Config: ${what}, to the alerter`,
        eventPattern,
        targets: [route.target()],
      });
    }
  }
}
