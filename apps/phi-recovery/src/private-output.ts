import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { CouldNotRun } from './command-context.js';

/** Where the lines go. */
export interface Output {
  write(line: string): Promise<void>;
  /** Resolves when all of it is on disk, or handed over. */
  close(): Promise<void>;
}

/**
 * @param path a file to be made with mode 0600; without it everything goes to `stdout`
 * @throws CouldNotRun if the file exists or cannot be made
 */
export function openOutput(path: string | undefined, stdout: NodeJS.WritableStream): Output {
  if (path === undefined) {
    return {
      write: async (line) => {
        if (!stdout.write(line)) await once(stdout, 'drain');
      },
      close: async () => undefined,
    };
  }
  const file = create(path);
  return {
    write: async (line) => {
      for (let rest = Buffer.from(line); rest.length > 0;) rest = rest.subarray(writeSync(file, rest));
    },
    close: async () => {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CouldNotRun('the output file exists; it is not overwritten');
    throw new CouldNotRun(`the output file cannot be made (${code ?? 'unknown reason'})`);
  }
}
