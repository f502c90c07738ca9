export type BedrockService = 'guardrail' | 'model';

/** Why a service gave no answer that can be used. */
export const failureKinds = [
  /** 429, or the account's quota. */
  'throttled',
  /** 5xx, a model that is not ready, no connection. */
  'unavailable',
  /** No whole answer within the time of one call. */
  'timeout',
  /** 4xx: the account, the guardrail, the model or the request is not what the service takes. */
  'refused',
  /** An answer of another shape than documented. */
  'malformed',
  /** The model's answer was cut off at its token limit. */
  'truncated',
  /** A guardrail or a safety filter kept the model from answering. */
  'filtered',
  /** The guardrail did not examine all of the text, or names something that is nowhere in it. */
  'incomplete',
  /** Not called: the circuit breaker is open. */
  'breaker-open',
  /** Not called: too many calls wait already. */
  'overloaded',
  /** The time for the whole request was over. */
  'deadline',
  /** Ended because another call of the same request failed. */
  'cancelled',
] as const;

export type FailureKind = (typeof failureKinds)[number];

/** Names that are told; a name that a server invents could hold anything. */
const knownExceptions = new Set([
  'AccessDeniedException',
  'ConflictException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InternalServerException',
  'ModelErrorException',
  'ModelNotReadyException',
  'ModelTimeoutException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'TimeoutError',
  'UnrecognizedClientException',
  'ValidationException',
]);

const retried: ReadonlySet<FailureKind> = new Set(['throttled', 'unavailable', 'timeout', 'malformed']);
const opening: ReadonlySet<FailureKind> = new Set([
  'throttled',
  'unavailable',
  'timeout',
  'refused',
  'deadline',
]);

/**
 * A failed call, stripped to what is the same for any text: service, kind, the exception's name and status. It has no
 * `cause`: messages of the SDK quote requests and answers, and a JSON error quotes the body that it could not read.
 */
export class BedrockFailure extends Error {
  override readonly name = 'BedrockFailure';
  /** What the log shows of it. */
  readonly code: string;

  constructor(
    readonly service: BedrockService | 'request',
    readonly kind: FailureKind,
    readonly exception?: string,
    readonly status?: number,
  ) {
    super(`Bedrock ${service}: ${kind}`);
    this.code = `BEDROCK_${service}_${kind}`.toUpperCase().replaceAll('-', '_');
  }

  /** The same call may succeed in a moment. */
  get isRetried(): boolean {
    return retried.has(this.kind);
  }

  /** It says something of the service, not of this text alone. */
  get countsForBreaker(): boolean {
    return opening.has(this.kind);
  }
}

/**
 * @param error anything that the SDK throws
 * @returns what may be known of it
 * @see Amazon Bedrock User Guide, "Troubleshooting Amazon Bedrock API Error Codes"
 */
export function failureOf(service: BedrockService, error: unknown): BedrockFailure {
  if (error instanceof BedrockFailure) return error;
  const { name, status } = described(error);
  return new BedrockFailure(service, kindOf(name, status), name, status);
}

function described(error: unknown): { name?: string; status?: number } {
  if (!(error instanceof Error)) return {};
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return {
    ...(knownExceptions.has(error.name) ? { name: error.name } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}

function kindOf(name: string | undefined, status: number | undefined): FailureKind {
  if (name === 'TimeoutError' || name === 'ModelTimeoutException') return 'timeout';
  if (name === 'ModelNotReadyException' || name === 'ModelErrorException') return 'unavailable';
  if (name === 'ThrottlingException' || status === 429) return 'throttled';
  if (name === 'CredentialsProviderError') return 'refused';
  if (status === undefined || status >= 500) return 'unavailable';
  // A 200 that could not be read is an answer, but not one of the documented shape.
  return status < 300 ? 'malformed' : 'refused';
}
