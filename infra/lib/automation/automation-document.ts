/**
 * An Automation document of Systems Manager (schema 0.3) as data: what is deployed is what the tests run. Scripts are not among the
 * actions: a step that is one call of an API can be read, run against a stand-in and granted by its name.
 * @see AWS Systems Manager User Guide, "Systems Manager Automation actions reference"
 */
export interface AutomationDocument {
  schemaVersion: '0.3';
  description: string;
  assumeRole: '{{ AutomationAssumeRole }}';
  parameters: Record<string, Parameter>;
  mainSteps: readonly Step[];
}

export interface Parameter {
  type: 'String' | 'StringList' | 'Integer';
  description: string;
  allowedPattern?: string;
  default?: string | readonly string[] | number;
}

/** What all actions have. */
interface Flow {
  name: string;
  /** Else the next one of the list. */
  nextStep?: string;
  isEnd?: true;
  /** Else the automation ends as failed. With `step:` it goes on there, and has failed all the same unless `isCritical` is false. */
  onFailure?: 'Abort' | 'Continue' | `step:${string}`;
  isCritical?: false;
  maxAttempts?: number;
  timeoutSeconds?: number;
}

export interface Output {
  Name: string;
  Selector: string;
  Type: 'String' | 'Integer' | 'Boolean' | 'MapList';
}

type ApiCall = { Service: string; Api: string } & Record<string, unknown>;

export interface CallStep extends Flow {
  action: 'aws:executeAwsApi';
  inputs: ApiCall;
  outputs?: readonly Output[];
}
export interface PropertyStep extends Flow {
  action: 'aws:waitForAwsResourceProperty' | 'aws:assertAwsResourceProperty';
  inputs: ApiCall & { PropertySelector: string; DesiredValues: readonly string[] };
}
export interface Condition {
  Variable: string;
  StringEquals?: string;
  StartsWith?: string;
  BooleanEquals?: boolean;
}
export type Choice = { NextStep: string } & (Condition | { And: readonly Condition[] });
export interface BranchStep extends Flow {
  action: 'aws:branch';
  inputs: { Choices: readonly Choice[]; Default: string };
}
export interface ApproveStep extends Flow {
  action: 'aws:approve';
  inputs: { NotificationArn: string; Message: string; MinRequiredApprovals: number; Approvers: string };
}
export interface SleepStep extends Flow {
  action: 'aws:sleep';
  inputs: { Duration: string };
}

export type Step = CallStep | PropertyStep | BranchStep | ApproveStep | SleepStep;

/** Where a step leads to. */
type Ways = Pick<Flow, 'nextStep' | 'onFailure' | 'isEnd' | 'isCritical' | 'timeoutSeconds'>;

/** A call is tried three times: throttling and a moment's outage are the usual reasons. */
const ATTEMPTS = 3;
const CALL_SECONDS = 120;

/** One call of an API: `ec2:CreateSnapshot` with its inputs, as boto3 names them. */
export function call(
  name: string,
  operation: `${string}:${string}`,
  inputs: Record<string, unknown>,
  ways: Ways & { outputs?: readonly Output[] } = {},
): CallStep {
  return {
    name,
    action: 'aws:executeAwsApi',
    inputs: { ...apiOf(operation), ...inputs },
    maxAttempts: ATTEMPTS,
    timeoutSeconds: CALL_SECONDS,
    ...ways,
  };
}

/** Waits until a property is as it should be; what is not there yet is waited for too. */
export const wait = (
  name: string,
  operation: `${string}:${string}`,
  inputs: Record<string, unknown>,
  [PropertySelector, DesiredValues]: readonly [string, readonly string[]],
  ways: Ways & { timeoutSeconds: number },
): PropertyStep => ({
  name,
  action: 'aws:waitForAwsResourceProperty',
  inputs: { ...apiOf(operation), ...inputs, PropertySelector, DesiredValues },
  ...ways,
});

/** Fails if a property is not as it should be. */
export const assertThat = (
  name: string,
  operation: `${string}:${string}`,
  inputs: Record<string, unknown>,
  [PropertySelector, DesiredValues]: readonly [string, readonly string[]],
  ways: Ways = {},
): PropertyStep => ({
  name,
  action: 'aws:assertAwsResourceProperty',
  inputs: { ...apiOf(operation), ...inputs, PropertySelector, DesiredValues },
  maxAttempts: ATTEMPTS,
  timeoutSeconds: CALL_SECONDS,
  ...ways,
});

export const choose = (name: string, Choices: readonly Choice[], Default: string): BranchStep => ({
  name,
  action: 'aws:branch',
  inputs: { Choices, Default },
});

/** An end of the document that does nothing: steps that are over jump here. */
export const end = (name: string): SleepStep => ({
  name,
  action: 'aws:sleep',
  inputs: { Duration: 'PT1S' },
  isEnd: true,
});

/**
 * Looks for something, and goes one way if it is there and the other if it is not. What a step's output is when its selector finds nothing
 * is documented nowhere, so that a failure of the look counts as "not there", and an id is recognized by how it begins.
 * @param look selector of an id in the answer, and what every such id begins with
 */
export function find(
  name: string,
  operation: `${string}:${string}`,
  inputs: Record<string, unknown>,
  look: { selector: string; begins: string },
  ways: { found: string; missing: string },
): Step[] {
  return [
    call(name, operation, inputs, {
      outputs: [{ Name: 'Id', Selector: look.selector, Type: 'String' }],
      onFailure: `step:${ways.missing}`,
      isCritical: false,
      nextStep: `${name}Found`,
    }),
    choose(
      `${name}Found`,
      [{ NextStep: ways.found, Variable: `{{ ${name}.Id }}`, StartsWith: look.begins }],
      ways.missing,
    ),
  ];
}

export const output = (Name: string, Selector: string, Type: Output['Type'] = 'String'): Output => ({
  Name,
  Selector,
  Type,
});

/**
 * @param parameters beside the role, which every document has: Config fills it in for a remediation that runs by itself
 * @param steps in order; where nothing else is said each leads to the next
 */
export const automation = (
  description: string,
  parameters: Record<string, Parameter>,
  steps: readonly Step[],
): AutomationDocument => ({
  schemaVersion: '0.3',
  description,
  assumeRole: '{{ AutomationAssumeRole }}',
  parameters: {
    AutomationAssumeRole: { type: 'String', description: 'ARN of the role that the steps run as.' },
    ...parameters,
  },
  mainSteps: steps,
});

function apiOf(operation: `${string}:${string}`): { Service: string; Api: string } {
  const [Service = '', Api = ''] = operation.split(':');
  return { Service, Api };
}
