import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';

interface OperationOptions {
  summary: string;
  /** Problems beside the ones that every operation has. */
  problems?: Record<number, string>;
  /** The write needs `If-Match`, and a stale one is refused. */
  conditional?: boolean;
}

const everywhere: Record<number, string> = {
  400: 'Not well formed: `errors` lists the places',
  401: 'No valid access token',
  403: 'The scopes of the token do not permit it',
  429: 'Too many requests: see `Retry-After`',
  500: 'The service failed, or a stored record failed its integrity check',
  503: 'A dependency is not available; nothing was acknowledged',
};

/** One line of documentation a route: what it does and every problem it answers with. */
export function Documented({ summary, problems = {}, conditional = false }: OperationOptions) {
  const conditions: Record<number, string> = conditional
    ? {
        409: 'Another request is changing the same resource; nothing was changed',
        412: 'The resource is not in the state that the request requires',
        428: 'If-Match is missing',
      }
    : {};
  const responses = Object.entries({ ...everywhere, ...conditions, ...problems }).map(
    ([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } } },
      }),
  );
  return applyDecorators(
    ApiOperation({ summary }),
    ApiBearerAuth('token'),
    ApiHeader({
      name: 'X-Purpose-Of-Use',
      required: false,
      description: 'HL7 v3 PurposeOfUse code, written into the audit trail.',
      schema: { type: 'string' },
      example: 'TREAT',
    }),
    ...(conditional
      ? [
          ApiHeader({
            name: 'If-Match',
            required: false,
            description: 'ETag of the version to change.',
            schema: { type: 'string' },
            example: '"1"',
          }),
        ]
      : []),
    ...responses,
  );
}

/** The write may be repeated under the same key without doing it twice. No example: Swagger UI would send it each time. */
export const Idempotent = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'A UUID or other text of up to 200 characters; the same key with the same body within a day does nothing twice.',
    schema: { type: 'string' },
  });

const etag = {
  ETag: { description: 'Version of the resource.', schema: { type: 'string' as const }, example: '"1"' },
};
const location = {
  Location: { description: 'Path of the new resource.', schema: { type: 'string' as const } },
};

export const Answers = (status: 200 | 201, description: string, type: new () => object) =>
  ApiResponse({ status, description, type, headers: status === 201 ? { ...etag, ...location } : etag });
export const AnswersPage = (description: string, type: new () => object) =>
  ApiResponse({ status: 200, description, type });
