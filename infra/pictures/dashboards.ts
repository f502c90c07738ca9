import type { DashboardDefinition } from '../lib/dashboards/definition.js';
import { executiveDashboard } from '../lib/dashboards/executive.js';
import { securityDashboard } from '../lib/dashboards/security.js';
import { serviceDashboard } from '../lib/dashboards/service.js';
import { vendorRows } from '../lib/dashboards/vendors.js';
import { SLOW_MILLISECONDS } from '../lib/constructs/api-alarms.js';
import { namesOf } from '../lib/names.js';
import { exampleAccount, settingsOf } from '../lib/settings.js';

/** The dashboards of `prod`, where names that CloudFormation gives stand as examples. By the name of their picture. */
export function exampleDashboards(): Record<string, DashboardDefinition> {
  const settings = settingsOf('prod', exampleAccount);
  const names = namesOf(settings.stage);
  // One more than the example account has, so that an agreement that ends is to be seen.
  const [aws] = settings.vendors as [(typeof settings.vendors)[number]];
  const vendors = [
    aws,
    { ...aws, id: 'transcription', name: 'Example Transcription', baaExpires: '2027-02-28', reviewed: null },
  ];
  const alarm = (name: string) =>
    `arn:aws:cloudwatch:${settings.region}:111122223333:alarm:${names.prefix}-api-${name}`;
  return {
    'hipaa-executive': executiveDashboard(names, vendorRows(names, vendors)),
    security: securityDashboard({
      names,
      region: settings.region,
      hasGuardrail: settings.api.bedrock !== undefined,
    }),
    service: serviceDashboard({
      names,
      serviceName: `${names.prefix}-api-Service`,
      loadBalancer: 'app/phi-prod-LoadB/0123456789abcdef',
      targetGroup: 'targetgroup/phi-prod-Tasks/0123456789abcdef',
      minTasks: settings.api.minTasks,
      hasBedrock: settings.api.bedrock !== undefined,
      slowMilliseconds: SLOW_MILLISECONDS,
      alarmArns: ['ServerErrors', 'Latency', 'Throttled', 'Unauthorized', 'UnhealthyTasks', 'Tasks'].map(
        alarm,
      ),
    }),
  };
}
