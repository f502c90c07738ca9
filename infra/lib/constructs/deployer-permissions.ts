import { type DeployerGrant, type DeploymentPlace, QUALIFIER } from './deployer-grant.js';
import { complianceGrants } from './deployer-grants.compliance.js';
import { dataGrants } from './deployer-grants.data.js';
import { remediationGrants } from './deployer-grants.remediation.js';
import { serviceGrants } from './deployer-grants.service.js';
import { threatGrants } from './deployer-grants.threats.js';

export interface PolicyJson {
  Version: '2012-10-17';
  Statement: Record<string, unknown>[];
}

/**
 * What whoever deploys needs, in two parts, so that nobody who deploys has these permissions himself:
 * - `deployer`: to take on the roles that `cdk bootstrap` made. For people and pipelines.
 * - `execution-*`: what CloudFormation may do then. Given to `cdk bootstrap --cloudformation-execution-policies` in place of
 *   AdministratorAccess.
 *
 * None of it reads what the platform stores: no item, no object, no log line, no value of a secret parameter, no key material.
 */
export function deployerPolicies(place: DeploymentPlace): Record<string, PolicyJson> {
  const grants = Object.entries(allGrants(place)).map(([name, some]) => [
    `execution-${name}`,
    policy(some.map((grant, index) => executionStatement(`${name}${index}`, grant, place))),
  ]);
  return { deployer: deployerPolicy(place), ...(Object.fromEntries(grants) as Record<string, PolicyJson>) };
}

const allGrants = (place: DeploymentPlace): Record<string, DeployerGrant[]> => ({
  ...dataGrants(place),
  ...serviceGrants(place),
  ...complianceGrants(place),
  ...threatGrants(place),
  ...remediationGrants(place),
});

/** Types of resources that CloudFormation may make with these policies. */
export const deployableTypes = (place: DeploymentPlace): Set<string> =>
  new Set(
    Object.values(allGrants(place))
      .flat()
      .flatMap(({ types }) => types),
  );

const policy = (Statement: Record<string, unknown>[]): PolicyJson => ({ Version: '2012-10-17', Statement });

function executionStatement(
  sid: string,
  { actions, resources, conditions = {} }: DeployerGrant,
  { region }: DeploymentPlace,
): Record<string, unknown> {
  // What has no resource is held to the region at least. IAM has none.
  const isWide = resources.includes('*');
  const inRegion = isWide
    ? { StringEquals: { ...conditions['StringEquals'], 'aws:RequestedRegion': region } }
    : {};
  const Condition = { ...conditions, ...inRegion };
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: isWide ? '*' : resources,
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

function deployerPolicy({ account, region }: DeploymentPlace): PolicyJson {
  const bootstrapRole = (purpose: string) =>
    `arn:aws:iam::${account}:role/cdk-${QUALIFIER}-${purpose}-role-${account}-${region}`;
  return policy([
    {
      Sid: 'BootstrapRoles',
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: ['deploy', 'file-publishing', 'lookup'].map(bootstrapRole),
    },
    {
      Sid: 'BootstrapVersion',
      Effect: 'Allow',
      Action: 'ssm:GetParameter',
      Resource: `arn:aws:ssm:${region}:${account}:parameter/cdk-bootstrap/${QUALIFIER}/version`,
    },
  ]);
}
