import { pino, type Logger, type LoggerOptions } from 'pino';
import { type LoggerService } from '@nestjs/common';

export type Log = Logger;

/** What is logged of an error: never its message, which may quote what came in. */
export interface ErrorDescription {
  class: string;
  code?: string;
  /** Places in the code, without the message line. */
  frames: string[];
  cause?: ErrorDescription;
}

const causesAtMost = 4;

/** @returns class, code and stack frames of `error` and of its causes */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { class: typeof error, frames: [] };
  const code = (error as NodeJS.ErrnoException).code;
  return {
    class: error.name,
    ...(typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? { code } : {}),
    frames: framesOf(error),
    ...(error.cause === undefined || depth >= causesAtMost
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

const framesAtMost = 8;
/** A place in a file, of Node itself, or of neither. */
const frame = /^\s+at (?:.* )?\(?(?:\/|[A-Z]:\\|file:|node:|<anonymous>|index \d)/;

/** V8 writes the message above the frames, and a message can hold lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message);
  const below = start < 0 ? stack : stack.slice(start + message.length);
  const frames = below.split('\n').filter((line) => frame.test(line));
  return frames.slice(0, framesAtMost).map((line) => line.trim());
}

/**
 * Not within the request that logs, and many lines at a time: a system call for each costs a twentieth of a read. What is left is written
 * when the process ends, unless it is killed.
 */
const standardOutput = { fd: 1, sync: false, minLength: 4096, periodicFlush: 100 };

/** Structured JSON lines on standard output. Fields are chosen where they are logged: there is no request serializer to leak. */
export function createLog(level: string, destination?: NodeJS.WritableStream): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: describeError },
  };
  return pino(options, destination ?? pino.destination(standardOutput));
}

/** Nest's own messages in the same log. Nest passes module and route names, and errors of start-up. */
export class NestLog implements LoggerService {
  constructor(private readonly root: Log) {}

  log(message: unknown, context?: string): void {
    this.root.debug({ context }, String(message));
  }
  warn(message: unknown, context?: string): void {
    this.root.warn({ context }, String(message));
  }
  error(message: unknown): void {
    if (message instanceof Error) this.root.error({ error: message }, 'error in the framework');
    else this.root.error('error in the framework');
  }
  debug(message: unknown, context?: string): void {
    this.root.trace({ context }, String(message));
  }
  verbose(message: unknown, context?: string): void {
    this.root.trace({ context }, String(message));
  }
}
