import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiDefinition,
  CfnAccount,
  CfnDomainName,
  type CfnRestApi,
  CfnBasePathMapping,
  Deployment,
  EndpointType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  SpecRestApi,
  Stage,
  UsagePlan,
} from 'aws-cdk-lib/aws-apigateway';
import { VpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AnyPrincipal,
  Effect,
  ManagedPolicy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { accessLogFormat } from '../access-log-fields.js';
import type { Names } from '../names.js';
import type { Settings } from '../settings.js';
import { EncryptedLogGroup } from './log-group.js';
import { gatewayDocument, type GatewayOptions, type OpenApiDocument } from './openapi-conversion.js';
import { executionLogGroupPrefix } from './runtime-key.js';

export interface PhiRestApiProps {
  names: Names;
  settings: Settings;
  vpc: IVpc;
  /** Security group of the VPC link. */
  callerGroup: SecurityGroup;
  /** The service's own document, OpenAPI 3.1. */
  document: OpenApiDocument;
  target: Pick<GatewayOptions, 'origin' | 'loadBalancerArn'>;
  authorizer: NonNullable<GatewayOptions['authorizer']>;
  accessLogs: EncryptedLogGroup;
  executionLogKey: IKey;
}

/** TLS 1.2 with forward secrecy or 1.3, and the name of the request must be that of the handshake. */
const tls = {
  securityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
  endpointAccessMode: 'STRICT',
} as const;

/** The one public door: the service's OpenAPI document as a REST API of API Gateway, over a private link to the load balancer. */
export class PhiRestApi extends Construct {
  readonly api: SpecRestApi;
  readonly stage: Stage;
  /** Where clients find the API. */
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PhiRestApiProps,
  ) {
    super(scope, id);
    const { names, settings } = props;
    const { vpcLinkId } = new VpcLink(this, 'Link', {
      vpcLinkName: names.prefix,
      vpc: props.vpc,
      subnets: { subnets: props.vpc.isolatedSubnets },
      securityGroups: [props.callerGroup],
    });
    const { domainName, api } = settings;
    const document = gatewayDocument(props.document, {
      ...props.target,
      vpcLinkId,
      authorizer: props.authorizer,
      publishesDocumentation: api.publishesDocumentation,
    });
    this.api = this.#import(document);
    this.stage = this.#deploy(document);
    this.#writeLogs();
    this.#usagePlan();
    this.url = domainName === undefined ? this.stage.urlForPath('/') : this.#domain(domainName);
  }

  #import(document: OpenApiDocument): SpecRestApi {
    const { names, settings } = this.props;
    const api = new SpecRestApi(this, 'Api', {
      restApiName: names.prefix,
      apiDefinition: ApiDefinition.fromInline(document),
      endpointTypes: [EndpointType.REGIONAL],
      disableExecuteApiEndpoint: settings.domainName !== undefined,
      policy: this.#resourcePolicy(),
      cloudWatchRole: false,
      deploy: false,
    });
    const resource = api.node.defaultChild as CfnRestApi;
    resource.securityPolicy = tls.securityPolicy;
    resource.endpointAccessMode = tls.endpointAccessMode;
    return api;
  }

  #deploy(document: OpenApiDocument): Stage {
    const { settings, accessLogs } = this.props;
    const deployment = new Deployment(this, 'Deployment', { api: this.api });
    // A deployment never changes: another document or another policy is another deployment.
    deployment.addToLogicalId({ document, policy: this.#resourcePolicy().toJSON() as unknown });
    return new Stage(this, 'Stage', {
      deployment,
      stageName: settings.stage,
      accessLogDestination: new LogGroupLogDestination(accessLogs.logGroup),
      accessLogFormat: AccessLogFormat.custom(accessLogFormat()),
      // The execution log tells of the gateway's own faults. With a data trace it would hold bodies.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      metricsEnabled: true,
      // PHI is kept in no cache.
      cachingEnabled: false,
      throttlingRateLimit: settings.api.throttle.requestsPerSecond,
      throttlingBurstLimit: settings.api.throttle.burst,
    });
  }

  /** Over TLS only, and from the addresses of the settings if there are any. Who the caller is, the token says. */
  #resourcePolicy(): PolicyDocument {
    const { clientCidrs } = this.props.settings.api;
    const statement = (sid: string, effect: Effect, conditions?: Record<string, Record<string, unknown>>) =>
      new PolicyStatement({
        sid,
        effect,
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: [`execute-api:/${this.props.settings.stage}/*`],
        ...(conditions && { conditions }),
      });
    return new PolicyDocument({
      statements: [
        statement('WhoeverHasAToken', Effect.ALLOW),
        statement('TlsOnly', Effect.DENY, { Bool: { 'aws:SecureTransport': 'false' } }),
        ...(clientCidrs.length === 0
          ? []
          : [
              statement('KnownAddressesOnly', Effect.DENY, {
                NotIpAddress: { 'aws:SourceIp': [...clientCidrs] },
              }),
            ]),
      ],
    });
  }

  /** API Gateway writes logs by a role of the account and the region, which is set once for all APIs. */
  #writeLogs(): void {
    const { settings, executionLogKey } = this.props;
    const role = new Role(this, 'LogRole', {
      description: 'API Gateway writes logs of all APIs of this region',
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      // API Gateway looks for what this policy allows, and takes no role with less.
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    const account = new CfnAccount(this, 'LogAccount', { cloudWatchRoleArn: role.roleArn });
    // Other APIs of the account may use it when this one is gone.
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // Else API Gateway would make it at the first line, without a key and for ever.
    const executionLog = new EncryptedLogGroup(
      this,
      'ExecutionLog',
      `${executionLogGroupPrefix}${this.api.restApiId}/${settings.stage}`,
      settings,
      executionLogKey,
    );
    this.stage.node.addDependency(account, executionLog);
  }

  /** For integrators who are given a key of their own: nobody needs one, and it is no proof of who somebody is. */
  #usagePlan(): void {
    const { names, settings } = this.props;
    new UsagePlan(this, 'Integrators', {
      name: `${names.prefix}-integrators`,
      description: 'Bound of one integrator who has an API key',
      throttle: {
        rateLimit: Math.ceil(settings.api.throttle.requestsPerSecond / 2),
        burstLimit: Math.ceil(settings.api.throttle.burst / 2),
      },
      apiStages: [{ stage: this.stage }],
    });
  }

  #domain(domainName: string): string {
    const { certificateArn } = this.props.settings;
    const domain = new CfnDomainName(this, 'Domain', {
      domainName,
      ...(certificateArn !== undefined && { regionalCertificateArn: certificateArn }),
      endpointConfiguration: { types: ['REGIONAL'] },
      ...tls,
    });
    new CfnOutput(this, 'DomainTarget', {
      value: domain.attrRegionalDomainName,
      description: `What the DNS record of ${domainName} has to point to (CNAME, or alias in Route 53)`,
    });
    new CfnBasePathMapping(this, 'DomainMapping', {
      domainName: domain.ref,
      restApiId: this.api.restApiId,
      stage: this.stage.stageName,
    });
    return `https://${domainName}/`;
  }
}
