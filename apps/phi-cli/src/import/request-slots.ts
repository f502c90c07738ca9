/** A fixed number of slots for requests under way; who finds none free waits for his turn. */
export class RequestSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly size: number) {
    this.#free = size;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Resolves when no slot is taken. For the end of a run: it takes every slot itself. */
  async drained(): Promise<void> {
    for (let taken = 0; taken < this.size; taken += 1) await this.take();
  }
}
