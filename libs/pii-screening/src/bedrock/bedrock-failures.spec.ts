import { inspect } from 'node:util';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLog } from '@app/observability';
import { Problem, problemTypes } from '@app/problem-details';
import {
  type BedrockReply,
  type BedrockServer,
  conversed,
  entities,
  exception,
  intervened,
  nothingDetected,
  reported,
  startBedrockServer,
  toolUse,
} from '../../../../test/support/bedrock-server.js';
import { PiiScreener } from '../pii-screener.js';
import { storedNotesPolicy } from '../screening-policy.js';
import { BedrockFailure } from './bedrock-failure.js';
import type { BedrockOptions } from './bedrock-options.js';
import type { BedrockPiiDetector } from './bedrock-pii-detector.js';
import { detectorOn } from './spec-support.js';

let server: BedrockServer;
const detectors: BedrockPiiDetector[] = [];

beforeAll(async () => {
  server = await startBedrockServer();
});
beforeEach(() => server.reset());
afterEach(async () => {
  jest.restoreAllMocks();
  for (const detector of detectors.splice(0)) detector.close();
  await server.idle();
});
afterAll(() => server.close());

function started(more: Partial<BedrockOptions> = {}): BedrockPiiDetector {
  detectors.push(detectorOn(server, more));
  return detectors.at(-1)!;
}

const limits = (given: Partial<NonNullable<BedrockOptions['limits']>>) => ({ limits: given });
const timeouts = (given: Partial<NonNullable<BedrockOptions['timeouts']>>) => ({ timeouts: given });

async function refusal(answer: Promise<unknown>): Promise<{ problem: Problem; failure: BedrockFailure }> {
  const problem = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof Problem)) throw new Error('was not refused');
  expect(problem.type).toBe(problemTypes.screeningUnavailable);
  if (!(problem.cause instanceof BedrockFailure)) throw new Error('has another cause');
  return { problem, failure: problem.cause };
}

/** Answers each of `replies` once, then `last` for ever. */
function inTurn(replies: BedrockReply[], last: BedrockReply): () => BedrockReply {
  const left = [...replies];
  return () => left.shift() ?? last;
}

