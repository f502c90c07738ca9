import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { environmentOf, issuerOf } from './deployment.js';
import { HttpClient } from './http-client.js';

const entry = resolve('dist/bin/phi-api.mjs');
/** Longer than any start on a busy machine; a service that is not ready by then never will be. Milliseconds. */
const readyWithin = 30_000;

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One line of the service's log. */
export type LogLine = { message?: string; route?: string; status?: number; method?: string } & Record<
  string,
  unknown
>;

/** The built service as a process of its own, in a folder where no `.env` is. */
export class ServiceProcess {
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<ProcessEnd>;
  #exited = false;
  #errors = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly dataFolder: string,
    private readonly folder: string,
  ) {
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      this.#lines.push(...parts.filter((line) => line !== ''));
      this.#notify();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
      this.#notify();
    });
    this.#ended = new Promise((resolveEnd) => {
      child.on('close', (code, signal) => {
        this.#exited = true;
        this.#notify();
        resolveEnd({ code, signal });
      });
    });
  }

  /**
   * On the embedded platform.
   * @param dataFolder one of its own unless given, which goes with `remove`
   */
  static spawn(variables: Record<string, string> = {}, dataFolder?: string): ServiceProcess {
    const folder = mkdtempSync(join(tmpdir(), 'phi-process-'));
    const data = dataFolder ?? join(folder, 'data');
    return ServiceProcess.#spawn(folder, data, { PHI_DATA_DIR: data, ...variables });
  }

  /** On the platform under test. @returns the service when it takes requests */
  static async start(variables: Record<string, string> = {}, dataFolder?: string): Promise<ServiceProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'phi-process-'));
    const data = dataFolder ?? join(folder, 'data');
    const service = ServiceProcess.#spawn(folder, data, { ...(await environmentOf(data)), ...variables });
    await service.ready();
    return service;
  }

  static #spawn(folder: string, data: string, variables: Record<string, string>): ServiceProcess {
    if (!existsSync(entry)) {
      throw new Error('dist/bin is missing: run `npm run build`, or `npm test`, which builds first');
    }
    const unlimited = {
      PHI_RATE_LIMIT_PER_MINUTE: '0',
      // A thousand writes at once are answered, not turned away.
      PHI_CONCURRENT_REQUESTS: '10000',
      // A test is not turned away because its machine is busy.
      PHI_TURN_MILLISECONDS: '0',
      PHI_MASS_READ_PATIENTS_PER_HOUR: '1000000',
      PHI_DRAIN_SECONDS: '0',
    };
    const child = spawn(process.execPath, ['--disable-warning=NodeVersionSupportWarning', entry], {
      cwd: folder,
      env: { PHI_PORT: '0', ...unlimited, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child, data, folder);
  }

  async ready(): Promise<LogLine> {
    const timeout = AbortSignal.timeout(readyWithin);
    return this.line((line) => line.message === 'ready', timeout);
  }

  /** Everything on standard output: the log. */
  get logged(): string {
    return this.#lines.join('\n');
  }

  get log(): LogLine[] {
    return this.#lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Everything on standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Such as `http://127.0.0.1:41234`. */
  get origin(): string {
    const ready = this.log.find((line) => line.message === 'ready');
    if (typeof ready?.['address'] !== 'string') throw new Error('the service is not ready yet');
    return ready['address'];
  }

  client(connections?: number): HttpClient {
    return new HttpClient(this.origin, connections);
  }

  /** Resolves with the first log line, now or later, for which `wanted` is true. */
  async line(wanted: (line: LogLine) => boolean, timeout = AbortSignal.timeout(readyWithin)) {
    let seen = 0;
    const next = (): LogLine | undefined => {
      while (seen < this.#lines.length) {
        const line = JSON.parse(this.#lines[seen++] as string) as LogLine;
        if (wanted(line)) return line;
      }
      return undefined;
    };
    return this.#until(next, timeout);
  }

  /** Resolves when standard error holds `text`. */
  async errorText(text: string): Promise<void> {
    const found = () => (this.#errors.includes(text) ? true : undefined);
    await this.#until(found, AbortSignal.timeout(readyWithin));
  }

  async #until<T>(look: () => T | undefined, timeout: AbortSignal): Promise<T> {
    timeout.addEventListener('abort', () => this.#notify(), { once: true });
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#exited) throw new Error(`the service ended too early\n${this.#errors}`);
      if (timeout.aborted) throw new Error(`the service did not get that far\n${this.#errors}`);
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
  }

  #notify(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** @returns an `Authorization` header value, minted with the issuer key of the data folder */
  async bearer(subject = 'tester', scope = 'system/*.cruds'): Promise<string> {
    return bearerOf(this.dataFolder, subject, scope);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the service was not started');
    return this.child.pid;
  }

  get isRunning(): boolean {
    return !this.#exited;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  ended(): Promise<ProcessEnd> {
    return this.#ended;
  }

  /** `kill -9`, and waits until the process is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  /** SIGTERM, and waits for its end. */
  async terminate(): Promise<ProcessEnd> {
    this.child.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends the process if it still runs, and removes its folder. */
  async remove(): Promise<void> {
    if (!this.#exited) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @returns an `Authorization` header value of the data folder's own issuer */
export async function bearerOf(dataFolder: string, subject: string, scope: string): Promise<string> {
  const issuer = await issuerOf(dataFolder);
  return `Bearer ${await issuer.mint({ subject, scope, expiresInSeconds: 3600 })}`;
}

/** Runs the built command line `phi`. */
export class CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd & { output: string; errors: string }>;

  constructor(args: readonly string[], variables: Record<string, string>) {
    if (!existsSync('dist/bin/phi.mjs')) {
      throw new Error('dist/bin is missing: run `npm run build`, or `npm test`, which builds first');
    }
    this.child = spawn(process.execPath, [resolve('apps/phi-cli/bin/phi.mjs'), ...args], {
      cwd: tmpdir(),
      env: variables,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = this.#collect();
  }

  async #collect() {
    let output = '';
    let errors = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, output, errors };
  }
}
