import type { Settings } from './settings.js';

/** What every resource that can be tagged says of itself. */
export interface RequiredTags extends Record<string, string> {
  DataClassification: 'PHI' | 'AuditTrail';
  Compliance: 'HIPAA';
  Environment: string;
}

/** Everything in the data and api stacks holds or carries PHI; the audit stack holds who did what, without content. */
export const requiredTags = (settings: Settings, part: 'Data' | 'Api' | 'Audit'): RequiredTags => ({
  DataClassification: part === 'Audit' ? 'AuditTrail' : 'PHI',
  Compliance: 'HIPAA',
  Environment: settings.stage,
});
