import { AwsEndpoint, type JsonService } from './aws-endpoint.js';
import { AwsException } from './aws-exception.js';
import type { Operations } from './input-fields.js';

/** Starts a service whose operations are functions of ours. */
export function startJsonService(
  service: Omit<JsonService, 'answer'>,
  operations: Operations,
): Promise<AwsEndpoint> {
  return AwsEndpoint.start({
    ...service,
    answer({ operation, input }) {
      const run = operations[operation];
      if (run === undefined) throw new AwsException('UnknownOperationException');
      return run(input);
    },
  });
}

/** Times stand in answers as seconds since the epoch. */
export const epochSeconds = (date: Date): number => date.getTime() / 1000;

/** One page of a list, and the token of the next: the position, bound to the question. */
export function pageOf<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
  question: unknown,
  invalidToken: () => AwsException,
): { page: T[]; next: string | undefined } {
  const start = token === undefined ? 0 : positionIn(token, question, invalidToken);
  const end = start + size;
  const next = Buffer.from(JSON.stringify([end, question ?? null])).toString('base64');
  return { page: items.slice(start, end), next: end < items.length ? next : undefined };
}

function positionIn(token: string, question: unknown, invalidToken: () => AwsException): number {
  try {
    const [position, asked] = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as [number, unknown];
    if (Number.isInteger(position) && JSON.stringify(asked) === JSON.stringify(question ?? null))
      return position;
  } catch {
    // Refused below.
  }
  throw invalidToken();
}
