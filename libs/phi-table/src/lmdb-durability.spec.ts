import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, transpile, type Transpiled } from '../test/child-process.js';
import { STRACE_ARGUMENTS, isDurableAt } from '../test/system-call-trace.js';
import { LmdbPhiTable } from './lmdb-phi-table.js';
import type { PhiItem } from './phi-table.js';

let transpiled: Transpiled;
let folder: string;
beforeAll(() => {
  transpiled = transpile();
  folder = mkdtempSync(join(tmpdir(), 'phi-durability-'));
});
afterAll(() => {
  transpiled.remove();
  rmSync(folder, { recursive: true });
});

const straceIsInstalled = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;
const traced = straceIsInstalled ? describe : undefined;

traced?.('an acknowledged write is on disk', () => {
  const traceOf = async (behaviour: string) => {
    const [data, trace] = [join(folder, `${behaviour}.lmdb`), join(folder, `${behaviour}.trace`)];
    const child = [process.execPath, transpiled.script('acknowledge'), data, behaviour];
    const { ended, errors } = run('strace', [...STRACE_ARGUMENTS, '-o', trace, ...child]);
    expect({ code: await ended, errors: errors() }).toStrictEqual({ code: 0, errors: '' });
    return { data, trace: readFileSync(trace, 'utf8') };
  };

  it('flushes before it acknowledges', async () => {
    const { data, trace } = await traceOf('as-the-service-does');
    expect(isDurableAt(trace, data, 'BEGIN', 'ACKNOWLEDGED')).toBe(true);
    // The same trace without its flushes would have been noticed.
    const unflushed = trace.replaceAll(/^.*(fdatasync|fsync).*$/gm, '');
    expect(isDurableAt(unflushed, data, 'BEGIN', 'ACKNOWLEDGED')).toBe(false);
  });

  it.each(['without-waiting', 'without-flush'])('would notice an acknowledgement %s', async (behaviour) => {
    const { data, trace } = await traceOf(behaviour);
    expect(trace).toContain('ACKNOWLEDGED');
    expect(isDurableAt(trace, data, 'BEGIN', 'ACKNOWLEDGED')).toBe(false);
  });
});

if (!straceIsInstalled) {
  const warning =
    'NOT TESTED: that acknowledged writes are on disk. The test needs strace, which is not installed.';
  process.stderr.write(`\n${'!'.repeat(warning.length)}\n${warning}\n${'!'.repeat(warning.length)}\n\n`);
  describe('an acknowledged write is on disk', () => {
    it('is traced wherever CI=true', () => {
      expect(process.env.CI === 'true' ? warning : undefined).toBeUndefined();
    });
    it.todo(warning);
  });
}

describe('a process that is killed', () => {
  it('leaves every acknowledged transaction whole and none by half, three times over', async () => {
    const path = join(folder, 'killed.lmdb');
    const acknowledged = new Set<string>();
    for (const enough of [600, 1300, 2100]) {
      const writer = run(process.execPath, [transpiled.script('keep-writing'), path]);
      await writer.hasWritten(enough);
      writer.child.kill('SIGKILL');
      await writer.ended;
      for (const id of writer.lines) acknowledged.add(id);

      const table = LmdbPhiTable.open({ path });
      const read = async (query: Pick<PhiItem, 'table' | 'partition'> & { index?: 'recordedAt' }) => {
        const items: PhiItem[] = [];
        let after: string | undefined;
        do {
          const page = await table.query({ ...query, limit: 1000, after });
          items.push(...page.items);
          after = page.next;
        } while (after !== undefined);
        return items;
      };
      const records = await read({ table: 'records', partition: 'PATIENT#1' });
      const indexed = await read({ table: 'records', partition: 'PATIENT#1', index: 'recordedAt' });
      const events = await read({ table: 'audit', partition: 'CHAIN#1' });
      await table.close();

      const ids = records.map(({ sort }) => sort);
      expect(events.map(({ sort }) => sort)).toStrictEqual(ids);
      expect(indexed).toStrictEqual(records);
      const damaged = records.filter(({ sort, attributes }) => {
        return (
          attributes.id !== sort ||
          Buffer.compare(attributes.bytes as Uint8Array, Buffer.alloc(1000, sort)) !== 0
        );
      });
      expect(damaged).toStrictEqual([]);
      const stored = new Set(ids);
      expect([...acknowledged].filter((id) => !stored.has(id))).toStrictEqual([]);
      expect(acknowledged.size).toBeGreaterThanOrEqual(enough);
    }
  }, 60_000);
});

describe('a full disk', () => {
  it('refuses the group that does not fit, whole, and takes the next', async () => {
    const path = join(folder, 'full.lmdb');
    // 2 MB, in units of 1 KB: the large transaction needs twice that.
    const limited = `ulimit -S -f 2048 && exec "$@"`;
    const child = [process.execPath, transpiled.script('fill-disk'), path];
    const { ended, lines, errors } = run('bash', ['-c', limited, 'bash', ...child]);
    expect({ code: await ended, said: lines.length, errors: errors() }).toMatchObject({ code: 0, said: 1 });
    expect(JSON.parse(lines[0]!)).toStrictEqual({
      refusals: [{ notWritten: true }, { notWritten: true }],
      stored: ['after', 'before'],
    });
  });
});

describe('several processes on one file', () => {
  it('lose no update of each other', async () => {
    const path = join(folder, 'shared.lmdb');
    const table = LmdbPhiTable.open({ path });
    const children = [1, 2].map(() => run(process.execPath, [transpiled.script('share'), path, '100']));
    for (const { ended, errors } of children) {
      expect({ code: await ended, errors: errors() }).toStrictEqual({ code: 0, errors: '' });
    }
    const counter = await table.get({ table: 'records', partition: 'COUNTER', sort: '-' });
    await table.close();
    expect(counter?.attributes.count).toBe(200);
  });
});
