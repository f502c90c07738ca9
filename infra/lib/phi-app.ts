import { App } from 'aws-cdk-lib';
import { ApiStack } from './api.stack.js';
import { AuditStack } from './audit.stack.js';
import { ComplianceStack } from './compliance.stack.js';
import { DataStack } from './data.stack.js';
import { GLOBAL_REGION, GlobalEventsStack } from './global-events.stack.js';
import type { Settings } from './settings.js';

/** The stacks of a deployment. */
export interface PhiStacks {
  data: DataStack;
  api: ApiStack;
  audit: AuditStack;
  compliance: ComplianceStack;
  /** Of a deployment elsewhere than in us-east-1. */
  globalEvents?: GlobalEventsStack;
}

/** Puts the stacks of a deployment together: for the CDK command, for tests and for estimates alike. */
export function addStacks(app: App, settings: Settings): PhiStacks {
  const data = new DataStack(app, settings);
  // Before the api stack: its trail runs and its log groups are there when the first task starts.
  const audit = new AuditStack(app, settings, data.resources);
  const api = new ApiStack(app, settings, data.resources, audit.logGroups);
  const compliance = new ComplianceStack(app, settings, { data: data.resources, logGroups: audit.logGroups });
  if (settings.region === GLOBAL_REGION) return { data, audit, api, compliance };
  return { data, audit, api, compliance, globalEvents: new GlobalEventsStack(app, settings) };
}
