import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  deployableTypes,
  deployerPolicies,
  type PolicyJson,
} from '../../infra/lib/constructs/deployer-permissions.js';
import { account } from './policy-evaluation.js';
import { expectCommitted } from './support/committed-snapshot.js';
import { type Statement, statementsOf, synthesized } from './synthesized.js';

const place = { account, region: 'us-east-1', stage: 'prod' };
let policies: Record<string, PolicyJson>;
let statements: Statement[];
beforeAll(() => {
  policies = deployerPolicies(place);
  statements = Object.values(policies).flatMap((policy) => statementsOf(policy));
});
const actions = () => statements.flatMap((statement) => statement.actions);
const granting = (pattern: RegExp) =>
  statements.filter((one) => one.actions.some((action) => pattern.test(action)));

describe("the deployer's policies", () => {
  it('are what is committed', () => expectCommitted('deployer-policy', policies));

  it('let CloudFormation make every type of resource of dev and prod, and no other', () => {
    const made = ['dev', 'prod'].flatMap((environment) =>
      synthesized(environment as 'dev' | 'prod').resources.map(({ Type }) => Type),
    );
    expect([...deployableTypes(place)].sort()).toEqual([...new Set(made)].sort());
  });

  it('fit into what IAM takes', () => {
    for (const [name, policy] of Object.entries(policies))
      expect([name, JSON.stringify(policy).length < 6_144]).toEqual([name, true]);
    expect(Object.keys(policies).length).toBeLessThanOrEqual(10);
  });

  it('name every action', () => {
    expect(actions().filter((action) => action.includes('*'))).toEqual([]);
  });

  it('hold what has no resource to the region', () => {
    for (const { sid, conditions } of statements.filter((one) => one.resources.includes('*')))
      expect([sid, conditions['StringEquals']?.['aws:RequestedRegion']]).toEqual([sid, 'us-east-1']);
  });

  it('read nothing that the platform stores', () => {
    const reads =
      /^(dynamodb:(Get|BatchGet|Query|Scan|Partiql).*Item|dynamodb:(Query|Scan)|s3:GetObject.*|logs:(Get|Filter)LogEvents|ssm:GetParameter$|secretsmanager:|athena:(Start|Get)Query.*|sqs:ReceiveMessage|lambda:GetFunctionUrl)/;
    const found = statements.flatMap(({ sid, actions: all }) =>
      all.filter((one) => reads.test(one)).map((one) => `${sid} ${one}`),
    );
    expect(found.map((one) => one.split(' ')[1])).toEqual(['ssm:GetParameter', 's3:GetObject']);
    const [code] = granting(/^s3:GetObject$/);
    expect(code?.resources).toEqual([`arn:aws:s3:::cdk-hnb659fds-assets-${account}-us-east-1/*`]);
    const [version] = granting(/^ssm:GetParameter$/);
    expect(version?.resources).toEqual([
      `arn:aws:ssm:us-east-1:${account}:parameter/cdk-bootstrap/hnb659fds/version`,
    ]);
  });

  it('use no key but through the services that store under it', () => {
    for (const { sid, conditions } of granting(
      /^kms:(Decrypt|Encrypt|GenerateDataKey|CreateGrant|ReEncrypt|Sign)/,
    ))
      expect([sid, conditions['StringLike']?.['kms:ViaService']]).toEqual([sid, expect.any(Array)]);
  });

  it('make, change and pass roles of this deployment alone, and attach no policy of an administrator', () => {
    const roles = granting(
      /^iam:(CreateRole|UpdateAssumeRolePolicy|PassRole|AttachRolePolicy|PutRolePolicy)$/,
    );
    for (const { sid, resources } of roles)
      expect([sid, resources]).toEqual([sid, [`arn:aws:iam::${account}:role/phi-prod-*`]]);
    expect(actions()).not.toContain('iam:PutRolePolicy');
    const [attach] = granting(/^iam:AttachRolePolicy$/);
    for (const policy of (attach?.conditions['ArnLike']?.['iam:PolicyARN'] ?? ['none']) as string[])
      expect(policy).toMatch(
        /policy\/(phi-prod-\*|service-role\/(AmazonAPIGatewayPushToCloudWatchLogs|AWSBackupServiceRolePolicyForBackup|AWS_ConfigRole))$/,
      );
    const [pass] = granting(/^iam:PassRole$/);
    expect(pass?.conditions['StringEquals']?.['iam:PassedToService']).toEqual(expect.any(Array));
  });

  it('let a person do no more than take on the roles of the bootstrap', () => {
    expect(statementsOf(policies['deployer']).flatMap(({ actions: all }) => all)).toEqual([
      'sts:AssumeRole',
      'ssm:GetParameter',
    ]);
  });
});
