import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import type { EncryptedLogGroup } from './log-group.js';

/**
 * In front of the API: AWS's managed rules and a bound on the requests of one address (45 CFR 164.308(a)(5)(ii)(B)). What rules say of bodies is counted and
 * refuses nothing: they take a document over 8 KB, or FHIR's XHTML narrative, for an attack.
 */
export class ApiFirewall extends Construct {
  readonly webAclArn: string;

  constructor(
    scope: Construct,
    id: string,
    names: Names,
    private readonly settings: Settings,
    { logGroup }: EncryptedLogGroup,
    stageArn: string,
  ) {
    super(scope, id);
    const webAcl = new CfnWebACL(this, 'WebAcl', {
      name: `${names.prefix}-api`,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      rules: [
        this.#rateRule(0),
        this.#managedRules(1, 'AWSManagedRulesAmazonIpReputationList'),
        this.#managedRules(2, 'AWSManagedRulesKnownBadInputsRuleSet'),
        this.#managedRules(3, 'AWSManagedRulesCommonRuleSet', [
          'SizeRestrictions_BODY',
          'CrossSiteScripting_BODY',
        ]),
      ],
      // What matched would stand in the log in the words of the note: bodies, cursors and tokens are blanked out, there as well.
      dataProtectionConfig: {
        dataProtections: [
          { field: { fieldType: 'BODY' }, action: 'SUBSTITUTION' },
          { field: { fieldType: 'QUERY_STRING' }, action: 'SUBSTITUTION' },
          { field: { fieldType: 'SINGLE_HEADER', fieldKeys: ['authorization'] }, action: 'SUBSTITUTION' },
        ],
      },
      visibilityConfig: visibility('WebAcl'),
    });
    this.webAclArn = webAcl.attrArn;
    new CfnWebACLAssociation(this, 'Association', { webAclArn: webAcl.attrArn, resourceArn: stageArn });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: webAcl.attrArn,
      // Without the `:*` that other services want at its end.
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: logGroup.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields: [{ singleHeader: { Name: 'authorization' } }, { queryString: {} }],
      // What was let through and counted nowhere says nothing that the access log does not say.
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
          },
        ],
      },
    });
  }

  #rateRule(priority: number): CfnWebACL.RuleProperty {
    return {
      name: 'RequestsPerAddress',
      priority,
      action: { block: {} },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: 'IP',
          evaluationWindowSec: 300,
          limit: this.settings.api.requestsPerAddress,
        },
      },
      visibilityConfig: visibility('RequestsPerAddress'),
    };
  }

  #managedRules(priority: number, name: string, counted: readonly string[] = []): CfnWebACL.RuleProperty {
    return {
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ...(counted.length > 0 && {
            ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
          }),
        },
      },
      visibilityConfig: visibility(name),
    };
  }
}

/** Samples would show headers, the token among them. */
const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: false,
});
