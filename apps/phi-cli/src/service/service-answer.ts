import type { RawAnswer } from './service-connection.js';

/** An identifier that screening found: its kind and place, never its text. */
export interface ScreeningFinding {
  readonly type: string;
  readonly count: number;
  readonly pointer: string;
}

/** What the service answered, with nothing in it that the data brought: safe to print. */
export interface ServiceAnswer {
  readonly status: number;
  /** Last segment of the problem's `type`, e.g. `identifier-taken`; absent on success. */
  readonly problem?: string;
  /** Places that a validation problem names, RFC 6901 pointers. */
  readonly pointers: readonly string[];
  /** What screening refused (422) or replaced (201). */
  readonly findings: readonly ScreeningFinding[];
  /** `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number;
}

/** Longest list of places that is kept of one answer. */
const maxListed = 100;

/**
 * Reads an answer down to what may be shown. An answer can quote what was sent (a JSON key in a pointer is
 * content, too), and the address may lead to something that is not our service at all: so names are matched
 * against their grammar, and free sentences are left where they are.
 * @param wallClockMs for a `Retry-After` that is a date
 */
export function readAnswer(raw: RawAnswer, wallClockMs: number): ServiceAnswer {
  const retryAfterMs = readRetryAfter(raw.headers['retry-after'], wallClockMs);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (raw.status < 400) {
    // The answer to a write repeats what was stored. Parsing it costs more than sending it did, and only an
    // answer that has this word in it can have a screening outcome of that name.
    const findings = isAnonymized(raw) ? replacedIn(parseObject(raw.body)) : [];
    return { status: raw.status, pointers: [], findings, ...retry };
  }
  const document = parseObject(raw.body);
  const type = typeof document['type'] === 'string' ? document['type'] : '';
  const problem = /(?:^|\/)problems\/([a-z][a-z-]{0,39})$/.exec(type)?.[1];
  const errors = Array.isArray(document['errors']) ? document['errors'].slice(0, maxListed) : [];
  return {
    status: raw.status,
    ...(problem === undefined ? {} : { problem }),
    pointers: errors.map((error) => safePointer(isObject(error) ? error['pointer'] : undefined)),
    findings: readFindings(document['findings']),
    ...retry,
  };
}

/** @returns what screening replaced in each item of the answer to a batch; empty if in none */
export function readItemFindings(raw: RawAnswer): ScreeningFinding[][] {
  if (!isAnonymized(raw)) return [];
  const { items } = parseObject(raw.body);
  return Array.isArray(items) ? items.map((item) => (isObject(item) ? replacedIn(item) : [])) : [];
}

const isAnonymized = ({ body }: RawAnswer) => body.includes('"anonymized"');

function replacedIn({ screening }: Record<string, unknown>): ScreeningFinding[] {
  const isReplaced = isObject(screening) && screening['outcome'] === 'anonymized';
  return readFindings(isReplaced ? screening['findings'] : undefined);
}

function readFindings(value: unknown): ScreeningFinding[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map(({ type, count, pointer }) => ({
    type: typeof type === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(type) ? type : 'UNKNOWN',
    count: typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 1,
    pointer: safePointer(pointer),
  }));
}

/** Keeps the segments that look like FHIR elements and list positions; any other key may be content. */
function safePointer(value: unknown): string {
  if (typeof value !== 'string') return '(unknown place)';
  return value
    .slice(0, 400)
    .split('/')
    .map((segment) =>
      segment === '' || /^(?:_?[a-z][A-Za-z0-9]{0,39}|\d{1,6}|header:[a-z-]+)$/.test(segment) ? segment : '*',
    )
    .join('/');
}

/** @see RFC 9110, section 10.2.3: seconds, or an HTTP date */
function readRetryAfter(value: string | undefined, wallClockMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallClockMs);
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