const text = 'Zorblat was seen';
const transient: [string, BedrockReply][] = [
  ['429 ThrottlingException', exception(429, 'ThrottlingException')],
  ['429 ModelNotReadyException', exception(429, 'ModelNotReadyException')],
  ['408 ModelTimeoutException', exception(408, 'ModelTimeoutException')],
  ['424 ModelErrorException', exception(424, 'ModelErrorException')],
  ['500 InternalServerException', exception(500, 'InternalServerException')],
  ['503 ServiceUnavailableException', exception(503, 'ServiceUnavailableException')],
  ['502 of a proxy', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['a connection that is reset', { ending: 'reset' }],
];
const permanent: [string, BedrockReply][] = [
  ['400 ValidationException', exception(400, 'ValidationException')],
  ['400 ServiceQuotaExceededException', exception(400, 'ServiceQuotaExceededException')],
  ['403 AccessDeniedException', exception(403, 'AccessDeniedException')],
  ['404 ResourceNotFoundException', exception(404, 'ResourceNotFoundException')],
];

describe('a call that fails', () => {
  it.each(transient)('is repeated after %s', async (_name, reply) => {
    const detector = started();
    server.guardrail = inTurn([reply], intervened(entities(['Zorblat', 'NAME'])));
    server.model = inTurn([reply, reply], reported([['seen', 'OTHER_ID']]));
    expect(await detector.detect(text)).toHaveLength(2);
    expect(detector.figures).toMatchObject({
      guardrail: { calls: 2, retries: 1, breaker: 'closed' },
      model: { calls: 3, retries: 2, breaker: 'closed' },
      rejectedRequests: 0,
    });
  });

  it.each(permanent)('is not repeated after %s', async (name, reply) => {
    const detector = started();
    server.model = () => reply;
    const { failure } = await refusal(detector.detect(text));
    expect(failure).toMatchObject({ service: 'model', kind: 'refused', status: Number(name.slice(0, 3)) });
    expect(failure.exception).toBe(name.slice(4));
    expect(detector.figures.model).toMatchObject({ calls: 1, retries: 0, failures: { refused: 1 } });
  });

  it('is given up after the retries: 503 with Retry-After', async () => {
    const detector = started();
    server.guardrail = () => exception(429, 'ThrottlingException');
    const { problem, failure } = await refusal(detector.detect(text));
    expect(problem.headers).toEqual({ 'retry-after': '5' });
    expect(failure).toMatchObject({ kind: 'throttled', code: 'BEDROCK_GUARDRAIL_THROTTLED', status: 429 });
    expect(detector.figures).toMatchObject({
      guardrail: { calls: 4, retries: 3, failures: { throttled: 4 } },
      model: { calls: 0 },
      rejectedRequests: 1,
    });
  });

  it('fails where nobody listens', async () => {
    const gone = await startBedrockServer();
    await gone.close();
    const detector = started({ endpoint: gone.endpoint });
    const { failure } = await refusal(detector.detect(text));
    expect(failure).toMatchObject({ service: 'guardrail', kind: 'unavailable', status: undefined });
    expect(detector.figures.guardrail.calls).toBe(4);
  });

  it('fails when a whole answer does not come in time, and hangs up', async () => {
    const detector = started({ ...timeouts({ guardrailMs: 40 }), ...limits({ retries: 1 }) });
    server.guardrail = () => ({ ...nothingDetected(), ending: 'stall' });
    const { failure } = await refusal(detector.detect(text));
    expect(failure).toMatchObject({ service: 'guardrail', kind: 'timeout' });
    await server.idle();
    const { calls, latencyMs } = detector.figures.guardrail;
    expect(calls).toBe(2);
    expect(latencyMs.p50).toBeGreaterThan(30);
  });
});

const wrongAnswers: [string, 'guardrail' | 'model', BedrockReply, string][] = [
  ['no action', 'guardrail', { body: { assessments: [] } }, 'malformed'],
  ['another action', 'guardrail', { body: { action: 'MAYBE', assessments: [] } }, 'malformed'],
  ['no assessments', 'guardrail', { body: { action: 'NONE' } }, 'malformed'],
  ['no JSON', 'guardrail', { body: 'Zorblat was seen' }, 'malformed'],
  [
    'a part of the text examined',
    'guardrail',
    nothingDetected({ guardrailCoverage: { textCharacters: { guarded: 9, total: 16 } } }),
    'incomplete',
  ],
  ['a match that is nowhere', 'guardrail', intervened(entities(['Blorp', 'NAME'])), 'incomplete'],
  ['a match that is not told', 'guardrail', intervened(entities(['', 'NAME'])), 'incomplete'],
  ['no JSON', 'model', { body: '{"output": Zorblat' }, 'malformed'],
  ['no message', 'model', { body: { stopReason: 'tool_use' } }, 'malformed'],
  ['text alone', 'model', conversed('end_turn', [{ text: 'Zorblat is a name.' }]), 'malformed'],
  ['text and the reason of a tool', 'model', conversed('tool_use', [{ text: 'Zorblat' }]), 'malformed'],
  ['another tool', 'model', toolUse({ identifiers: [] }, 'shell'), 'malformed'],
  ['input that is a string', 'model', toolUse('{"identifiers": []}'), 'malformed'],
  ['no list', 'model', toolUse({ identifiers: { text: 'Zorblat', type: 'NAME' } }), 'malformed'],
  ['strings for objects', 'model', toolUse({ identifiers: ['Zorblat'] }), 'malformed'],
  ['a number for a text', 'model', toolUse({ identifiers: [{ text: 7, type: 'NAME' }] }), 'malformed'],
  ['an unknown type', 'model', reported([['Zorblat', 'HOBBY']]), 'malformed'],
  ['malformed_tool_use', 'model', conversed('malformed_tool_use', []), 'malformed'],
  ['max_tokens', 'model', { ...reported([]), ...conversed('max_tokens', []) }, 'truncated'],
  ['guardrail_intervened', 'model', conversed('guardrail_intervened', [{ text: 'Sorry.' }]), 'filtered'],
  ['content_filtered', 'model', conversed('content_filtered', []), 'filtered'],
];

describe('an answer that cannot be used', () => {
  it.each(wrongAnswers)('is a failure: %s of the %s', async (_name, service, reply, kind) => {
    const detector = started();
    server[service] = () => reply;
    const { failure } = await refusal(detector.detect(text));
    expect(failure).toMatchObject({ service, kind });
    // What another text would be answered says nothing of this: the breaker stays out of it.
    expect(detector.figures[service].breaker).toBe('closed');
    expect(detector.figures[service].calls).toBe(kind === 'malformed' ? 4 : 1);
  });

  it('counts matches that are nowhere in the text', async () => {
    const detector = started();
    server.guardrail = () => intervened(entities(['Blorp', 'NAME'], ['Zorblat', 'NAME'], ['Blip', 'AGE']));
    await refusal(detector.detect(text));
    expect(detector.figures).toMatchObject({
      unlocatedMatches: 2,
      guardrail: { failures: { incomplete: 1 } },
    });
  });
});

describe('with local-only', () => {
  const note = 'Zorblat, 617-555-0143, by the mill';

  it('what the local pass found is answered and marked', async () => {
    const detector = started({ onFailure: 'local-only' });
    server.guardrail = () => exception(403, 'AccessDeniedException');
    expect(await detector.examine([note])).toMatchObject({ findings: [[{ type: 'PHONE' }]], degraded: true });
    expect(detector.figures).toMatchObject({ degradedRequests: 1, rejectedRequests: 0 });
  });

  it('what the guardrail found is kept if the model alone fails', async () => {
    const detector = started({ onFailure: 'local-only' });
    server.guardrail = () => intervened(entities(['Zorblat', 'NAME']));
    server.model = () => conversed('content_filtered', []);
    expect(await detector.examine([note])).toMatchObject({
      findings: [[{ type: 'NAME' }, { type: 'PHONE' }]],
      degraded: true,
    });
  });

  it('an answer without a place for the mark is not given', async () => {
    const detector = started({ onFailure: 'local-only' });
    server.model = () => exception(403, 'AccessDeniedException');
    expect((await refusal(detector.detect(note))).failure.kind).toBe('refused');
    expect((await refusal(detector.detectAll([note]))).failure.kind).toBe('refused');
  });

  it('the screening of a request says so, and refuses what the policy blocks as ever', async () => {
    server.model = () => exception(403, 'AccessDeniedException');
    const screener = new PiiScreener(started({ onFailure: 'local-only' }), storedNotesPolicy);
    const dto = { notes: note };
    expect(await screener.screen(dto)).toMatchObject({ outcome: 'anonymized', degraded: true });
    expect(dto.notes).toBe('Zorblat, {PHONE}, by the mill');
    await expect(screener.screen({ notes: 'SSN 219-09-9999' })).rejects.toMatchObject({
      type: problemTypes.identifierInText,
    });
    server.model = () => reported([]);
    expect(await screener.screen({ notes: 'by the mill' })).toEqual({ outcome: 'clean', findings: [] });
  });
});

describe('the circuit breaker', () => {
  const breaking = { retries: 0, failuresToOpen: 3, openMs: 60_000 };

  async function opened(): Promise<BedrockPiiDetector> {
    const detector = started(limits(breaking));
    server.guardrail = () => exception(503, 'ServiceUnavailableException');
    for (let n = 0; n < 3; n++) await refusal(detector.detect(text));
    return detector;
  }

  it('opens after failures in a row: no call, and Retry-After says when', async () => {
    const detector = await opened();
    const { problem, failure } = await refusal(detector.detect(text));
    expect(failure.kind).toBe('breaker-open');
    expect(Number(problem.headers['retry-after'])).toBeGreaterThan(50);
    expect(detector.figures.guardrail).toMatchObject({ calls: 3, breaker: 'open' });
    expect(detector.figures.model).toMatchObject({ calls: 0, breaker: 'closed' });
  });

  it('lets one call try after its time, and closes if that succeeds', async () => {
    const detector = await opened();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + breaking.openMs);
    const states: string[] = [];
    server.guardrail = () => {
      states.push(detector.figures.guardrail.breaker);
      return nothingDetected();
    };
    await Promise.all([detector.detect(text), detector.detect(text)]);
    expect(states).toEqual(['half-open', 'closed']);
  });

  it('opens again if that fails', async () => {
    const detector = await opened();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + breaking.openMs);
    expect((await refusal(detector.detect(text))).failure.kind).toBe('unavailable');
    expect((await refusal(detector.detect(text))).failure.kind).toBe('breaker-open');
    expect(detector.figures.guardrail).toMatchObject({ calls: 4, breaker: 'open' });
  });

  it('stays closed while some calls succeed', async () => {
    const detector = started(limits(breaking));
    const failed = exception(503, 'ServiceUnavailableException');
    server.guardrail = inTurn([failed, failed, nothingDetected(), failed, failed], nothingDetected());
    for (const isRefused of [true, true, false, true, true, false]) {
      await (isRefused ? refusal(detector.detect(text)) : detector.detect(text));
    }
    expect(detector.figures.guardrail).toMatchObject({ calls: 6, breaker: 'closed' });
  });
});

