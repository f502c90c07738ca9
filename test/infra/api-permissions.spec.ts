import { beforeAll, describe, expect, it } from '@jest/globals';
import { deployed } from './policy-evaluation.js';
import { expectCommitted } from './support/committed-snapshot.js';
import { withoutBedrock } from './support/deployment-cache.js';
import { type Placed, type Statement, statementsOf, synthesized, type Synthesized } from './synthesized.js';

let prod: Synthesized;
let roles: Placed[];
let policies: { id: string; roles: string[]; statements: Statement[] }[];
beforeAll(() => {
  prod = synthesized('prod');
  const ofApi = (type: string) => prod.ofType(type).filter(({ stack }) => stack === 'Api');
  roles = ofApi('AWS::IAM::Role');
  policies = ofApi('AWS::IAM::ManagedPolicy').map(({ id, Properties }) => ({
    id,
    roles: ((Properties?.['Roles'] ?? []) as unknown[]).map((role) => String(deployed(role))),
    statements: statementsOf(Properties?.['PolicyDocument']),
  }));
});

const roleId = (name: string) => `<${roles.find(({ Properties }) => Properties?.['RoleName'] === name)?.id}>`;
const statementsOfRole = (name: string) =>
  policies
    .filter(({ roles: attached }) => attached.includes(roleId(name)))
    .flatMap(({ statements }) => statements);
const textOf = (resource: unknown) => JSON.stringify(deployed(resource));
/** A statement as it is deployed, with exports and references in place of what they hold. */
const readable = ({ sid, effect, actions, resources, conditions }: Statement) => ({
  sid,
  effect,
  actions,
  resources: resources.map((one) => deployed(one)),
  conditions: deployed(conditions),
});
/** Actions on a resource whose ARN holds `part`. */
const actionsOn = (name: string, part: string) =>
  statementsOfRole(name)
    .filter(
      ({ effect, resources }) => effect === 'Allow' && resources.some((one) => textOf(one).includes(part)),
    )
    .flatMap(({ actions }) => actions);

