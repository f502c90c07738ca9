import { percentile } from '../statistics.js';
import type { Contender } from './contenders.js';
import { type ContenderName, contenders, type OperationName, type Times } from './crypto-figures.js';

export type TimesOfAll = Record<OperationName, Record<ContenderName, Times>>;

const operations: readonly OperationName[] = ['encrypt', 'decrypt'];

/**
 * Each round, every contender encrypts and decrypts once, so that a noisy moment hits all of them; who begins changes
 * from round to round, so that nobody always finds the processor's caches as the same other one left them.
 * @throws Error if what was decrypted is not what was encrypted
 */
export async function interleavedTimes(
  all: Record<ContenderName, Contender>,
  plaintext: Buffer,
  { warmUpRounds, rounds }: { warmUpRounds: number; rounds: number },
): Promise<TimesOfAll> {
  const samples = forEachOperation(() => forEachContender(() => new Float64Array(rounds)));
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const name = contenders[(turn + round + warmUpRounds) % contenders.length] as ContenderName;
      const { encrypt, decrypt } = all[name];
      const written = await timed(() => encrypt(plaintext));
      const read = await timed(() => decrypt(written.result));
      if (!plaintext.equals(read.result)) throw new Error(`${name} did not read what it wrote`);
      if (round < 0) continue;
      samples.encrypt[name][round] = written.microseconds;
      samples.decrypt[name][round] = read.microseconds;
    }
  }
  return forEachOperation((operation) =>
    forEachContender((name) => {
      const sorted = samples[operation][name].sort();
      return { p10: percentile(sorted, 0.1), p50: percentile(sorted, 0.5) };
    }),
  );
}

async function timed(work: () => Uint8Array | Promise<Uint8Array>) {
  const start = performance.now();
  const answer = work();
  // What answers at once is not charged with a turn of the queue.
  const result = answer instanceof Promise ? await answer : answer;
  return { result, microseconds: (performance.now() - start) * 1000 };
}

const forEachContender = <T>(make: (name: ContenderName) => T) =>
  Object.fromEntries(contenders.map((name) => [name, make(name)])) as Record<ContenderName, T>;
const forEachOperation = <T>(make: (name: OperationName) => T) =>
  Object.fromEntries(operations.map((name) => [name, make(name)])) as Record<OperationName, T>;
