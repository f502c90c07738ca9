import type { Construct } from 'constructs';
import { PhiDashboard } from './constructs/dashboard.js';
import { VendorAlarms } from './constructs/compliance/vendor-alarms.js';
import { executiveDashboard } from './dashboards/executive.js';
import { securityDashboard } from './dashboards/security.js';
import { vendorRows } from './dashboards/vendors.js';
import { AlertCanary } from './constructs/compliance/alert-canary.js';
import { AlertDelivery } from './constructs/compliance/alert-delivery.js';
import { ComplianceChanges } from './constructs/compliance/compliance-changes.js';
import { ComplianceFigures } from './constructs/compliance/compliance-figures.js';
import { ConfigAggregator } from './constructs/compliance/config-aggregator.js';
import { ConfigRecorder } from './constructs/compliance/config-recorder.js';
import { ConfigRules } from './constructs/compliance/config-rules.js';
import { HipaaPack } from './constructs/compliance/hipaa-pack.js';
import { ThreatDetection } from './constructs/compliance/threat-detection.js';
import { Remediations } from './constructs/compliance/remediation/remediation.js';
import type { DataResources } from './data.stack.js';
import { PhiStack } from './phi.stack.js';
import type { PlatformLogGroups } from './constructs/platform-log-groups.js';
import type { Settings } from './settings.js';

/** What the compliance stack watches of the others. */
export interface WatchedResources {
  data: DataResources;
  logGroups: PlatformLogGroups;
}

/** The account watches itself (45 CFR 164.308(a)(1)(i), 164.308(a)(8)): what drifts is detected, explained to people, and mended where that is safe. */
export class ComplianceStack extends PhiStack {
  readonly alerts: AlertDelivery;
  /** Absent where AWS Config does not watch this account. */
  readonly configRules: ConfigRules | undefined;

  constructor(
    scope: Construct,
    settings: Settings,
    readonly watched: WatchedResources,
  ) {
    super(scope, 'Compliance', 'Healthcare Security Platform: compliance monitoring', settings);
    const { names } = this;
    const { data } = watched;
    this.alerts = new AlertDelivery(this, 'Alerts', { names, settings, data });
    new AlertCanary(this, 'Canary', { names, settings, data, route: this.alerts });
    new ThreatDetection(this, 'Threats', { names, settings, logKey: data.keys.audit, route: this.alerts });
    this.configRules = this.#accountConfig();
    if (this.configRules !== undefined)
      new ComplianceFigures(this, 'Figures', { names, settings, data, alerts: this.alerts });
    new Remediations(this, 'Remediation', {
      names,
      settings,
      data,
      alerts: this.alerts,
      rules: this.configRules?.rules ?? new Map(),
    });
    new VendorAlarms(this, 'Vendors', { names, vendors: settings.vendors, topic: data.alarmTopic });
    this.#dashboards();
  }

  /** Those of the account's compliance and security; the service's own stands in the api stack. */
  #dashboards(): void {
    const { names, settings } = this;
    new PhiDashboard(this, 'Executive', executiveDashboard(names, vendorRows(names, settings.vendors)));
    new PhiDashboard(
      this,
      'Security',
      securityDashboard({
        names,
        region: settings.region,
        hasGuardrail: settings.api.bedrock !== undefined,
      }),
    );
  }

  /** AWS Config: what it records, what it judges, and who is told. */
  #accountConfig(): ConfigRules | undefined {
    const { names, settings, watched, alerts } = this;
    const { recorder, hipaaPack, aggregator } = settings.accountConfig;
    if (recorder === 'none') return undefined;
    const props = { names, settings, data: watched.data };
    const rules = new ConfigRules(this, 'Rules', props);
    const pack = hipaaPack ? [new HipaaPack(this, 'Hipaa', names)] : [];
    // Without a recorder no rule can be made.
    if (recorder === 'ours') {
      const ours = new ConfigRecorder(this, 'Recorder', props);
      for (const judging of [rules, ...pack]) judging.node.addDependency(ours);
    }
    new ComplianceChanges(this, 'Changes', names, alerts);
    if (aggregator !== undefined) new ConfigAggregator(this, 'Aggregator', names, aggregator);
    return rules;
  }
}
