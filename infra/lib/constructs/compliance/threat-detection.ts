import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { metricAlarms } from '../../../compliance/threats/alarms.js';
import { threatCatalogue } from '../../../compliance/threats/catalogue.js';
import { cisFilters, doublingFilters } from '../../../compliance/threats/filters.js';
import type { KnownRoles } from '../../../compliance/threats/threat.js';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { QUALIFIER } from '../deployer-grant.js';
import { AccountServices } from './account-services.js';
import type { AlertRoute } from './alert-route.js';
import { ThreatAlarms } from './threat-alarms.js';
import { ThreatRules } from './threat-rules.js';
import { TrailHeartbeat } from './trail-heartbeat.js';

interface ThreatDetectionProps {
  names: Names;
  settings: Settings;
  /** The audit key: it encrypts the logs of the functions. */
  logKey: IKey;
  route: AlertRoute;
}

/** @returns roles that patterns know, by name */
export const knownRoles = ({ compliance }: Settings): KnownRoles => ({
  deployers: [`cdk-${QUALIFIER}-cfn-exec-role-*`],
  pipelines: [...compliance.pipelineRoles, `cdk-${QUALIFIER}-image-publishing-role-*`],
  breakGlass: compliance.breakGlassRoles,
});

/**
 * What somebody does to the account is told in minutes, on two ways: by the event itself, and by an alarm on the trail's log stream, because
 * CloudTrail delivers events as best it can (45 CFR 164.308(a)(1)(ii)(D), 164.308(a)(6)(ii), 164.312(b)).
 */
export class ThreatDetection extends Construct {
  constructor(scope: Construct, id: string, { names, settings, logKey, route }: ThreatDetectionProps) {
    super(scope, id);
    const roles = knownRoles(settings);
    const threats = threatCatalogue(names, roles);
    new ThreatRules(this, 'Rules', { names, threats, deployers: roles.deployers, route });
    new ThreatAlarms(this, 'Alarms', {
      names,
      topic: route.alarmTopic,
      filters: [...cisFilters, ...doublingFilters(threats, roles.deployers)],
      alarms: metricAlarms(names, settings),
    });
    new TrailHeartbeat(this, 'Trail', names, settings, { logKey, undelivered: route.undelivered });
    new AccountServices(this, 'Services', { names, settings, logKey });
  }
}
