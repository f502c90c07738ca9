import { type HttpEndpoint, httpEndpoint } from '../infra/http-endpoint.js';

/** An answer of AWS's JSON protocol: an exception by its name, or a body. */
type JsonAnswer = { exception: string } | Record<string, unknown>;

interface AwsCall {
  /** `GetResourceConfigHistory` */
  operation: string;
  input: Record<string, unknown>;
}

/** AWS Config, KMS and EC2, as far as the rule and the alerter ask them, on the loopback address. */
export interface ConfigServer {
  readonly endpoint: HttpEndpoint;
  readonly calls: AwsCall[];
  /** What `GetResourceConfigHistory` knows, newest first. */
  history: Record<string, unknown>[];
  /** Pages of `SelectResourceConfig`. */
  selected: Record<string, unknown>[][];
  /** Pages of `DescribeSnapshots`, as EC2's XML of a set. */
  snapshots: string[];
  /** Whose keys are, by the end of their ARN. */
  keys: Record<string, 'AWS' | 'CUSTOMER' | 'AccessDeniedException' | 'NotFoundException'>;
  /** In place of the answer, for an operation. */
  failures: Partial<Record<string, JsonAnswer>>;
  /** Every evaluation that was told. */
  evaluations(): Record<string, unknown>[];
  reset(): void;
  close(): Promise<void>;
}

/** @see AWS Config API Reference; AWS KMS API Reference, DescribeKey; Amazon EC2 API Reference, DescribeSnapshots */
export async function startConfigServer(): Promise<ConfigServer> {
  const empty = { history: [], selected: [], snapshots: [], keys: {}, failures: {} };
  const state = {
    ...structuredClone(empty),
    calls: [] as AwsCall[],
  } as unknown as ConfigServer;
  const endpoint = await httpEndpoint(({ headers, body }) => {
    const target = headers['x-amz-target'];
    if (typeof target !== 'string') return ec2(state, new URLSearchParams(body.toString()));
    const operation = target.split('.')[1] ?? '';
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    state.calls.push({ operation, input });
    const answer = state.failures[operation] ?? answerTo(state, operation, input);
    const failed = 'exception' in answer;
    return {
      status: failed ? 400 : 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(failed ? { __type: answer['exception'], message: 'no reason given' } : answer),
    };
  });
  return Object.assign(state, {
    endpoint,
    evaluations: () =>
      state.calls
        .filter(({ operation }) => operation === 'PutEvaluations')
        .flatMap(({ input }) => input['Evaluations'] as Record<string, unknown>[]),
    reset: () => {
      state.calls.length = 0;
      Object.assign(state, structuredClone(empty));
    },
    close: () => endpoint.close(),
  });
}

function answerTo(state: ConfigServer, operation: string, input: Record<string, unknown>): JsonAnswer {
  switch (operation) {
    case 'GetResourceConfigHistory': {
      const items = state.history.filter(
        ({ resourceType, resourceId }) =>
          resourceType === input['resourceType'] && resourceId === input['resourceId'],
      );
      if (items.length === 0) return { exception: 'ResourceNotDiscoveredException' };
      return { configurationItems: items.slice(0, Number(input['limit'])).map(onTheWire) };
    }
    case 'SelectResourceConfig': {
      const page = Number(input['NextToken'] ?? 0);
      const next = page + 1 < state.selected.length ? { NextToken: String(page + 1) } : {};
      return { Results: (state.selected[page] ?? []).map((row) => JSON.stringify(row)), ...next };
    }
    case 'PutEvaluations':
      return { FailedEvaluations: [] };
    case 'DescribeKey': {
      const keyId = String(input['KeyId']);
      const owner =
        Object.entries(state.keys).find(([key]) => keyId.includes(key))?.[1] ?? 'NotFoundException';
      return owner === 'AWS' || owner === 'CUSTOMER'
        ? { KeyMetadata: { KeyId: keyId, Arn: keyId, KeyManager: owner, Enabled: true } }
        : { exception: owner };
    }
    default:
      return { exception: 'UnknownOperationException' };
  }
}

/** In the history configurations are JSON texts and times are seconds since 1970. */
function onTheWire(item: Record<string, unknown>): Record<string, unknown> {
  const {
    configuration,
    supplementaryConfiguration,
    configurationItemCaptureTime,
    resourceCreationTime,
    ...rest
  } = item;
  return {
    ...rest,
    ...(resourceCreationTime !== undefined && {
      resourceCreationTime: Date.parse(String(resourceCreationTime)) / 1000,
    }),
    configurationItemCaptureTime:
      Date.parse(String(configurationItemCaptureTime ?? '2026-11-03T09:00:00.000Z')) / 1000,
    configuration: typeof configuration === 'string' ? configuration : JSON.stringify(configuration ?? {}),
    supplementaryConfiguration: Object.fromEntries(
      Object.entries((supplementaryConfiguration ?? {}) as Record<string, unknown>).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  };
}

function ec2(state: ConfigServer, query: URLSearchParams) {
  const operation = query.get('Action') ?? '';
  state.calls.push({ operation, input: Object.fromEntries(query) });
  const page = Number(query.get('NextToken') ?? 0);
  const next = page + 1 < state.snapshots.length ? `<nextToken>${page + 1}</nextToken>` : '';
  return {
    status: operation === 'DescribeSnapshots' ? 200 : 400,
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?><DescribeSnapshotsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><snapshotSet>${state.snapshots[page] ?? ''}</snapshotSet>${next}</DescribeSnapshotsResponse>`,
  };
}
