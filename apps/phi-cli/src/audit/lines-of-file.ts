import { createReadStream } from 'node:fs';
import { CouldNotRun } from '../command-context.js';

/** The longest line that we write holds a checkpoint with 4096 hashes: 180 KB. Log lines are shorter. */
const lineAtMost = 4 * 1024 * 1024;

/**
 * Reads a file line by line; in memory is one line at a time.
 * @throws CouldNotRun if it cannot be read, or holds a line that none of ours would be
 */
export async function* linesOfFile(path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > lineAtMost)
        throw new CouldNotRun(`${path}: a line is longer than any of an export or a log`);
      yield* lines;
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new CouldNotRun(`${path} cannot be read`);
    throw error;
  }
  if (rest !== '') yield rest;
}
