import { Aws } from 'aws-cdk-lib';
import { CfnConfigurationAggregator } from 'aws-cdk-lib/aws-config';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AggregatorSettings } from '../../account-config-settings.js';
import type { Names } from '../../names.js';

/**
 * Shows what Config recorded and judged in several regions and accounts in one place. It reads; each region still needs a recorder of its own. Accounts
 * outside of an organization have to authorize this one (`aws configservice put-aggregation-authorization`).
 */
export class ConfigAggregator extends Construct {
  constructor(scope: Construct, id: string, names: Names, { accounts, regions }: AggregatorSettings) {
    super(scope, id);
    const where = regions === 'all' ? { allAwsRegions: true } : { awsRegions: [...regions] };
    new CfnConfigurationAggregator(this, 'Aggregator', {
      configurationAggregatorName: names.prefix,
      ...(accounts === 'organization'
        ? { organizationAggregationSource: { roleArn: this.#organizationReader(), ...where } }
        : {
            accountAggregationSources: [
              { accountIds: accounts === 'own' ? [Aws.ACCOUNT_ID] : [...accounts], ...where },
            ],
          }),
    });
  }

  /** Lists the accounts of the organization. */
  #organizationReader(): string {
    const role = new Role(this, 'OrganizationReader', {
      assumedBy: new ServicePrincipal('config.amazonaws.com'),
      description: 'AWS Config lists the accounts of the organization',
    });
    new ManagedPolicy(this, 'OrganizationPermissions', {
      description: 'AWS Config lists the accounts of the organization',
      roles: [role],
      statements: [
        new PolicyStatement({
          sid: 'Organization',
          actions: [
            'organizations:DescribeOrganization',
            'organizations:ListAWSServiceAccessForOrganization',
            'organizations:ListAccounts',
            'organizations:ListDelegatedAdministrators',
          ],
          // Organizations knows no resource for them.
          resources: ['*'],
        }),
      ],
    });
    return role.roleArn;
  }
}
