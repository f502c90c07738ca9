import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AutomationDocument, Step } from '../../infra/lib/automation/automation-document.js';
import { deployed } from './policy-evaluation.js';
import { complianceStacks, type Placed, statementsOf, type Synthesized } from './synthesized.js';

const ids = [
  'config-recorder',
  'delete-replaced-volume',
  'ebs-encryption',
  'encrypt-volume',
  'key-deletion',
  'key-rotation',
  'point-in-time-recovery',
  'public-account',
  'public-bucket',
  'trail-logging',
  'trail-validation',
];

let prod: Synthesized;
let dev: Synthesized;
beforeAll(() => {
  prod = complianceStacks('prod');
  dev = complianceStacks('dev');
});

const documentsOf = ({ ofType }: Synthesized) => ofType('AWS::SSM::Document');
const documentOf = (id: string): AutomationDocument => {
  const found = documentsOf(prod).find(({ Properties }) => Properties?.['Name'] === `phi-prod-${id}`);
  return deployed(found?.Properties?.['Content']) as AutomationDocument;
};
const rolePolicies = (id: string): Placed[] =>
  prod
    .ofType('AWS::IAM::ManagedPolicy')
    .filter(({ id: logical }) => logical.startsWith(`Remediation${id.replaceAll('-', '')}Permissions`));

/** Steps to which a step can lead. */
function waysOf({ mainSteps }: AutomationDocument, step: Step): string[] {
  const following = mainSteps[mainSteps.indexOf(step) + 1]?.name;
  const failure = step.onFailure?.startsWith('step:') === true ? [step.onFailure.slice(5)] : [];
  if (step.action === 'aws:branch')
    return [...step.inputs.Choices.map(({ NextStep }) => NextStep), step.inputs.Default];
  if (step.isEnd === true) return failure;
  return [...failure, step.nextStep ?? following ?? 'the end'];
}

const references = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/\{\{\s*([\w.:]+)\s*\}\}/g)].map(([, name = '']) => name);

/** @see AWS Systems Manager User Guide, "Automation system variables" */
const systemVariables = ['global:DATE', 'global:REGION', 'global:ACCOUNT_ID', 'automation:EXECUTION_ID'];

/** The permission that a call needs, where it is not called as the call is. */
const permissionNames: Record<string, string> = {
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3control:GetPublicAccessBlock': 's3:GetAccountPublicAccessBlock',
  's3control:PutPublicAccessBlock': 's3:PutAccountPublicAccessBlock',
};

function permissionsOf(step: Step): string[] {
  if (step.action === 'aws:approve') return ['sns:Publish'];
  if (!('Service' in step.inputs)) return [];
  const { Service, Api } = step.inputs;
  const call = `${Service}:${Api}`;
  return [permissionNames[call] ?? call, ...('TagSpecifications' in step.inputs ? ['ec2:CreateTags'] : [])];
}

it('there is a document for everything that the account mends', () => {
  const names = ({ settings }: Synthesized, of: Synthesized) =>
    documentsOf(of)
      .map(({ Properties }) => String(Properties?.['Name']).replace(`phi-${settings.stage}-`, ''))
      .sort();
  expect(names(prod, prod)).toEqual(ids);
  // Stacks of dev come and go with their keys.
  expect(names(dev, dev)).toEqual(ids.filter((id) => id !== 'key-deletion'));
});

