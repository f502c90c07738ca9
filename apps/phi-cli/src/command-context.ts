import { setTimeout as delay } from 'node:timers/promises';
import { type PhiCliConfig, readPhiCliConfig } from './phi-cli.config.js';

/** How a command ended. Scripts stand on these numbers. */
export const exitCodes = { done: 0, foundSomethingWrong: 1, couldNotRun: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An output that a command writes to. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** What a command has of the world outside, so that it can be run inside a test as it is run from a shell. */
export interface CommandContext {
  /** The result, and nothing else. */
  readonly stdout: Output;
  /** Progress, problems, hints. */
  readonly stderr: Output;
  readonly config: PhiCliConfig;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** @throws AbortError as soon as `signal` is aborted */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * The command could not do its work: wrong usage, service out of reach, not authorized. Ends with exit code 2.
 * The message is printed: it may hold what the user typed, never a token and nothing of a file's contents.
 */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun';
}

/** @returns the context of the running process */
export function processContext(): CommandContext {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    config: readPhiCliConfig(),
    now: () => performance.now(),
    wait: async (milliseconds, signal) => {
      await delay(milliseconds, undefined, { signal });
    },
  };
}