describe('policies of the api stack', () => {
  it('stand beside the roles, never inside of them', () => {
    expect(prod.ofType('AWS::IAM::Policy').filter(({ stack }) => stack === 'Api')).toEqual([]);
    for (const { Properties } of roles) expect(Properties?.['Policies']).toBeUndefined();
  });

  /** The whole list of exceptions: neither action knows a narrower resource. */
  const wildcards = ['ExecutionPolicy ecr:GetAuthorizationToken on "*"'];

  it('name every action and every resource', () => {
    const found = policies.flatMap(({ id, statements }) =>
      statements.flatMap(({ actions, resources }) =>
        actions.flatMap((action) =>
          resources
            .map((resource) => textOf(resource))
            // The end of a log group's own ARN: its streams.
            .filter((resource) => action.includes('*') || /\*/.test(resource.replace(/"<[^>]*>"/, '')))
            .map((resource) => `${id.replace(/^Service|[0-9A-F]{8}$/g, '')} ${action} on ${resource}`),
        ),
      ),
    );
    expect(found).toEqual(wildcards);
  });

  it('fit into what IAM takes', () => {
    const arn = 'x'.repeat(80);
    for (const { Properties } of prod.ofType('AWS::IAM::ManagedPolicy')) {
      const document = JSON.stringify(deployed(Properties?.['PolicyDocument']));
      // What is only known once it is deployed is no longer than a key's ARN.
      expect(document.replace(/<\w+>|\{"Fn::ImportValue":"[^"]*"\}/g, arn).length).toBeLessThan(6_144);
    }
  });

  it('are assumed by services, which say for which account wherever they can', () => {
    const conditions = roles.map(({ Properties }) => {
      const [statement] = statementsOf(Properties?.['AssumeRolePolicyDocument']);
      const { Service } = (statement?.principal ?? {}) as { Service?: string };
      return [Service, statement?.conditions['StringEquals']?.['aws:SourceAccount'] !== undefined];
    });
    expect(Object.fromEntries(conditions)).toEqual({
      'ecs-tasks.amazonaws.com': true,
      'vpc-flow-logs.amazonaws.com': true,
      // These two name no account: only the account's own functions and settings can be given a role of it.
      'lambda.amazonaws.com': false,
      'apigateway.amazonaws.com': false,
    });
  });
});

describe("the task's policy", () => {
  it('is what is committed', () => {
    expectCommitted('task-policy', {
      task: statementsOfRole('phi-prod-task').map(readable),
      operator: statementsOfRole('phi-prod-operator')
        .filter(({ sid }) => !statementsOfRole('phi-prod-task').some((one) => one.sid === sid))
        .map(readable),
    });
  });

  // 45 CFR 164.312(c)(1): nobody who writes the trail can alter it.
  it.each(['phi-prod-task', 'phi-prod-operator'])(
    'lets %s append to the audit table and not change it',
    (role) => {
      const actions = actionsOn(role, ':table/phi-prod-audit');
      expect(actions).toContain('dynamodb:PutItem');
      expect(
        actions.filter((action) => /Update|Delete|Replace|PartiQL|Import|Restore|Write/.test(action)),
      ).toEqual([]);
    },
  );

  it('lets the task read the index root and not write it; operators may', () => {
    const indexRoot = 'parameter/phi/prod/index-root';
    expect(actionsOn('phi-prod-task', indexRoot)).toEqual(['ssm:GetParameter']);
    expect(actionsOn('phi-prod-operator', indexRoot).sort()).toEqual([
      'ssm:GetParameter',
      'ssm:PutParameter',
    ]);
  });

  it('lets it use the records key for branch keys of our key store alone, or through DynamoDB', () => {
    const uses = statementsOfRole('phi-prod-task').filter(
      ({ actions, resources }) =>
        actions.includes('kms:Decrypt') && resources.some((one) => textOf(one).includes('KeysRecords')),
    );
    expect(uses.map(({ conditions }) => conditions)).toEqual([
      {
        StringEquals: { 'kms:EncryptionContext:tablename': 'phi-prod-key-store' },
        Null: { 'kms:EncryptionContext:branch-key-id': 'false' },
      },
      { StringEquals: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' } },
    ]);
  });

  it('lets it administer no key', () => {
    const administration =
      /^kms:(Put|Create|Delete|Schedule|Disable|Enable|Update|Revoke|Cancel|Tag|Untag|Import)/;
    const actions = statementsOfRole('phi-prod-task').flatMap(({ actions }) => actions);
    expect(actions.filter((action) => administration.test(action))).toEqual([]);
  });

  it('forbids a model without our guardrail, whatever another policy says', () => {
    const models = statementsOfRole('phi-prod-task').filter(({ actions }) =>
      actions.includes('bedrock:InvokeModel'),
    );
    expect(models.map(({ effect }) => effect)).toEqual(['Allow', 'Deny']);
    const [allow, deny] = models;
    const guardrail = /^<ScreeningGuardrail\w+>:<ScreeningVersion\w+>$/;
    const ours = allow?.conditions['StringEquals']?.['bedrock:GuardrailIdentifier'];
    expect(String(deployed(ours))).toMatch(guardrail);
    expect(deny?.conditions).toEqual({ StringNotEquals: { 'bedrock:GuardrailIdentifier': ours } });
    expect(deny?.resources).toEqual(allow?.resources);
  });

  it('names the profile and its model in every region that the profile may choose', () => {
    const allow = statementsOfRole('phi-prod-task').find(({ sid }) => sid === 'ModelBehindGuardrail');
    const { bedrock } = prod.settings.api;
    expect(allow?.resources).toHaveLength(1 + (bedrock?.modelRegions.length ?? 0));
    for (const region of bedrock?.modelRegions ?? [])
      expect(allow?.resources.map(textOf).join()).toContain(
        `bedrock:${region}::foundation-model/${bedrock?.foundationModelId}`,
      );
  });

  it('has nothing of Bedrock where screening is local', () => {
    const local = synthesized('dev', withoutBedrock);
    expect(JSON.stringify(local.stacks['Api']?.template)).not.toMatch(/bedrock:|AWS::Bedrock|BEDROCK/);
  });
});