describe('concurrency', () => {
  /** Holds every call until `count` are there at once. */
  function gate(count: number, reply = nothingDetected()): () => Promise<BedrockReply> {
    const waiting: (() => void)[] = [];
    let isOpen = false;
    return async () => {
      if (!isOpen) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          isOpen = waiting.length === count;
          if (isOpen) for (const release of waiting) release();
        });
      }
      return reply;
    };
  }

  it('is bounded for each service, and the others wait', async () => {
    const detector = started(limits({ concurrentCalls: 3 }));
    server.guardrail = gate(3);
    await Promise.all(Array.from({ length: 12 }, (_, n) => detector.detect(`note ${n}`)));
    expect(server.mostAtOnce.guardrail).toBe(3);
    expect(server.mostAtOnce.model).toBeLessThanOrEqual(3);
    expect(server.requests).toHaveLength(24);
  });

  it('is refused where too many wait already', async () => {
    const detector = started(limits({ concurrentCalls: 1, queuedCalls: 1 }));
    const results = await Promise.allSettled(['a', 'b', 'c'].map((note) => detector.detect(note)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(detector.figures.guardrail.failures.overloaded).toBe(1);
  });

  it('is bounded for one request, so that others find room', async () => {
    const detector = started(limits({ concurrentCalls: 8, concurrentCallsPerRequest: 2 }));
    server.guardrail = gate(2);
    server.model = gate(2, reported([]));
    await detector.detect('a word and another. '.repeat(10_000));
    expect(server.mostAtOnce).toEqual({ guardrail: 2, model: 2 });
  });
});

