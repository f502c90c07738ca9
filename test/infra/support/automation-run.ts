import type {
  AutomationDocument,
  Choice,
  Condition,
  Output,
  Step,
} from '../../../infra/lib/automation/automation-document.js';

/** The APIs that a document calls. An error of an API is thrown. */
export interface AwsApi {
  /** @param api `ec2:DescribeVolumes` */
  call(api: string, input: Record<string, unknown>): unknown;
  /** Time passes between two looks of a step that waits. */
  pass(): void;
}

/** Something that goes wrong at one step, at each of its attempts: the call is refused, or it is carried out and its answer is lost. */
export interface Fault {
  step: string;
  how: 'refused' | 'answer lost';
}

export interface RunOptions {
  parameters: Record<string, unknown>;
  approval?: 'Approved' | 'Rejected' | 'no answer';
  faults?: readonly Fault[];
  /** What a step does whose selector finds nothing; AWS documents neither. */
  missing?: 'is empty' | 'fails';
  date?: string;
}

export interface Run {
  status: 'Success' | 'Failed' | 'TimedOut' | 'Rejected';
  /** Steps in order of their execution. */
  steps: string[];
  failed: string[];
}

const POLLS_AT_MOST = 12;
const STEPS_AT_MOST = 500;
/** Systems Manager puts words of this kind in the place of an output that is not there. */
const NO_OUTPUT = 'No output available yet because the step is not successfully executed';

class StepFailure extends Error {
  constructor(readonly status: 'Failed' | 'TimedOut' | 'Rejected') {
    super(status);
  }
}

/**
 * Runs a document as Systems Manager does, as far as our documents go: the actions that `automation-document.ts` has.
 * @see AWS Systems Manager User Guide, "Properties shared by all actions", "Using conditional statements in runbooks", "Handling timeouts"
 */
export class AutomationRun {
  readonly #outputs = new Map<string, unknown>();
  readonly #result: Run = { status: 'Success', steps: [], failed: [] };
  readonly #executionId: string;
  static #executions = 0;

  constructor(
    private readonly document: AutomationDocument,
    private readonly api: AwsApi,
    private readonly options: RunOptions,
  ) {
    AutomationRun.#executions += 1;
    this.#executionId = `00000000-0000-4000-8000-${String(AutomationRun.#executions).padStart(12, '0')}`;
  }

  run(): Run {
    let at: number | undefined = 0;
    while (at !== undefined) {
      const step: Step | undefined = this.document.mainSteps[at];
      if (step === undefined) break;
      if (this.#result.steps.length > STEPS_AT_MOST) throw new Error('The document does not end');
      this.#result.steps.push(step.name);
      at = this.#after(step, at);
    }
    return this.#result;
  }

  /** @returns the place of the next step; undefined at the end */
  #after(step: Step, at: number): number | undefined {
    try {
      const jump = this.#attempt(step);
      if (step.isEnd === true) return undefined;
      const next = jump ?? step.nextStep;
      return next === undefined ? at + 1 : this.#placeOf(next);
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      const { onFailure = 'Abort' } = step;
      this.#result.failed.push(step.name);
      // "If the onFailure property is set to Continue in a step, the value defaults to false. Otherwise [...] true."
      const isCritical = step.isCritical ?? onFailure !== 'Continue';
      if (isCritical && this.#result.status === 'Success') this.#result.status = error.status;
      if (step.isEnd === true || onFailure === 'Abort') return undefined;
      return onFailure === 'Continue' ? at + 1 : this.#placeOf(onFailure.slice('step:'.length));
    }
  }

  #placeOf(name: string): number {
    const at = this.document.mainSteps.findIndex((step) => step.name === name);
    if (at < 0) throw new Error(`There is no step ${name}`);
    return at;
  }

