import { Stack } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { dashboardBody } from '../dashboards/dashboard-body.js';
import type { DashboardDefinition } from '../dashboards/definition.js';

/** A dashboard of CloudWatch, from a definition that can be drawn without an account as well. */
export class PhiDashboard extends Construct {
  constructor(scope: Construct, id: string, definition: DashboardDefinition) {
    super(scope, id);
    const stack = Stack.of(this);
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: definition.name,
      dashboardBody: stack.toJsonString(dashboardBody(definition, stack.region)),
    });
  }
}
