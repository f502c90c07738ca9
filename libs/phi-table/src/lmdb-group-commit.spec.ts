import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { LmdbGroupCommit } from './lmdb-group-commit.js';
import { TableUnavailable } from './phi-table.js';

const LMDB = import.meta.resolve('lmdb');
const key = (text: string) => Buffer.from(text);

describe('group commit', () => {
  let folder: string;
  let path: string;
  let environment: RootDatabase<Buffer, Buffer>;
  let groups: number;
  let commits: LmdbGroupCommit;
  const commitsWithin = (timeoutMs: number) =>
    new LmdbGroupCommit(environment, () => (groups += 1), timeoutMs);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-group-'));
    path = join(folder, 'data.lmdb');
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    environment = open(path, { ...binary, overlappingSync: false, eventTurnBatching: false });
    groups = 0;
    commits = commitsWithin(10_000);
  });
  afterEach(async () => {
    await environment.close();
    rmSync(folder, { recursive: true });
  });
  const put = (name: string) => () => {
    environment.putSync(key(name), Buffer.alloc(100));
    return undefined;
  };
  const has = (name: string) => environment.getBinary(key(name)) !== undefined;

  it('commits what arrives during a commit together, in order', async () => {
    const order: string[] = [];
    const submit = (name: string) => commits.submit(put(name)).then(() => order.push(name));
    await submit('first');
    const rest = Array.from({ length: 50 }, (_, n) => `later-${n}`);
    await Promise.all(rest.map(submit));
    expect(order).toStrictEqual(['first', ...rest]);
    expect(groups).toBeLessThan(5);
  });

  it('shows nothing of a write before it is committed', async () => {
    const written = commits.submit(put('a'));
    expect(has('a')).toBe(false);
    await written;
    expect(has('a')).toBe(true);
  });

  it('refuses one request of a group and commits the others', async () => {
    const refusal = new Error('refused');
    const outcomes = await Promise.allSettled([
      commits.submit(put('a')),
      commits.submit(() => refusal),
      commits.submit(put('b')),
    ]);
    expect(outcomes.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: refusal });
    expect([has('a'), has('b')]).toStrictEqual([true, true]);
  });

  it('writes nothing of a group in which something broke after a first write, and goes on', async () => {
    const broken = () => {
      environment.putSync(key('half'), Buffer.alloc(100));
      throw new Error('broken');
    };
    const outcomes = await Promise.allSettled([commits.submit(put('a')), commits.submit(broken)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'TableUnavailable', notWritten: true },
      });
    }
    expect([has('a'), has('half')]).toStrictEqual([false, false]);
    await commits.submit(put('b'));
    expect([has('a'), has('half'), has('b')]).toStrictEqual([false, false, true]);
  });

  it('commits what waits when it is closed, and refuses what comes later', async () => {
    const waiting = commits.submit(put('a'));
    const closed = commits.close();
    await expect(commits.submit(put('b'))).rejects.toMatchObject({
      name: 'TableUnavailable',
      notWritten: true,
    });
    await waiting;
    expect(await closed).toBe(true);
    expect([has('a'), has('b')]).toStrictEqual([true, false]);
    expect(() => commits.check()).toThrow(TableUnavailable);
  });

  it('fails what waits for a disk that does not answer, and everything after it at once', async () => {
    // Another process takes the write lock and keeps it.
    const hold = `
      import { open } from ${JSON.stringify(LMDB)};
      const environment = open(process.argv[1], { encoding: 'binary', overlappingSync: false });
      environment.transactionSync(() => {
        process.stdout.write('held');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`;
    const args = ['--input-type=module', '-e', hold, path];
    const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const stuck = commitsWithin(50);
    const refusals = await Promise.allSettled([stuck.submit(put('a')), stuck.submit(put('b'))]);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: { name: 'TableUnavailable', notWritten: false } });
    }
    await expect(stuck.submit(put('c'))).rejects.toMatchObject({
      name: 'TableUnavailable',
      notWritten: true,
    });
    expect(() => stuck.check()).toThrow(TableUnavailable);
    expect(await stuck.close()).toBe(false);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    // The lock of a killed process is released, and what was refused stays away.
    await commits.submit(put('d'));
    expect(['a', 'b', 'c', 'd'].map(has)).toStrictEqual([false, false, false, true]);
  });
});