  #attempt(step: Step): string | undefined {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#execute(step);
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error;
        if (attempt >= (step.maxAttempts ?? 1)) throw error;
      }
    }
  }

  #execute(step: Step): string | undefined {
    switch (step.action) {
      case 'aws:executeAwsApi': {
        const answer = this.#call(step.name, step.inputs);
        const outputs = (step.outputs ?? []).map((one) => [one.Name, this.#outputOf(answer, one)] as const);
        for (const [name, value] of outputs) this.#outputs.set(`${step.name}.${name}`, value);
        return undefined;
      }
      case 'aws:waitForAwsResourceProperty':
        for (let poll = 0; poll < POLLS_AT_MOST; poll += 1) {
          if (this.#hasProperty(step.name, step.inputs)) return undefined;
          this.api.pass();
        }
        throw new StepFailure('TimedOut');
      case 'aws:assertAwsResourceProperty':
        if (!this.#hasProperty(step.name, step.inputs)) throw new StepFailure('Failed');
        return undefined;
      case 'aws:branch':
        return step.inputs.Choices.find((choice) => this.#holds(choice))?.NextStep ?? step.inputs.Default;
      case 'aws:approve': {
        const { approval } = this.options;
        if (approval === 'Approved') return undefined;
        throw new StepFailure(approval === 'Rejected' ? 'Rejected' : 'TimedOut');
      }
      case 'aws:sleep':
        return undefined;
    }
  }

  #call(step: string, { Service, Api, ...inputs }: { Service: string; Api: string }): unknown {
    const fault = this.options.faults?.find((one) => one.step === step);
    if (fault?.how === 'refused') throw new StepFailure('Failed');
    let answer: unknown;
    try {
      answer = this.api.call(`${Service}:${Api}`, this.#resolved(inputs) as Record<string, unknown>);
    } catch {
      throw new StepFailure('Failed');
    }
    if (fault !== undefined) throw new StepFailure('Failed');
    return answer;
  }

  #hasProperty(
    step: string,
    inputs: { Service: string; Api: string; PropertySelector: string; DesiredValues: readonly string[] },
  ): boolean {
    const { PropertySelector, DesiredValues, ...rest } = inputs;
    const value = selected(this.#call(step, rest), PropertySelector);
    return value !== undefined && (this.#resolved(DesiredValues) as string[]).includes(String(value));
  }

  #outputOf(answer: unknown, { Selector, Type }: Output): unknown {
    const value = selected(answer, Selector);
    if (value === undefined && this.options.missing === 'fails') throw new StepFailure('Failed');
    if (value === undefined) return '';
    return Type === 'String' ? String(value) : value;
  }

  #holds(choice: Choice): boolean {
    const conditions: readonly Condition[] = 'And' in choice ? choice.And : [choice];
    return conditions.every((one) => {
      const value = this.#resolved(one.Variable);
      if (one.BooleanEquals !== undefined) return value === one.BooleanEquals;
      if (one.StringEquals !== undefined) return value === this.#resolved(one.StringEquals);
      return one.StartsWith !== undefined && typeof value === 'string' && value.startsWith(one.StartsWith);
    });
  }

  #resolved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#resolved(one));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#resolved(one)]));
    if (typeof value !== 'string') return value;
    const whole = /^\{\{\s*([\w.:]+)\s*\}\}$/.exec(value);
    // What is a reference and nothing else keeps its type.
    if (whole !== null) return this.#variable(whole[1] ?? '');
    return value.replace(/\{\{\s*([\w.:]+)\s*\}\}/g, (_, name: string) => String(this.#variable(name)));
  }

  /** @see AWS Systems Manager User Guide, "Automation system variables" */
  #variable(name: string): unknown {
    if (name === 'global:DATE') return this.options.date ?? '2026-11-28';
    if (name === 'global:REGION') return 'us-east-1';
    if (name === 'global:ACCOUNT_ID') return '111122223333';
    if (name === 'automation:EXECUTION_ID') return this.#executionId;
    if (name.includes('.')) return this.#outputs.get(name) ?? NO_OUTPUT;
    return this.options.parameters[name] ?? this.document.parameters[name]?.default ?? '';
  }
}

/** @returns what a path of the kind `$.Volumes[0].State` leads to */
function selected(answer: unknown, path: string): unknown {
  const names = path
    .replace(/^\$\.?/, '')
    .split(/[.[\]]+/)
    .filter((name) => name !== '');
  return names.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    answer,
  );
}
