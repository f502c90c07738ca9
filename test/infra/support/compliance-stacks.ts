import { AuditStack } from '../../../infra/lib/audit.stack.js';
import { ComplianceStack } from '../../../infra/lib/compliance.stack.js';
import { DataStack } from '../../../infra/lib/data.stack.js';
import type { EnvironmentName, Settings } from '../../../infra/lib/settings.js';
import { synthesized, type Synthesized } from '../synthesized.js';

/** The compliance stack and what it stands on, without the service. */
export const complianceStacks = (environment: EnvironmentName, change: Partial<Settings> = {}): Synthesized =>
  synthesized(environment, change, (app, settings) => {
    const data = new DataStack(app, settings);
    const audit = new AuditStack(app, settings, data.resources);
    const watched = { data: data.resources, logGroups: audit.logGroups };
    return [data, audit, new ComplianceStack(app, settings, watched)];
  });