describe.each(ids)('the document %s', (id) => {
  it('is one that Systems Manager takes: versions, names, sizes', () => {
    const document = documentOf(id);
    expect(document.schemaVersion).toBe('0.3');
    // "The maximum size of a document is 64 KB": AWS Systems Manager endpoints and quotas.
    expect(JSON.stringify(document).length).toBeLessThan(64 * 1024);
    const names = document.mainSteps.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[A-Za-z][A-Za-z0-9_]{1,127}$/.test(name))).toEqual([]);
  });

  it('leads from each step to one that is there, and to each step', () => {
    const document = documentOf(id);
    const names = new Set(document.mainSteps.map(({ name }) => name));
    const reached = new Set([document.mainSteps[0]?.name]);
    for (const step of document.mainSteps)
      for (const way of waysOf(document, step)) {
        expect([step.name, way, names.has(way) || way === 'the end']).toEqual([step.name, way, true]);
        reached.add(way);
      }
    expect([...names].filter((name) => !reached.has(name))).toEqual([]);
  });

  it('refers to parameters and outputs that there are', () => {
    const document = documentOf(id);
    const known = new Set([
      ...Object.keys(document.parameters),
      ...systemVariables,
      ...document.mainSteps.flatMap((step) =>
        'outputs' in step ? (step.outputs ?? []).map(({ Name }) => `${step.name}.${Name}`) : [],
      ),
    ]);
    expect(references([document.assumeRole, document.mainSteps]).filter((name) => !known.has(name))).toEqual(
      [],
    );
  });

  it('ends every step at some time, and tries calls a limited number of times', () => {
    for (const step of documentOf(id).mainSteps) {
      if (step.action === 'aws:branch' || step.action === 'aws:sleep') continue;
      expect([step.name, step.timeoutSeconds]).toEqual([step.name, expect.any(Number)]);
      expect(step.maxAttempts ?? 1).toBeLessThanOrEqual(3);
    }
  });

  it('runs as a role of its own that may do what its steps call, and nothing else', () => {
    const [policy, ...others] = rolePolicies(id);
    expect(others).toEqual([]);
    const granted = statementsOf(policy?.Properties?.['PolicyDocument']).flatMap(({ actions }) => actions);
    const needed = documentOf(id).mainSteps.flatMap(permissionsOf);
    expect([...new Set(granted)].sort()).toEqual([...new Set(needed)].sort());
  });

  it('names the resources that it may change, or says by tag, region or account which', () => {
    const wide = statementsOf(rolePolicies(id)[0]?.Properties?.['PolicyDocument']).filter(({ resources }) =>
      resources.some((resource) => JSON.stringify(deployed(resource)).includes('*')),
    );
    const unbound = wide.filter(({ conditions }) => Object.keys(conditions).length === 0);
    expect(unbound.map(({ sid }) => sid)).toEqual([]);
  });
});

describe('a role of a document', () => {
  it('is taken on by Systems Manager for this account alone', () => {
    const roles = prod
      .ofType('AWS::IAM::Role')
      .filter(({ id }) => /^Remediation(?!.*Starter)(?!ReplacedVolumes)/.test(id));
    expect(roles).toHaveLength(ids.length);
    for (const { Properties } of roles) {
      const [statement] = statementsOf(Properties?.['AssumeRolePolicyDocument']);
      expect(statement?.principal).toEqual({ Service: 'ssm.amazonaws.com' });
      expect(statement?.conditions).toEqual({
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      });
    }
  });

  it('sets and takes away named tags of ours alone, where it has claimed nothing yet', () => {
    const marks = prod
      .ofType('AWS::IAM::ManagedPolicy')
      .flatMap(({ Properties }) =>
        statementsOf(Properties?.['PolicyDocument']).filter(
          ({ actions, conditions }) =>
            actions.some((action) => /^ec2:(Create|Delete)Tags$/.test(action)) &&
            'ForAllValues:StringEquals' in conditions,
        ),
      );
    expect(marks.length).toBe(2);
    for (const { conditions } of marks) {
      // Where no key is named, a condition for all of them holds: DeleteTags would take every tag away.
      expect(conditions['Null']).toEqual({ 'aws:TagKeys': 'false' });
      const keys = [conditions['ForAllValues:StringEquals']?.['aws:TagKeys'] ?? []].flat().map(String);
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.filter((key) => !key.startsWith('phi:'))).toEqual([]);
    }
  });

  it('deletes no volume that is not due, no encrypted copy, no table, key or bucket', () => {
    const deletions = ids.flatMap((id) =>
      statementsOf(rolePolicies(id)[0]?.Properties?.['PolicyDocument']).filter(({ actions }) =>
        actions.some((action) => /Delete|Terminate|Schedule/.test(action) && action !== 'ec2:DeleteTags'),
      ),
    );
    expect(deletions.map(({ sid, actions, conditions }) => [sid, actions, conditions])).toEqual([
      [
        'DeleteVolume',
        ['ec2:DeleteVolume'],
        {
          StringEquals: { 'aws:ResourceTag/phi:encryption': 'prod' },
          Null: { 'aws:ResourceTag/phi:delete-after': 'false' },
        },
      ],
      [
        'DeletePlainSnapshots',
        ['ec2:DeleteSnapshot'],
        {
          StringEquals: {
            'aws:ResourceTag/phi:encryption': 'prod',
            'aws:ResourceTag/phi:encryption-copy': 'plain',
          },
        },
      ],
    ]);
  });
});
