/** A kind of failure as RFC 9457 describes it: everything in it is fixed, so nothing that came in can leak out. */
export interface ProblemType {
  /** Last segment of the `type` URI: `/problems/<name>`. */
  readonly name: string;
  readonly title: string;
  readonly status: number;
  /** One fixed sentence that tells the caller what to do next. */
  readonly detail?: string;
}

const type = (status: number, name: string, title: string, detail?: string): ProblemType =>
  Object.freeze({ name, title, status, detail });

/** Every problem that the service answers with. The list is part of the interface: names are never reused. */
export const problemTypes = {
  malformedRequest: type(400, 'malformed-request', 'The request is not well formed'),
  validationFailed: type(400, 'validation-failed', 'The request does not match its schema'),
  invalidCursor: type(
    400,
    'invalid-cursor',
    'The cursor is not valid here',
    'A cursor belongs to one caller, one route and one filter, and expires. Start again without it.',
  ),
  unauthenticated: type(
    401,
    'unauthenticated',
    'A valid access token is needed',
    'Send "Authorization: Bearer <token>" with a token of a configured issuer.',
  ),
  insufficientScope: type(403, 'insufficient-scope', 'The access token does not permit this'),
  notFound: type(404, 'not-found', 'There is nothing here for this caller'),
  identifierTaken: type(
    409,
    'identifier-taken',
    'An identifier in the request is already in use',
    'Identifiers of a system belong to one patient.',
  ),
  alreadyExists: type(409, 'already-exists', 'An entry of the batch already exists'),
  alreadyReviewed: type(
    409,
    'already-reviewed',
    'The emergency access was reviewed before',
    'A review is final.',
  ),
  notSealedYet: type(
    409,
    'not-sealed-yet',
    'The event is recorded, but not sealed yet',
    'Events are sealed every few seconds. Repeat the request after the time in Retry-After.',
  ),
  concurrentWrite: type(
    409,
    'concurrent-write',
    'Another request is changing the same resource',
    'Nothing was changed. Read the resource again, then repeat the request.',
  ),
  gone: type(410, 'gone', 'The resource was deleted'),
  preconditionFailed: type(
    412,
    'precondition-failed',
    'The resource is not in the state that the request requires',
    'Read the resource again and send its current ETag.',
  ),
  payloadTooLarge: type(413, 'payload-too-large', 'The request is too large'),
  unsupportedMediaType: type(
    415,
    'unsupported-media-type',
    'The media type is not supported here',
    'Send application/json; PATCH takes application/merge-patch+json.',
  ),
  identifierInText: type(
    422,
    'identifier-in-text',
    'The text contains an identifier that must not be stored',
    'Remove the identifiers at the places listed in `findings` and send the request again.',
  ),
  idempotencyKeyReused: type(
    422,
    'idempotency-key-reused',
    'The idempotency key was used with another request',
    'Send a new request with a new key; repeat a request with the same body.',
  ),
  preconditionRequired: type(
    428,
    'precondition-required',
    'The request must say which version it changes',
    'Send If-Match with the ETag of the version that you read.',
  ),
  tooManyRequests: type(429, 'too-many-requests', 'Too many requests'),
  headersTooLarge: type(431, 'headers-too-large', 'The header fields are too large'),
  internal: type(500, 'internal-error', 'The service failed'),
  integrityFailure: type(
    500,
    'integrity-failure',
    'A stored record failed its integrity check',
    'The record was not returned. The event is recorded and must be investigated.',
  ),
  screeningUnavailable: type(
    503,
    'screening-unavailable',
    'Screening of free text is not available',
    'Nothing was stored. Repeat the request later.',
  ),
  auditUnavailable: type(
    503,
    'audit-unavailable',
    'The audit trail cannot be written',
    'Without an audit event nothing is returned or changed. Repeat the request later.',
  ),
  identityProviderUnavailable: type(
    503,
    'identity-provider-unavailable',
    'The issuer of the access token is not available',
    'Whether the token is genuine cannot be told now. Repeat the request later.',
  ),
  keyServiceUnavailable: type(
    503,
    'key-service-unavailable',
    'The key service is not available',
    'Nothing was changed. Repeat the request later.',
  ),
  storageUnavailable: type(
    503,
    'storage-unavailable',
    'The record store is not available',
    'Nothing was acknowledged. Repeat the request later.',
  ),
  overloaded: type(503, 'overloaded', 'The service is busy', 'Repeat the request later.'),
} as const satisfies Record<string, ProblemType>;
