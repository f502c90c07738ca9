import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A process has this long to stop in good order. */
const stopWithinMilliseconds = 15_000;

const running = new Set<ChildProcess>();

/** Remembers a process of ours, so that it does not outlive us. */
export function watched(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** For the end by a signal, when nobody waits any more. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** @returns a port that nobody listens on; somebody else could take it before its user does */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a script of ours beside us, to be asked by messages: one question at a time, one answer each.
 * @param script URL of the compiled file
 */
export class AnsweringProcess<Question extends object | string, Answer> {
  readonly #process: ChildProcess;

  constructor(script: URL) {
    this.#process = watched(fork(script, { serialization: 'advanced', execArgv: [] }));
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('a process of the bench did not start');
    return pid;
  }

  /** @throws Error if the process ends instead of answering */
  async ask(question: Question): Promise<Answer> {
    const settled = new AbortController();
    const { signal } = settled;
    try {
      const answer = once(this.#process, 'message', { signal });
      const end = once(this.#process, 'exit', { signal }).then(() => {
        throw new Error('a process of the bench ended without an answer');
      });
      end.catch(() => undefined);
      this.#process.send(question);
      return (await Promise.race([answer, end]))[0] as Answer;
    } finally {
      settled.abort();
    }
  }

  async stop(): Promise<void> {
    await stopProcess(this.#process);
  }
}

/** SIGTERM, and SIGKILL for what does not heed it. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), stopWithinMilliseconds);
  await ended;
  clearTimeout(kill);
}
