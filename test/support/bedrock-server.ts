import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/** What a request asked for: ApplyGuardrail or Converse. */
export type BedrockOperation = 'guardrail' | 'model';

export interface ReceivedRequest {
  readonly operation: BedrockOperation;
  readonly path: string;
  readonly httpVersion: string;
  readonly body: Record<string, unknown>;
  /** The text to be screened, without prompts. */
  readonly text: string;
}

export interface BedrockReply {
  readonly status?: number;
  /** Name of an exception, as `x-amzn-ErrorType` tells it. */
  readonly exception?: string;
  /** JSON; a string is sent as it is. */
  readonly body?: unknown;
  /** In place of a whole answer: half of it and then nothing, or the end of the connection. */
  readonly ending?: 'stall' | 'reset';
}

type Responder = (text: string, request: ReceivedRequest) => BedrockReply | Promise<BedrockReply>;

/** Answers as the Bedrock runtime does, on the loopback interface. What it answers is set by the test. */
export interface BedrockServer {
  readonly endpoint: string;
  readonly requests: ReceivedRequest[];
  /** Requests that were in the server at the same time, at most. */
  readonly mostAtOnce: Record<BedrockOperation, number>;
  /** Connections that clients opened so far. */
  readonly connections: number;
  guardrail: Responder;
  model: Responder;
  /** Takes both services back to finding nothing, and forgets what was counted. */
  reset(): void;
  /** Resolves when no request is in the server any more. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function startBedrockServer(): Promise<BedrockServer> {
  const inside = { guardrail: 0, model: 0 };
  const sockets = new Set<Socket>();
  const idlers: (() => void)[] = [];
  const http = createServer((request, response) => {
    void answer(bedrock, inside, request, response)
      // No call of the SDK, or a client that hung up: nothing to answer.
      .catch(() => response.destroy())
      .finally(() => {
        if (inside.guardrail + inside.model === 0) for (const idler of idlers.splice(0)) idler();
      });
  });
  http.on('connection', (socket) => {
    bedrock.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const bedrock = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [] as ReceivedRequest[],
    mostAtOnce: { guardrail: 0, model: 0 },
    connections: 0,
    guardrail: (() => nothingDetected()) as Responder,
    model: (() => reported([])) as Responder,
    reset() {
      this.requests.length = 0;
      this.mostAtOnce = { guardrail: 0, model: 0 };
      this.connections = 0;
      this.guardrail = () => nothingDetected();
      this.model = () => reported([]);
    },
    idle() {
      if (inside.guardrail + inside.model === 0) return Promise.resolve();
      return new Promise<void>((resolve) => idlers.push(resolve));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      http.close();
      await once(http, 'close');
    },
  };
  return bedrock;
}

async function answer(
  bedrock: BedrockServer,
  inside: Record<BedrockOperation, number>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = decodeURIComponent(request.url ?? '');
  const operation = path.startsWith('/guardrail/') ? 'guardrail' : 'model';
  inside[operation]++;
  bedrock.mostAtOnce[operation] = Math.max(bedrock.mostAtOnce[operation], inside[operation]);
  try {
    const body = JSON.parse(await readText(request)) as Record<string, unknown>;
    const text = textOf(operation, body);
    const received = { operation, path, httpVersion: request.httpVersion, body, text } as const;
    bedrock.requests.push(received);
    await send(response, await bedrock[operation](text, received));
  } finally {
    inside[operation]--;
  }
}

async function send(response: ServerResponse, reply: BedrockReply): Promise<void> {
  if (reply.ending === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.statusCode = reply.status ?? 200;
  response.setHeader('content-type', 'application/json');
  if (reply.exception !== undefined) response.setHeader('x-amzn-ErrorType', reply.exception);
  const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
  if (reply.ending !== 'stall') {
    response.end(body);
    return;
  }
  response.setHeader('content-length', Buffer.byteLength(body));
  response.write(body.slice(0, body.length / 2));
  await once(response, 'close');
}

interface RequestBody {
  content?: { text: { text: string } }[];
  messages?: { content: { guardContent?: { text: { text: string } } }[] }[];
}

function textOf(operation: BedrockOperation, body: RequestBody): string {
  const blocks =
    operation === 'guardrail'
      ? (body.content ?? []).map(({ text }) => text.text)
      : (body.messages ?? []).flatMap(({ content }) =>
          content.flatMap(({ guardContent }) => (guardContent === undefined ? [] : [guardContent.text.text])),
        );
  return blocks.join('\n');
}

const usage = {
  topicPolicyUnits: 0,
  contentPolicyUnits: 0,
  wordPolicyUnits: 0,
  sensitiveInformationPolicyUnits: 1,
  sensitiveInformationPolicyFreeUnits: 0,
  contextualGroundingPolicyUnits: 0,
};

/** ApplyGuardrail found nothing to act on. */
export function nothingDetected(more: Record<string, unknown> = {}): BedrockReply {
  return {
    body: { action: 'NONE', actionReason: 'No action.', usage, outputs: [], assessments: [{}], ...more },
  };
}

/**
 * ApplyGuardrail found something.
 * @param assessments as `assessments` of the API: `{sensitiveInformationPolicy: {piiEntities, regexes}, ...}`
 * @see Amazon Bedrock API Reference, ApplyGuardrail
 */
export function intervened(...assessments: Record<string, unknown>[]): BedrockReply {
  return {
    body: {
      action: 'GUARDRAIL_INTERVENED',
      actionReason: 'Guardrail blocked.',
      usage,
      outputs: [{ text: 'Sorry, the request cannot be processed.' }],
      assessments,
    },
  };
}

/** An assessment with PII entities alone: `[match, type, action]`. */
export function entities(
  ...found: [match: string, type: string, action?: string][]
): Record<string, unknown> {
  const piiEntities = found.map(([match, type, action = 'ANONYMIZED']) => ({
    match,
    type,
    action,
    detected: true,
  }));
  return { sensitiveInformationPolicy: { piiEntities, regexes: [] } };
}

/**
 * Converse ended with content of the test's own.
 * @see Amazon Bedrock API Reference, Converse
 */
export function conversed(stopReason: string, content: unknown[]): BedrockReply {
  return {
    body: {
      output: { message: { role: 'assistant', content } },
      stopReason,
      usage: { inputTokens: 900, outputTokens: 40, totalTokens: 940 },
      metrics: { latencyMs: 700 },
    },
  };
}

/** Converse ended with a call of the tool. */
export function toolUse(input: unknown, name = 'report_identifiers'): BedrockReply {
  return conversed('tool_use', [{ toolUse: { toolUseId: 'tooluse_1', name, input } }]);
}

/** Converse reported `[text, type]` through the tool. */
export function reported(found: [text: string, type: string][]): BedrockReply {
  return toolUse({ identifiers: found.map(([text, type]) => ({ text, type })) });
}

/** An exception as the service sends it, with a message that a log must not repeat. */
export function exception(status: number, name: string, message = 'no reason given'): BedrockReply {
  return { status, exception: name, body: { message } };
}
