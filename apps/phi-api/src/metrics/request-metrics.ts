import { Injectable } from '@nestjs/common';
import { Counters, type Metric, Timings } from '@app/observability';

/** How requests were answered. Counts and times only: no route, no caller. */
@Injectable()
export class RequestMetrics {
  readonly #counters = new Counters([
    'Requests',
    'Refusals4xx',
    'Refusals5xx',
    'AuditFailures',
    'UnrecordedRefusals',
  ]);
  readonly #latency = new Timings();

  answered(status: number, milliseconds: number): void {
    this.#counters.add('Requests');
    if (status >= 500) this.#counters.add('Refusals5xx');
    else if (status >= 400) this.#counters.add('Refusals4xx');
    this.#latency.record(milliseconds);
  }

  /** A request was refused because its event could not be written. The trail itself cannot tell. */
  auditFailed(): void {
    this.#counters.add('AuditFailures');
  }

  /** A request was turned away like one before it, which the trail tells of. */
  refusedUnrecorded(): void {
    this.#counters.add('UnrecordedRefusals');
  }

  /** @returns what was counted since it was last called */
  take(): Metric[] {
    return [...this.#counters.take(), ...this.#latency.take('RequestLatency')];
  }
}
