import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { ConfigurationError } from '@app/configuration';

/** Which guardrail and model read the text, and what happens if they do not answer. Times in milliseconds. */
export interface BedrockOptions {
  readonly region: string;
  /** Elsewhere than the region's endpoint, e.g. a VPC endpoint; the SDK's `AWS_ENDPOINT_URL...` are honoured without it. */
  readonly endpoint?: string;
  /** In place of the SDK's own chain (task role, profile). */
  readonly credentials?: BedrockRuntimeClientConfig['credentials'];
  /** Id or ARN; it should hold a sensitive-information policy and nothing else, see the README. */
  readonly guardrailId: string;
  readonly guardrailVersion: string;
  /** Model id, or id or ARN of an inference profile. It must take `temperature`, a forced tool and `strict`. */
  readonly modelId: string;
  /** `reject`: a Problem; `local-only`: what was found without Bedrock, marked `degraded`. */
  readonly onFailure: 'reject' | 'local-only';
  readonly timeouts?: Partial<BedrockTimeouts>;
  readonly limits?: Partial<BedrockLimits>;
}

export interface BedrockTimeouts {
  readonly connectMs: number;
  /** One call of ApplyGuardrail, with its answer read to the end. */
  readonly guardrailMs: number;
  /** One call of Converse, with its answer read to the end. */
  readonly modelMs: number;
  /** All that is asked for the texts of one request, waiting and retries included. */
  readonly overallMs: number;
}

export interface BedrockLimits {
  /** Calls at once, to each of the two services. */
  readonly concurrentCalls: number;
  /** Calls that wait for their turn; more are refused. */
  readonly queuedCalls: number;
  /** Calls at once for the texts of one request, so that a large one leaves room for others. */
  readonly concurrentCallsPerRequest: number;
  readonly retries: number;
  /** The wait before the n-th retry is drawn from 0 to `firstRetryMs * 2^n`, at most `lastRetryMs` (full jitter). */
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** Failures in a row that open the circuit breaker of a service. */
  readonly failuresToOpen: number;
  /** How long an open breaker refuses calls before it lets one try. */
  readonly openMs: number;
}

export interface ResolvedBedrockOptions extends BedrockOptions {
  readonly timeouts: BedrockTimeouts;
  readonly limits: BedrockLimits;
}

// API Gateway ends a request after 29 s: the answer must be known before.
const defaultTimeouts: BedrockTimeouts = {
  connectMs: 1_000,
  guardrailMs: 4_000,
  modelMs: 12_000,
  overallMs: 20_000,
};

const defaultLimits: BedrockLimits = {
  concurrentCalls: 16,
  queuedCalls: 64,
  // Fewer than `failuresToOpen`: one request that is too large for its deadline cannot open the breaker for all.
  concurrentCallsPerRequest: 4,
  retries: 3,
  firstRetryMs: 200,
  lastRetryMs: 2_000,
  failuresToOpen: 5,
  openMs: 10_000,
};

/** Patterns of the API reference (ApplyGuardrail, Converse). */
const patterns = {
  region: [/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'an AWS region'],
  guardrailId: [
    /^([a-z0-9]{1,64}|arn:aws(-[a-z-]{1,20})?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]{1,64})$/,
    'the id or the ARN of a guardrail',
  ],
  guardrailVersion: [/^([1-9][0-9]{0,7}|DRAFT)$/, 'a version number or DRAFT'],
  modelId: [/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,2047}$/, 'the id or the ARN of a model or an inference profile'],
  onFailure: [/^(reject|local-only)$/, 'reject or local-only'],
} as const;

/**
 * @returns the options with every default filled in
 * @throws ConfigurationError that names every wrong option, and no value
 */
export function resolveBedrockOptions(given: BedrockOptions): ResolvedBedrockOptions {
  const timeouts = { ...defaultTimeouts, ...given.timeouts };
  const limits = { ...defaultLimits, ...given.limits };
  const faults: string[] = [];
  for (const name of Object.keys(patterns) as (keyof typeof patterns)[]) {
    const [pattern, expected] = patterns[name];
    if (!pattern.test(given[name])) faults.push(`${name} must be ${expected}`);
  }
  if (given.endpoint !== undefined && !/^https?:\/\/[^\s@]{1,2000}$/.test(given.endpoint)) {
    faults.push('endpoint must be an http or https URL without credentials');
  }
  const mayBeZero = new Set(['queuedCalls', 'retries', 'firstRetryMs', 'lastRetryMs']);
  for (const [name, value] of Object.entries({ ...timeouts, ...limits })) {
    const least = mayBeZero.has(name) ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > 600_000) {
      faults.push(`${name} must be a whole number from ${least} to 600000`);
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return Object.freeze({ ...given, timeouts, limits });
}
