import { Aws, CustomResource, Duration } from 'aws-cdk-lib';
import { CfnAnalyzer } from 'aws-cdk-lib/aws-accessanalyzer';
import { CfnDetector } from 'aws-cdk-lib/aws-guardduty';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSession } from 'aws-cdk-lib/aws-macie';
import { CfnHub, CfnStandard } from 'aws-cdk-lib/aws-securityhub';
import { Construct } from 'constructs';
import type { Names } from '../../names.js';
import type { Settings } from '../../settings.js';
import { requiredTags } from '../../tags.js';
import { PhiFunction } from '../phi-function.js';

interface AccountServicesProps {
  names: Names;
  settings: Settings;
  /** The audit key: it encrypts the log of the function that makes Macie's job. */
  logKey: IKey;
}

/** What of the services that look for attacks is switched on here. @see AWS Security Hub User Guide, "Standards reference" */
const standards = {
  FoundationalPractices: 'aws-foundational-security-best-practices/v/1.0.0',
  Cis: 'cis-aws-foundations-benchmark/v/3.0.0',
  Nist80053: 'nist-800-53/v/5.0.0',
};

/**
 * GuardDuty, Security Hub, Macie and Access Analyzer, as far as the settings want them: each is one for an account and region
 * (45 CFR 164.308(a)(1)(ii)(A), (a)(6)(ii), (a)(8)).
 */
export class AccountServices extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AccountServicesProps,
  ) {
    super(scope, id);
    const { services } = props.settings.compliance;
    if (services.guardDuty) this.#guardDuty();
    if (services.securityHub) this.#securityHub();
    if (services.macie) this.#macie();
    if (services.accessAnalyzer) this.#accessAnalyzer();
  }

  /** Without agents: a private network without a way out has no place for another endpoint's traffic, and Fargate no disks of ours. */
  #guardDuty(): void {
    const on = ['S3_DATA_EVENTS', 'LAMBDA_NETWORK_LOGS'];
    const off = ['RUNTIME_MONITORING', 'EBS_MALWARE_PROTECTION', 'EKS_AUDIT_LOGS', 'RDS_LOGIN_EVENTS'];
    new CfnDetector(this, 'GuardDuty', {
      enable: true,
      findingPublishingFrequency: 'FIFTEEN_MINUTES',
      features: [
        ...on.map((name) => ({ name, status: 'ENABLED' })),
        ...off.map((name) => ({ name, status: 'DISABLED' })),
      ],
      tags: this.#tagList(),
    });
  }

  #securityHub(): void {
    const hub = new CfnHub(this, 'SecurityHub', {
      autoEnableControls: true,
      controlFindingGenerator: 'SECURITY_CONTROL',
      // The standards are named here, so that a removal shows in a review.
      enableDefaultStandards: false,
      tags: this.#tags(),
    });
    for (const [name, standard] of Object.entries(standards)) {
      new CfnStandard(this, name, {
        standardsArn: `arn:${Aws.PARTITION}:securityhub:${Aws.REGION}::standards/${standard}`,
      }).addResourceDependency(hub);
    }
  }

  /** Findings come as events; Macie keeps samples of what it found to itself, as long as nobody switches on that they can be revealed. */
  #macie(): void {
    const { names, settings, logKey } = this.props;
    const session = new CfnSession(this, 'Macie', {
      status: 'ENABLED',
      findingPublishingFrequency: 'FIFTEEN_MINUTES',
    });
    const { function: maker } = new PhiFunction(this, 'MacieJobs', {
      settings,
      source: 'macie-job',
      description: "Makes Macie's job, which CloudFormation cannot",
      logGroupName: `${names.logGroupPrefix}macie-job`,
      logKey,
      environment: { ACCOUNT_ID: Aws.ACCOUNT_ID },
      permissions: [
        new PolicyStatement({
          sid: 'Jobs',
          actions: ['macie2:CreateClassificationJob', 'macie2:TagResource', 'macie2:UpdateClassificationJob'],
          resources: [`arn:${Aws.PARTITION}:macie2:${Aws.REGION}:${Aws.ACCOUNT_ID}:classification-job/*`],
        }),
      ],
    });
    const job = new CustomResource(this, 'MacieJob', {
      resourceType: 'Custom::MacieJob',
      serviceToken: maker.functionArn,
      serviceTimeout: Duration.minutes(2),
      properties: {
        Name: `${names.prefix}-sensitive-data`,
        Buckets: JSON.stringify(Object.values(names.buckets)),
        Frequency: settings.compliance.macieJob,
        Tags: JSON.stringify(this.#tags()),
      },
    });
    job.node.addDependency(session);
  }

  #accessAnalyzer(): void {
    new CfnAnalyzer(this, 'AccessAnalyzer', {
      analyzerName: `${this.props.names.prefix}-external-access`,
      type: 'ACCOUNT',
      tags: this.#tagList(),
    });
  }

  #tags = () => requiredTags(this.props.settings, 'Compliance');
  #tagList = () => Object.entries(this.#tags()).map(([key, value]) => ({ key, value }));
}
