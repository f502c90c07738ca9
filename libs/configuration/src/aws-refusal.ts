/** One request to AWS, as an operator knows it. */
export interface AwsRequest {
  /** What it is about: `table phi-dev-records`. */
  readonly thing: string;
  /** Permission that it needs: `dynamodb:Query`. */
  readonly action: string;
}

/**
 * AWS does not do what was asked of it, and an operator can change that. The message names the thing and the permission, and
 * nothing that was sent, stored or answered.
 */
export class AwsRefusal extends Error {
  override readonly name = 'AwsRefusal';
}

/** What is read of an SDK error. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: unknown;
}

const denied = new Set(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation']);
const badCredentials = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'ExpiredTokenException',
  'ExpiredToken',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
]);
const missing = new Set([
  'ResourceNotFoundException',
  'ParameterNotFound',
  'NotFoundException',
  'TableNotFoundException',
]);
const unusableKey = new Set(['DisabledException', 'KMSInvalidStateException', 'KeyUnavailableException']);
const otherKind = new Set([
  'InvalidKeyUsageException',
  'UnsupportedOperationException',
  'InvalidArnException',
]);
const notThisService = new Set(['SyntaxError', 'UnknownError', 'Unknown', 'UnknownOperationException']);
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'ERR_INVALID_URL',
]);

/**
 * @returns what an operator is told of an error of the SDK
 * @see AWS SDK for JavaScript v3, "Error handling": names of errors are those of the service's model
 */
export function awsRefusal(error: unknown, request: AwsRequest): AwsRefusal {
  if (error instanceof AwsRefusal) return error;
  return new AwsRefusal(sentence(fieldsOf(error), request), { cause: error });
}

function sentence(error: SdkError, { thing, action }: AwsRequest): string {
  const name = errorName(error);
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return 'no AWS credentials were found: neither in the environment nor a profile, and no role of a task or instance';
  }
  if (error.message === 'Region is missing') return 'no AWS region is set: AWS_REGION';
  if (badCredentials.has(name)) {
    return `AWS does not accept the credentials in this region (${name}); look at AWS_REGION and the credentials`;
  }
  if (denied.has(name)) return `${thing}: AWS denies it; the permission ${action} is needed on it`;
  if (missing.has(name)) {
    return `${thing} is not there, in this region and account (AWS_REGION, AWS_ENDPOINT_URL)`;
  }
  if (unusableKey.has(name)) return `${thing} is disabled or about to be deleted (${name})`;
  if (otherKind.has(name)) return `${thing} is of another kind than is needed (${name})`;
  if (unreachable.has(name) || name === 'TimeoutError' || name === 'AggregateError') {
    // Without the thing: whoever asks for several is told once.
    return `AWS does not answer to ${action} (${name}); look at AWS_REGION, AWS_ENDPOINT_URL and the network`;
  }
  // The SDK could not read the answer, or there is none of its errors in it.
  if (notThisService.has(name)) {
    return `what answers to ${action} is not this service of AWS; look at AWS_ENDPOINT_URL`;
  }
  return `${thing}: ${action} failed (${name})`;
}

/**
 * What of AWS stands behind an error that a port has translated already.
 * @returns a sentence for an operator, or `undefined` when it is something else
 */
export function awsRefusalBehind(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  for (let each = error; isObject(each) && !seen.has(each); each = fieldsOf(each).cause) {
    seen.add(each);
    const { name, message } = fieldsOf(each);
    if (each instanceof AwsRefusal) return each.message;
    if (typeof name === 'string' && denied.has(name)) {
      return `AWS denies ${deniedAction(message) ?? 'the request'}: that permission is needed`;
    }
    if (typeof name === 'string' && (badCredentials.has(name) || unusableKey.has(name))) {
      return sentence(fieldsOf(each), { thing: 'the KMS key', action: '' });
    }
  }
  return undefined;
}

/** "User: ... is not authorized to perform: kms:Decrypt on resource: ...": of it the action alone. */
export function deniedAction(message: unknown): string | undefined {
  return /\bperform:? ([a-z0-9-]{2,30}:[A-Za-z]{3,60})\b/.exec(
    typeof message === 'string' ? message : '',
  )?.[1];
}

/** Names come from the service's model and codes from the system; anything else is not repeated. */
function errorName({ name, code }: SdkError): string {
  if (typeof code === 'string' && unreachable.has(code)) return code;
  return typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'Error';
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const fieldsOf = (error: unknown): SdkError => (isObject(error) ? error : {});
