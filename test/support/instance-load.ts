import { randomUUID } from 'node:crypto';
import type { HttpAnswer, HttpRequest } from './http-client.js';

type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** What a client knows of a patient of its own: what it was acknowledged, and what may have been made beside. */
interface Known {
  id: string;
  version: number;
  /** Of a change that broke off: made or not. */
  unknown: boolean;
}

/** Clients that create, change and read patients of their own without a pause, wherever a request is sent to. */
export class InstanceLoad {
  requests = 0;
  answered = 0;
  /** What broke off or was not answered as it should be. */
  readonly failures: string[] = [];
  readonly #known: Known[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  #isRunning = false;
  #loops: Promise<unknown> | undefined;

  constructor(
    private readonly to: Send,
    private readonly authorization: string,
    private readonly clients: number,
  ) {}

  start(): void {
    this.#isRunning = true;
    this.#loops = Promise.all(Array.from({ length: this.clients }, () => this.#loop()));
  }

  /** Resolves when so many requests have been answered since the beginning. */
  reaches(count: number): Promise<void> {
    if (this.answered >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#loops;
  }

  /** @returns the paths of patients that do not show what was acknowledged */
  async readBack(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { id, version, unknown } of this.#known) {
      const path = `/v1/patients/${id}`;
      const { status, json } = await this.to({ method: 'GET', path, headers: this.#headers() });
      const shown = status === 200 ? json<{ version: number; notes: string }>() : undefined;
      const versions = unknown ? [version, version + 1] : [version];
      const isRight = shown !== undefined && versions.includes(shown.version);
      if (!isRight || shown.notes !== notesOf(shown.version)) wrong.push(path);
    }
    return wrong;
  }

  async #loop(): Promise<void> {
    while (this.#isRunning) {
      const known: Known = { id: randomUUID(), version: 0, unknown: false };
      const created = await this.#ask('PUT', known, 201, { 'if-none-match': '*' });
      if (created !== 'done') continue;
      known.version = 1;
      this.#known.push(known);
      for (let turn = 0; turn < 2 && this.#isRunning; turn++) {
        await this.#ask('GET', known, 200);
        const changed = await this.#ask('PUT', known, 200, { 'if-match': `"${known.version}"` });
        if (changed === 'done') known.version += 1;
        else known.unknown = true;
        if (known.unknown) break;
      }
    }
  }

  async #ask(
    method: 'GET' | 'PUT',
    { id, version }: Known,
    expected: number,
    headers: Record<string, string> = {},
  ): Promise<'done' | 'failed'> {
    const body = method === 'PUT' ? { body: { active: true, notes: notesOf(version + 1) } } : {};
    this.requests += 1;
    try {
      const path = `/v1/patients/${id}`;
      const { status } = await this.to({ method, path, headers: this.#headers(headers), ...body });
      if (status === expected) {
        this.#count();
        return 'done';
      }
      this.failures.push(`${method} answered ${status}`);
    } catch (error) {
      this.failures.push(
        `${method}: ${(error as NodeJS.ErrnoException).code ?? ''} ${(error as Error).message}`,
      );
    }
    return 'failed';
  }

  #headers(more: Record<string, string> = {}): Record<string, string> {
    return { authorization: this.authorization, ...more };
  }

  #count(): void {
    this.answered += 1;
    for (const waiting of this.#waiting.splice(0)) {
      if (this.answered >= waiting.count) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }
}

const notesOf = (version: number) => `version ${version}`;
