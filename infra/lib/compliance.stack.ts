import type { Construct } from 'constructs';
import type { DataResources } from './data.stack.js';
import { PhiStack } from './phi.stack.js';
import type { PlatformLogGroups } from './constructs/platform-log-groups.js';
import type { Settings } from './settings.js';

/** What the compliance stack watches of the others. */
export interface WatchedResources {
  data: DataResources;
  logGroups: PlatformLogGroups;
}

/** The account watches itself: what drifts is detected, explained to people, and mended where that is safe. */
export class ComplianceStack extends PhiStack {
  constructor(
    scope: Construct,
    settings: Settings,
    readonly watched: WatchedResources,
  ) {
    super(scope, 'Compliance', 'Healthcare Security Platform: compliance monitoring', settings);
  }
}
