import type { Settings } from './settings.js';

/** What every resource that can be tagged says of itself. */
export interface RequiredTags extends Record<string, string> {
  DataClassification: 'PHI' | 'AuditTrail';
  Compliance: 'HIPAA';
  Environment: string;
}

export type StackPart = 'Data' | 'Api' | 'Audit' | 'Compliance' | 'Global';

/** Everything in the data and api stacks holds or carries PHI; the others hold who did what, without content. */
export const requiredTags = (settings: Settings, part: StackPart): RequiredTags => ({
  DataClassification: part === 'Data' || part === 'Api' ? 'PHI' : 'AuditTrail',
  Compliance: 'HIPAA',
  Environment: settings.stage,
});
