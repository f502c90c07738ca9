import { type ProblemType, problemTypes } from './problem-types.js';

/** A place in the request that is wrong. */
export interface FieldError {
  /** RFC 6901 pointer into the body, or `header:<name>`, `path:<name>`, `query:<name>` outside it. */
  pointer: string;
  /** What is expected there; never what was sent. */
  detail: string;
}

/** An identifier that screening found: where and of which kind, never its text. */
export interface FindingSummary {
  type: string;
  count: number;
  /** RFC 6901 pointer to the string that holds it. */
  pointer: string;
}

/** A dependency that fails, or a process that is full, is asked again no sooner (RFC 9110, 10.2.3). */
const comeAgain = { 'retry-after': '5' };

export interface ProblemOptions {
  /** The error behind it: logged by class and stack only, never sent. */
  cause?: unknown;
  errors?: FieldError[];
  findings?: FindingSummary[];
  /** Extra answer headers, e.g. `Retry-After`. */
  headers?: Record<string, string>;
  /** Replaces the type's fixed sentence; must not hold anything that came in. */
  detail?: string;
}

/**
 * The one error that crosses module borders. Its message is the fixed title of its type,
 * so that logging it can never print what came in.
 */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly errors: FieldError[] | undefined;
  readonly findings: FindingSummary[] | undefined;
  readonly headers: Record<string, string>;
  readonly detail: string | undefined;

  constructor(
    readonly type: ProblemType,
    options: ProblemOptions = {},
  ) {
    super(type.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors;
    this.findings = options.findings;
    this.headers = { ...(type.status === 503 ? comeAgain : {}), ...options.headers };
    this.detail = options.detail ?? type.detail;
  }
}

/** @returns the problem of one wrong place in the request, see `FieldError` */
export function invalidField(pointer: string, detail: string): Problem {
  return new Problem(problemTypes.validationFailed, { errors: [{ pointer, detail }] });
}

/** @returns the RFC 9457 body for `problem`; `instance` is the request id. */
export function problemDocument(problem: Problem, instance: string) {
  return {
    type: `/problems/${problem.type.name}`,
    title: problem.type.title,
    status: problem.type.status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    instance,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...(problem.findings === undefined ? {} : { findings: problem.findings }),
  };
}
