import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ResolvedBedrockOptions } from './bedrock-options.js';

/**
 * The SDK's client without its own retries, which know neither our deadline nor our breaker, and over HTTP/1.1 with
 * keep-alive: its default for this service is HTTP/2, where one stalled connection holds up every call.
 */
export function bedrockClient(options: ResolvedBedrockOptions): BedrockRuntimeClient {
  const { region, endpoint, credentials, timeouts, limits } = options;
  const longestCallMs = Math.max(timeouts.guardrailMs, timeouts.modelMs);
  // One connection for each call that may run: a call never waits for a socket, where no timeout would see it.
  const agent = { keepAlive: true, maxSockets: 2 * limits.concurrentCalls };
  return new BedrockRuntimeClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeouts.connectMs,
      requestTimeout: longestCallMs,
      throwOnRequestTimeout: true,
      socketTimeout: longestCallMs,
      httpAgent: agent,
      httpsAgent: agent,
    }),
  });
}
