import { AwsRefusal, deniedAction } from '@app/configuration';
import { TableUnavailable } from './phi-table.js';

/** What is read of an SDK error. Its message and its `Item`s may hold keys and content: they are never passed on. */
interface SdkError {
  name?: unknown;
  message?: unknown;
  CancellationReasons?: { Code?: string }[];
  $metadata?: { requestId?: string; httpStatusCode?: number; attempts?: number };
}

/** DynamoDB refused, in these cases for a moment: nothing was written, and the same request may succeed. */
const momentary = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'ThrottlingError',
  'ThrottlingException',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ReplicatedWriteConflictException',
]);
const CANCELLED = 'TransactionCanceledException';
/** Another request with the same token is at work; asking again later tells how it ended. */
const IN_PROGRESS = 'TransactionInProgressException';
/** Refused before anything was done, and refused again if repeated. */
const refused = new Set([
  'ValidationException',
  'AccessDeniedException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'ExpiredTokenException',
  'ItemCollectionSizeLimitExceededException',
]);

function fieldsOf(error: unknown): SdkError {
  return typeof error === 'object' && error !== null ? error : {};
}

function nameOf(error: unknown): string {
  const { name } = fieldsOf(error);
  // Names come from the service model; anything else is not repeated.
  return typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'Error';
}

function reasonCodes(error: unknown): string[] {
  return (fieldsOf(error).CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
}

/** Positions whose condition did not hold, if that is why DynamoDB refused; empty otherwise. */
export function failedPositions(error: unknown): number[] {
  switch (nameOf(error)) {
    case 'ConditionalCheckFailedException':
      return [0];
    case CANCELLED:
      return reasonCodes(error).flatMap((code, position) =>
        code === 'ConditionalCheckFailed' ? [position] : [],
      );
    default:
      return [];
  }
}

/** Whether the same request should be sent again. */
export function isMomentary(error: unknown): boolean {
  const name = nameOf(error);
  if (name !== CANCELLED) return momentary.has(name) || name === IN_PROGRESS;
  return failedPositions(error).length === 0 && reasonCodes(error).some((code) => momentary.has(code));
}

function isRefused(error: unknown): boolean {
  return momentary.has(nameOf(error)) || refused.has(nameOf(error));
}

/** Whether the SDK sent the request more than once: an earlier attempt may have been carried out, its answer lost. */
export function wasRepeated(error: unknown): boolean {
  return (fieldsOf(error).$metadata?.attempts ?? 1) > 1;
}

/**
 * An error of the SDK in the words of the port, with nothing in it that was sent or stored.
 * @param repeated whether an attempt before the last one may have been carried out
 */
export function tableUnavailable(error: unknown, repeated: boolean): TableUnavailable {
  const { $metadata, message } = fieldsOf(error);
  const codes = new Set(
    reasonCodes(error).filter((code) => code !== 'None' && /^[A-Za-z]{1,60}$/.test(code)),
  );
  const details = [nameOf(error), ...codes];
  if ($metadata?.httpStatusCode !== undefined) details.push(`status ${$metadata.httpStatusCode}`);
  if ($metadata?.requestId !== undefined && /^[\w-]{1,80}$/.test($metadata.requestId)) {
    details.push(`request ${$metadata.requestId}`);
  }
  // Of what is denied the permission is told: `dynamodb:Query`.
  const denied = nameOf(error) === 'AccessDeniedException' ? deniedAction(message) : undefined;
  return new TableUnavailable(`DynamoDB did not answer: ${details.join(', ')}`, {
    ...(denied === undefined
      ? {}
      : { cause: new AwsRefusal(`AWS denies ${denied}: that permission is needed`) }),
    // A transaction that is cancelled was not carried out under its token before either.
    notWritten: nameOf(error) === CANCELLED || (isRefused(error) && !repeated),
  });
}
