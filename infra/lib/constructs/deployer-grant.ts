/** Where a deployment goes. */
export interface DeploymentPlace {
  account: string;
  region: string;
  stage: string;
}

/** What CloudFormation has to be allowed for some types of resources: to make, look at, change, tag and remove them. */
export interface DeployerGrant {
  types: readonly string[];
  actions: readonly string[];
  /** Names that begin as ours do; `*` where AWS gives ids or knows no resource, then within the region. */
  resources: readonly string[];
  /** Conditions beside the region. */
  conditions?: Record<string, Record<string, string | readonly string[]>>;
}

/** Of `cdk bootstrap`, unless it was given another. */
export const QUALIFIER = 'hnb659fds';

export const each = (service: string, actions: string): string[] =>
  actions.split(' ').map((action) => `${service}:${action}`);

/** What every name of a deployment begins with, and how its ARNs are made. */
export function deployed({ account, region, stage }: DeploymentPlace) {
  const prefix = `phi-${stage}`;
  return {
    account,
    region,
    stage,
    prefix,
    arn: (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`,
    role: `arn:aws:iam::${account}:role/${prefix}-*`,
  };
}
