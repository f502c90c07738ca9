import { createHistogram } from 'node:perf_hooks';
import { type BedrockService, type FailureKind, failureKinds } from './bedrock-failure.js';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What was counted of one service since the start. */
export interface ServiceFigures {
  /** Calls that went out, retries included. */
  readonly calls: number;
  readonly retries: number;
  /** Failed attempts, by kind; those that were retried count as well. */
  readonly failures: Readonly<Record<FailureKind, number>>;
  readonly breaker: BreakerState;
  /** Of calls that went out, milliseconds, answered or not. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Counts and times; nothing in it depends on what a text says. */
export interface BedrockFigures {
  readonly guardrail: ServiceFigures;
  readonly model: ServiceFigures;
  /** Strings of the model's answers that were dropped: not in the text, in a tag, or too long. */
  readonly droppedSubstrings: number;
  /** Matches of the guardrail that are nowhere in the text; the request failed. */
  readonly unlocatedMatches: number;
  /** Requests that were answered with what was found without Bedrock. */
  readonly degradedRequests: number;
  /** Requests that were refused. */
  readonly rejectedRequests: number;
}

export class BedrockMetrics {
  readonly guardrail = new ServiceMetrics();
  readonly model = new ServiceMetrics();
  droppedSubstrings = 0;
  unlocatedMatches = 0;
  degradedRequests = 0;
  rejectedRequests = 0;

  of(service: BedrockService): ServiceMetrics {
    return this[service];
  }

  figures(): BedrockFigures {
    return {
      guardrail: this.guardrail.figures(),
      model: this.model.figures(),
      droppedSubstrings: this.droppedSubstrings,
      unlocatedMatches: this.unlocatedMatches,
      degradedRequests: this.degradedRequests,
      rejectedRequests: this.rejectedRequests,
    };
  }
}

export class ServiceMetrics {
  calls = 0;
  retries = 0;
  breaker: BreakerState = 'closed';
  private readonly failures = new Map<FailureKind, number>();
  private readonly latencyMicroseconds = createHistogram();

  failed(kind: FailureKind): void {
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
  }

  /** @param milliseconds from the call to its answer or its end without one */
  took(milliseconds: number): void {
    this.latencyMicroseconds.record(Math.max(1, Math.round(milliseconds * 1_000)));
  }

  figures(): ServiceFigures {
    const latency = this.latencyMicroseconds;
    const isEmpty = latency.count === 0;
    const milliseconds = (value: number) => (isEmpty ? 0 : value / 1_000);
    return {
      calls: this.calls,
      retries: this.retries,
      failures: Object.fromEntries(
        failureKinds.map((kind) => [kind, this.failures.get(kind) ?? 0]),
      ) as Record<FailureKind, number>,
      breaker: this.breaker,
      latencyMs: {
        p50: milliseconds(latency.percentile(50)),
        p99: milliseconds(latency.percentile(99)),
        max: milliseconds(latency.max),
      },
    };
  }
}
