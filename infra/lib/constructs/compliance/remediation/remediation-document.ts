import { Aws } from 'aws-cdk-lib';
import { type CfnConfigRule, CfnRemediationConfiguration } from 'aws-cdk-lib/aws-config';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Names } from '../../../names.js';
import { standaloneName } from '../remediated-rules.js';
import type { Remediation, StartingEvent } from './remediations.js';

/** Three failures in a day: then Config leaves the resource to people, who were told each time. */
const ATTEMPTS = 3;
const WITHIN_SECONDS = 24 * 3600;

interface RemediationDocumentProps {
  names: Names;
  remediation: Remediation;
  /** Takes events that did not start anything. */
  undelivered: IQueue;
  /** By AWS's identifier; empty where Config does not watch the account. */
  rules: ReadonlyMap<string, CfnConfigRule>;
}

/** One repair: its document, a role that may do what the steps do and nothing else, and what starts it. */
export class RemediationDocument extends Construct {
  readonly documentName: string;
  readonly role: Role;
  readonly #starter: Role | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: RemediationDocumentProps,
  ) {
    super(scope, id);
    const { names, remediation } = props;
    this.documentName = `${names.prefix}-${remediation.id}`;
    this.role = new Role(this, 'Role', {
      // Nobody else's automation takes the role on.
      assumedBy: new ServicePrincipal('ssm.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: remediation.document.description,
      ...(remediation.roleName !== undefined && { roleName: remediation.roleName }),
    });
    const permissions = new ManagedPolicy(this, 'Permissions', {
      description: remediation.document.description,
      roles: [this.role],
      statements: remediation.permissions,
    });
    const document = new CfnDocument(this, 'Document', {
      name: this.documentName,
      documentType: 'Automation',
      documentFormat: 'JSON',
      // A change is a new version, under the same name.
      updateMethod: 'NewVersion',
      content: remediation.document,
    });
    document.node.addDependency(permissions);
    for (const rule of remediation.rules ?? []) this.#onRule(rule, document);
    const events = remediation.events ?? [];
    this.#starter = events.length > 0 ? this.#startedByEvents() : undefined;
    for (const event of events) this.#onEvent(event);
  }

  #onRule({ identifier, parameter }: NonNullable<Remediation['rules']>[number], document: CfnDocument): void {
    const { names, remediation, rules } = this.props;
    const config = rules.get(identifier);
    if (config === undefined) return;
    const configuration = new CfnRemediationConfiguration(this, identifier, {
      configRuleName: standaloneName(names, identifier),
      targetType: 'SSM_DOCUMENT',
      targetId: this.documentName,
      automatic: true,
      maximumAutomaticAttempts: ATTEMPTS,
      retryAttemptSeconds: WITHIN_SECONDS,
      executionControls: { ssmControls: { concurrentExecutionRatePercentage: 10, errorPercentage: 10 } },
      parameters: {
        AutomationAssumeRole: { StaticValue: { Values: [this.role.roleArn] } },
        ...Object.fromEntries(
          Object.entries(remediation.fixed ?? {}).map(([name, value]) => [
            name,
            { StaticValue: { Values: [value] } },
          ]),
        ),
        ...(parameter !== undefined && { [parameter]: { ResourceValue: { Value: 'RESOURCE_ID' } } }),
      },
    });
    configuration.addResourceDependency(document);
    // A repair of a rule that is not there yet is refused.
    configuration.addResourceDependency(config);
  }

  #onEvent({ name, description, pattern, parameters, constants }: StartingEvent): void {
    const { names, remediation, undelivered } = this.props;
    const paths = Object.entries(parameters);
    const values = Object.entries({
      AutomationAssumeRole: this.role.roleArn,
      ...remediation.fixed,
      ...constants,
    });
    // Each parameter is a list of texts.
    const template = [
      ...values.map(([key, value]) => `"${key}":["${value}"]`),
      ...paths.map(([key]) => `"${key}":["<${key}>"]`),
    ];
    new CfnRule(this, name, {
      name: `${names.prefix}-mend-${name}`,
      description,
      eventPattern: pattern,
      targets: [
        {
          id: 'Automation',
          arn: `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:automation-definition/${this.documentName}:$DEFAULT`,
          roleArn: this.#starter?.roleArn,
          deadLetterConfig: { arn: undelivered.queueArn },
          retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 3600 },
          inputTransformer: {
            ...(paths.length > 0 && { inputPathsMap: parameters }),
            inputTemplate: `{${template.join(',')}}`,
          },
        },
      ],
    });
  }

  /** EventBridge starts this document and hands on its role; it can do neither with another one. */
  #startedByEvents(): Role {
    const starter = new Role(this, 'Starter', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: `Starts ${this.documentName}`,
    });
    new ManagedPolicy(this, 'StarterPermissions', {
      description: `Starts ${this.documentName}`,
      roles: [starter],
      statements: startStatements(this.documentName, this.role.roleArn),
    });
    return starter;
  }
}

/** @returns what it takes to start a document under its role */
export const startStatements = (documentName: string, roleArn: string): PolicyStatement[] => [
  new PolicyStatement({
    sid: 'Start',
    actions: ['ssm:StartAutomationExecution'],
    resources: [
      // Every version of the one document.
      `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:automation-definition/${documentName}:*`,
    ],
  }),
  new PolicyStatement({
    sid: 'HandOnItsRole',
    actions: ['iam:PassRole'],
    resources: [roleArn],
    conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
  }),
];
