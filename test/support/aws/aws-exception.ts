/** An exception as a service of AWS sends it: its name in `__type`, and mostly a message. */
export class AwsException extends Error {
  constructor(
    readonly code: string,
    message = '',
    readonly status = 400,
    /** What else stands in the answer, as the exception's shape has it. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** As every service words it. */
export function validationError(field: string, constraint: string): AwsException {
  const member = field.charAt(0).toLowerCase() + field.slice(1);
  return new AwsException(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