describe('the deadline of a request', () => {
  it('ends calls under way, and hangs up', async () => {
    const detector = started(timeouts({ overallMs: 60 }));
    server.model = () => ({ ...reported([]), ending: 'stall' });
    const { failure } = await refusal(detector.detect(text));
    expect(failure).toMatchObject({ service: 'request', kind: 'deadline' });
    await server.idle();
    server.model = () => reported([]);
    expect(await detector.detect(text)).toEqual([]);
    expect(detector.figures.model).toMatchObject({ calls: 2, retries: 0, failures: { deadline: 1 } });
  });

  it('ends a wait between retries and a wait for a place', async () => {
    const waiting = started({
      ...timeouts({ overallMs: 30 }),
      ...limits({ firstRetryMs: 500_000, lastRetryMs: 500_000 }),
    });
    server.guardrail = () => exception(429, 'ThrottlingException');
    expect((await refusal(waiting.detect(text))).failure.kind).toBe('deadline');
    const queued = started({ ...timeouts({ overallMs: 30 }), ...limits({ concurrentCalls: 1 }) });
    server.guardrail = () => ({ ...nothingDetected(), ending: 'stall' });
    const refusals = await Promise.all([refusal(queued.detect(text)), refusal(queued.detect(text))]);
    expect(refusals.map(({ failure }) => failure.kind)).toEqual(['deadline', 'deadline']);
  });

  it('is not waited for when another call of the request failed: the rest is cancelled', async () => {
    const detector = started();
    const pages = inTurn([exception(400, 'ValidationException')], { ...nothingDetected(), ending: 'stall' });
    server.guardrail = pages;
    const { failure } = await refusal(detector.detect('a word and another. '.repeat(4_000)));
    expect(failure.kind).toBe('refused');
    await server.idle();
    expect(detector.figures.guardrail.failures).toMatchObject({ refused: 1, deadline: 0, timeout: 0 });
  });
});

describe('what is told of a failure', () => {
  const canary = 'zorblat-canary-quux';
  const told: [string, 'guardrail' | 'model', BedrockReply][] = [
    ...[...transient, ...permanent].map(([name, reply]): [string, 'guardrail' | 'model', BedrockReply] => [
      name,
      'model',
      { ...reply, body: typeof reply.body === 'string' ? canary : { message: canary, Message: canary } },
    ]),
    ['an exception of its own', 'model', { status: 400, exception: canary, body: { message: canary } }],
    ['JSON that breaks off', 'model', { body: `{"output": {"message": "${canary}` }],
    ['no JSON', 'guardrail', { body: canary }],
    ['a text in place of the tool', 'model', conversed('end_turn', [{ text: canary }])],
    ['another type', 'model', reported([[canary, canary]])],
    ['another tool', 'model', toolUse({ [canary]: canary }, canary)],
    ['a match that is nowhere', 'guardrail', intervened(entities([`${canary}!`, 'NAME']))],
    ['another stop reason', 'model', conversed(canary, [{ text: canary }])],
  ];

  it.each(told)('holds nothing of a text or an answer: %s', async (_name, service, reply) => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        written.push(String(chunk));
        return true;
      });
    }
    const detector = started();
    server[service] = () => reply;
    const { problem, failure } = await refusal(detector.detect(`about ${canary} here`));
    const log = new PassThrough();
    createLog('trace', log).error({ error: problem }, 'screening failed');
    const line = String(log.read());
    expect(line).toContain(failure.code);
    const everything = [
      line,
      inspect(problem, { showHidden: true, depth: 12 }),
      JSON.stringify(detector.figures),
      ...written,
    ].join('\n');
    expect(server.requests.at(-1)?.text).toContain(canary);
    expect(everything).not.toContain(canary);
  });
});
