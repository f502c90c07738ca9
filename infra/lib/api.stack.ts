import { CfnOutput, Duration } from 'aws-cdk-lib';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Construct } from 'constructs';
import { ApiAlarms, SLOW_MILLISECONDS } from './constructs/api-alarms.js';
import { PhiDashboard } from './constructs/dashboard.js';
import type { OpenApiDocument } from './constructs/openapi-conversion.js';
import { PhiGuardrail } from './constructs/guardrail.js';
import { IssuerKeys } from './constructs/jwks.js';
import { InternalLoadBalancer } from './constructs/load-balancer.js';
import { PhiNetwork } from './constructs/network.js';
import type { PlatformLogGroups } from './constructs/platform-log-groups.js';
import { PhiRestApi } from './constructs/rest-api.js';
import { RuntimeKey } from './constructs/runtime-key.js';
import { PhiService } from './constructs/service.js';
import {
  modelArns,
  operatorStatements,
  parameterArns,
  tableArn,
  taskParameters,
  taskStatements,
} from './constructs/task-permissions.js';
import { ApiFirewall } from './constructs/waf.js';
import { serviceDashboard } from './dashboards/service.js';
import type { DataResources } from './data.stack.js';
import { PhiStack } from './phi.stack.js';
import { repositoryFolder } from './repository.js';
import type { Settings } from './settings.js';

/** What runs and keeps nothing: it can be removed and deployed again. */
export class ApiStack extends PhiStack {
  readonly restApi: PhiRestApi;

  constructor(scope: Construct, settings: Settings, data: DataResources, logGroups: PlatformLogGroups) {
    super(scope, 'Api', 'Healthcare Security Platform: API, service, network, screening', settings);
    const { names } = this;
    const { audit } = data.keys;
    const { key: runtimeKey } = new RuntimeKey(this, 'RuntimeKey', names, settings);
    const { service: logs, apiAccess: accessLogs, flows, firewall: firewallLogs } = logGroups;

    const { bedrock } = settings.api;
    const guardrail = bedrock && new PhiGuardrail(this, 'Screening', names, bedrock, runtimeKey);
    const screening = bedrock &&
      guardrail && { arn: guardrail.guardrailArn, version: guardrail.version, settings: bedrock };
    const { region } = settings;

    const network = new PhiNetwork(
      this,
      'Network',
      settings,
      {
        tableArns: Object.values(names.tables).map((name) => tableArn(region, name)),
        keyArns: [data.keys.records.keyArn, data.keys.signing.keyArn],
        parameterArns: parameterArns({ region }, taskParameters(names)),
        logGroupArns: [logs.logGroup.logGroupArn],
        repositoryArn: this.formatArn({
          service: 'ecr',
          resource: 'repository',
          resourceName: settings.api.repositoryName,
        }),
        bedrockArns: screening ? [screening.arn, ...modelArns(screening.settings, region)] : [],
      },
      flows,
    );
    const balancer = new InternalLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      settings,
      accessLogs: data.buckets.accessLogs,
    });
    const issuerKeys = new IssuerKeys(this, 'IssuerKeys', names, settings, {
      issuer: `https://cognito-idp.${region}.amazonaws.com/${data.userPool.userPoolId}`,
      logKey: audit,
      undelivered: data.undeliveredAlerts,
    });
    const resources = { keys: data.keys, names, region, guardrail: screening };
    const service = new PhiService(this, 'Service', {
      names,
      settings,
      vpc: network.vpc,
      taskGroup: balancer.taskGroup,
      targetGroup: balancer.targetGroup,
      storageKey: runtimeKey,
      logs,
      taskStatements: taskStatements(resources),
      operatorStatements: operatorStatements(resources),
      bedrockVariables:
        bedrock && guardrail ? bedrockVariables(region, guardrail, bedrock.inferenceProfileId) : {},
      clientIds: [data.userPoolClients.service, data.userPoolClients.person]
        .filter((client) => client !== undefined)
        .map(({ userPoolClientId }) => userPoolClientId),
    });
    // A task that comes up before what it reads and reaches would count as a failed deployment.
    service.service.node.addDependency(issuerKeys.firstCopy, service.taskPolicy, network);

    this.restApi = new PhiRestApi(this, 'RestApi', {
      names,
      settings,
      vpc: network.vpc,
      callerGroup: balancer.callerGroup,
      document: readOpenApiDocument(),
      target: { origin: balancer.origin, loadBalancerArn: balancer.loadBalancer.loadBalancerArn },
      authorizer: { userPoolArn: data.userPool.userPoolArn, scopes: data.scopes },
      accessLogs,
      executionLogKey: runtimeKey,
    });
    new ApiFirewall(
      this,
      'Firewall',
      names,
      settings,
      firewallLogs,
      this.restApi.stage.stageArn,
    ).node.addDependency(this.restApi.stage);
    const alarms = new ApiAlarms(this, 'Alarms', {
      names,
      settings,
      topic: data.alarmTopic,
      accessLog: accessLogs.logGroup,
      loadBalancer: balancer.loadBalancer,
      targetGroup: balancer.targetGroup,
    });
    alarms.add(
      'IssuerKeys',
      "The issuer's keys could not be copied: when it signs with a new one, nobody can sign in",
      {
        metric: issuerKeys.function.metricErrors({ statistic: 'Sum', period: Duration.minutes(15) }),
        threshold: 1,
        periods: 2,
      },
    );
    new PhiDashboard(
      this,
      'Dashboard',
      serviceDashboard({
        names,
        serviceName: service.service.serviceName,
        loadBalancer: balancer.loadBalancer.loadBalancerFullName,
        targetGroup: balancer.targetGroup.targetGroupFullName,
        minTasks: settings.api.minTasks,
        hasBedrock: bedrock !== undefined,
        slowMilliseconds: SLOW_MILLISECONDS,
        alarmArns: alarms.alarms.map(({ alarmArn }) => alarmArn),
      }),
    );
    new CfnOutput(this, 'Url', { value: this.restApi.url, description: 'Where clients find the API' });
  }
}

const bedrockVariables = (region: string, guardrail: PhiGuardrail, modelId: string) => ({
  PHI_BEDROCK_REGION: region,
  PHI_BEDROCK_GUARDRAIL_ID: guardrail.guardrailId,
  PHI_BEDROCK_GUARDRAIL_VERSION: guardrail.version,
  PHI_BEDROCK_MODEL_ID: modelId,
});

/** The committed document, which CI holds equal to the service's routes. */
export function readOpenApiDocument(): OpenApiDocument {
  return JSON.parse(readFileSync(join(repositoryFolder, 'openapi.json'), 'utf8')) as OpenApiDocument;
}
