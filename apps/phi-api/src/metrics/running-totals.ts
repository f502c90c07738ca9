import type { Metric } from '@app/observability';

/** Makes counts of an interval from totals that others count since the start. */
export class RunningTotals {
  readonly #before = new Map<string, number>();

  /** @returns by how much the total has grown since the last call with this name */
  since(name: string, total: number): Metric {
    const value = total - (this.#before.get(name) ?? 0);
    this.#before.set(name, total);
    return { name, unit: 'Count', value };
  }
}
