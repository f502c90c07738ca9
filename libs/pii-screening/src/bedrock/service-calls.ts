import { performance } from 'node:perf_hooks';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  type IPolicy,
  bulkhead,
  circuitBreaker,
  fullJitterGenerator,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel';
import { BedrockFailure, type BedrockService, type FailureKind, failureOf } from './bedrock-failure.js';
import type { BreakerState, ServiceMetrics } from './bedrock-metrics.js';
import type { BedrockLimits } from './bedrock-options.js';

/**
 * Calls to one service: retries around a circuit breaker around a bound on concurrency. A wait between retries holds
 * no place, and an open breaker is met before the queue.
 */
export class ServiceCalls {
  private readonly breaker: CircuitBreakerPolicy;
  private readonly policy: IPolicy;
  private openUntil = 0;

  constructor(
    private readonly service: BedrockService,
    private readonly callMs: number,
    limits: BedrockLimits,
    private readonly metrics: ServiceMetrics,
  ) {
    this.breaker = circuitBreaker(
      handleWhen((error) => error instanceof BedrockFailure && error.countsForBreaker),
      { halfOpenAfter: limits.openMs, breaker: new ConsecutiveBreaker(limits.failuresToOpen) },
    );
    this.breaker.onStateChange((state) => {
      if (state === CircuitState.Open) this.openUntil = Date.now() + limits.openMs;
      metrics.breaker = nameOf(state);
    });
    const retries = retry(
      handleWhen((error) => error instanceof BedrockFailure && error.isRetried),
      {
        maxAttempts: limits.retries,
        backoff: new ExponentialBackoff({
          generator: fullJitterGenerator,
          initialDelay: limits.firstRetryMs,
          maxDelay: limits.lastRetryMs,
        }),
      },
      // A wait that its request gave up must not keep the process from ending.
    ).dangerouslyUnref();
    retries.onRetry(() => metrics.retries++);
    this.policy = wrap(retries, this.breaker, bulkhead(limits.concurrentCalls, limits.queuedCalls));
  }

  /** Until the breaker lets a call through again, whole seconds; 0 if it is not open. */
  get retryAfterSeconds(): number {
    if (this.metrics.breaker !== 'open') return 0;
    return Math.max(1, Math.ceil((this.openUntil - Date.now()) / 1_000));
  }

  /**
   * @param send one attempt; it must end when its signal is aborted
   * @param request ends all attempts; its reason is a BedrockFailure, or they were cancelled
   * @throws BedrockFailure and nothing else
   */
  async run<T>(send: (signal: AbortSignal) => Promise<T>, request: AbortSignal): Promise<T> {
    try {
      return await this.policy.execute(() => this.attempt(send, request), request);
    } catch (error) {
      if (error instanceof BedrockFailure) throw error;
      throw this.failed(new BedrockFailure(this.service, kindWithoutCall(error, request)));
    }
  }

  private async attempt<T>(send: (signal: AbortSignal) => Promise<T>, request: AbortSignal): Promise<T> {
    // After a wait, between retries or for the breaker's test call, it may be too late.
    if (request.aborted) throw this.failed(new BedrockFailure(this.service, kindOfAbort(request)));
    const call = AbortSignal.timeout(this.callMs);
    const start = performance.now();
    this.metrics.calls++;
    try {
      return await send(AbortSignal.any([request, call]));
    } catch (error) {
      if (request.aborted) throw this.failed(new BedrockFailure(this.service, kindOfAbort(request)));
      if (call.aborted) throw this.failed(new BedrockFailure(this.service, 'timeout'));
      throw this.failed(failureOf(this.service, error));
    } finally {
      this.metrics.took(performance.now() - start);
    }
  }

  private failed(failure: BedrockFailure): BedrockFailure {
    this.metrics.failed(failure.kind);
    return failure;
  }
}

function nameOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}

/** @param error of a policy; what is left beside the two is that it gave up waiting because `request` was aborted */
function kindWithoutCall(error: unknown, request: AbortSignal): FailureKind {
  if (error instanceof BrokenCircuitError) return 'breaker-open';
  return error instanceof BulkheadRejectedError ? 'overloaded' : kindOfAbort(request);
}

function kindOfAbort({ reason }: AbortSignal): FailureKind {
  return reason instanceof BedrockFailure ? reason.kind : 'cancelled';
}
