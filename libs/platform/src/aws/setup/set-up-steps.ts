import { AwsRefusal, awsRefusal, type AwsRequest } from '@app/configuration';

/**
 * What became of one thing:
 * - `created`, `changed`: by this run
 * - `there`: as it should be, and left alone
 * - `missing`: only looked for, or to be given by somebody else
 * - `unsupported`: the endpoint has no such thing (an emulator)
 */
export type SetUpOutcome = 'created' | 'changed' | 'there' | 'missing' | 'unsupported';

export interface SetUpStep {
  /** Name and kind, as an operator knows it; never a value. */
  readonly thing: string;
  readonly outcome: SetUpOutcome;
}

/** Something is there that is not what the service needs, and that setup does not replace. */
export class SetUpConflict extends Error {
  override readonly name = 'SetUpConflict';
}

/** Looks and makes, and tells of each thing at once. */
export class SetUpSteps {
  readonly steps: SetUpStep[] = [];

  constructor(
    /** Look only. */
    readonly checkOnly: boolean,
    private readonly onStep: (step: SetUpStep) => void,
  ) {}

  add(thing: string, outcome: SetUpOutcome): void {
    const step = { thing, outcome };
    this.steps.push(step);
    this.onStep(step);
  }

  /** Makes what is missing, unless this is a look only. @returns whether it is there now */
  async make(thing: string, create: () => Promise<unknown>): Promise<boolean> {
    if (this.checkOnly) {
      this.add(thing, 'missing');
      return false;
    }
    await create();
    this.add(thing, 'created');
    return true;
  }
}

/** @returns the answer @throws AwsRefusal that names thing and permission */
export async function asked<T>(request: AwsRequest, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsRefusal(error, request);
  }
}

/** @returns the answer; `undefined` when there is no such thing @throws AwsRefusal */
export async function askedFor<T>(
  request: AwsRequest,
  absent: string,
  send: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await asked(request, send);
  } catch (error) {
    if (causeNamed(error, absent)) return undefined;
    throw error;
  }
}

export function causeNamed(error: unknown, name: string): boolean {
  return error instanceof AwsRefusal && error.cause instanceof Error && error.cause.name === name;
}
