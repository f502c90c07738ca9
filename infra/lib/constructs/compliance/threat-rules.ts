import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { type ThreatRule, noticeOf, rulesOf } from '../../../compliance/threats/rules.js';
import type { Threat } from '../../../compliance/threats/threat.js';
import type { Names } from '../../names.js';
import type { AlertRoute } from './alert-route.js';

/** One rule a threat, on the default bus, each with retries and a dead-letter queue (45 CFR 164.308(a)(6)(ii)). */
export class ThreatRules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { names: Names; threats: readonly Threat[]; deployers: readonly string[]; route: AlertRoute },
  ) {
    super(scope, id);
    for (const threat of props.threats)
      for (const rule of rulesOf(threat, props.deployers)) this.#rule(rule, props);
  }

  #rule(rule: ThreatRule, { names, route }: { names: Names; route: AlertRoute }): void {
    const { threat, severity, pattern, state } = rule;
    new CfnRule(this, pascalCase(rule.id), {
      name: `${names.prefix}-${rule.id}`,
      description: `${severity}: ${threat.title} (45 CFR ${threat.paragraph})`,
      eventPattern: pattern,
      state,
      targets: [route.target(noticeOf(rule))],
    });
  }
}

/** @returns an id of a construct, `KeyDestroyed` of `key-destroyed` */
export const pascalCase = (id: string): string =>
  id
    .split(/[-.]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
