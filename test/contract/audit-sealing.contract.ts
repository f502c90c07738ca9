import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { auditKeys, type AuditTrail, LocalCheckpointSigner, type SignedCheckpoint } from '@app/audit';
import { ConditionFailed, type PhiTable, TableUnavailable, type TableWrite } from '@app/phi-table';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FaultyTable,
  holdEvent,
  logOf,
  openChains,
  openTrail,
  proveAll,
  putsInto,
  ReachableSigner,
  readEvent,
  readSealedTrail,
  TestClock,
} from '../support/audit-sealing.js';
import type { EmptyTables } from '../support/empty-tables.js';

const unavailable = (notWritten: boolean) =>
  new TableUnavailable('the store fails, as it was told to', { notWritten });
/** As a write of the service. */
const someWrite = (): TableWrite => ({
  type: 'put',
  item: {
    table: 'records',
    partition: `PATIENT#${randomUUID()}`,
    sort: 'PROFILE',
    attributes: { version: 1 },
  },
  condition: { type: 'absent' },
});

/** What sealing promises, whichever store it is on. */
export function auditSealingContract(store: string, openTables: () => Promise<EmptyTables>): void {
  describe(`the sealed trail on ${store}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-sealing-'));
    const signer = LocalCheckpointSigner.open(join(folder, 'key'));
    let tables: EmptyTables;
    let real: PhiTable;
    let table: FaultyTable;

    beforeAll(async () => {
      tables = await openTables();
    }, 90_000);
    beforeEach(async () => {
      real = await tables.open();
      table = new FaultyTable(real);
    });
    afterAll(async () => {
      await tables.close();
      rmSync(folder, { recursive: true });
    });

    const sealedChain = async (trail: AuditTrail) => (await readSealedTrail(real, signer)).get(trail.chain)!;

    it('opens a chain before its first event, and none without an event', async () => {
      const trail = openTrail(table, signer);
      expect(await trail.seal()).toBeUndefined();
      await openTrail(table, signer).close();
      expect(await readSealedTrail(real, signer)).toEqual(new Map());

      const opened: boolean[] = [];
      table.before = async (writes) => {
        if (holdEvent(writes)) opened.push((await logOf(real).head()) !== undefined);
      };
      await Promise.all([trail.append([readEvent()]), trail.append([readEvent()])]);
      expect(opened).toEqual([true, true]);
      expect(await sealedChain(trail)).toMatchObject({
        kinds: ['opened'],
        sealedThrough: 0,
        rows: { length: 2 },
      });
    });

    it('seals what is new, and closes the chain with the rest', async () => {
      const trail = openTrail(table, signer);
      const seen: SignedCheckpoint[] = [];
      trail.checkpoints.onAppended((checkpoint) => seen.push(checkpoint));
      await trail.append([readEvent(), readEvent()]);
      expect(trail.unsealed.count).toBe(2);
      const first = await trail.seal();
      expect(first?.checkpoint).toMatchObject({
        number: 2,
        kind: 'sealed',
        chain: trail.chain,
        first: 1,
        last: 2,
      });
      expect(trail.unsealed).toEqual({ count: 0, ageSeconds: 0 });
      expect(await trail.seal()).toBeUndefined();
      await trail.append([readEvent()]);
      await trail.close();

      expect(seen.map(({ checkpoint: { kind, last } }) => [kind, last])).toEqual([
        ['opened', 0],
        ['sealed', 2],
        ['closed', 3],
      ]);
      expect(await sealedChain(trail)).toMatchObject({ sealedThrough: 3, rows: { length: 3 } });
      expect(await openChains(real)).toEqual([]);
      await expect(trail.append([readEvent()])).rejects.toMatchObject({
        type: { name: 'audit-unavailable' },
      });
    });

    it('seals at most 4,096 events at once, as soon as there are so many, and proves each event', async () => {
      const trail = openTrail(table, signer);
      const filled = new Promise<SignedCheckpoint>((resolve) => {
        trail.checkpoints.onAppended(
          (checkpoint) => checkpoint.checkpoint.last === 4096 && resolve(checkpoint),
        );
      });
      const batches = Array.from({ length: 84 }, () => Array.from({ length: 50 }, () => readEvent()));
      await Promise.all(batches.map((events) => trail.append(events)));
      // Nobody called `seal`.
      expect((await filled).checkpoint).toMatchObject({ kind: 'sealed', first: 1, last: 4096 });
      await trail.close();

      const { kinds, rows, sealedThrough } = await sealedChain(trail);
      expect(kinds.at(-1)).toBe('closed');
      expect([rows.length, sealedThrough]).toEqual([4200, 4200]);
      const around = rows.filter(({ sequence }) =>
        [1, 2, 2048, 2049, 4095, 4096, 4097, 4199, 4200].includes(sequence),
      );
      expect(await proveAll(real, signer, around)).toBe(9);
    }, 120_000);

    it('fills the numbers of lost commits, keeps events whose answer was lost, and proves all of it', async () => {
      const trail = openTrail(table, signer);
      const fault = () => randomInt(10);
      table.before = (writes) => {
        if (holdEvent(writes) && fault() < 2) throw unavailable(true);
      };
      table.after = (writes) => {
        if (holdEvent(writes) && fault() < 2) throw unavailable(false);
      };
      const sent = Array.from({ length: 120 }, () => randomUUID());
      const acknowledged: string[] = [];
      for (let start = 0; start < sent.length; start += 12) {
        await Promise.all(
          sent.slice(start, start + 12).map(async (requestId) => {
            try {
              await trail.append([readEvent(requestId)]);
              acknowledged.push(requestId);
            } catch (error) {
              expect(error).toMatchObject({ type: { name: 'audit-unavailable' } });
            }
          }),
        );
        if (start % 36 === 0) await trail.seal().catch(() => undefined);
      }
      table.before = undefined;
      table.after = undefined;
      await trail.append([readEvent()]);
      await trail.close();

      const { kinds, rows, sealedThrough } = await sealedChain(trail);
      expect(kinds.at(-1)).toBe('closed');
      expect(sealedThrough).toBe(rows.length);
      const requests = rows.map(({ event }) => event.origin.requestId);
      expect(acknowledged.filter((requestId) => !requests.includes(requestId))).toEqual([]);
      const named = requests.filter((requestId) => requestId !== '');
      expect(new Set(named).size).toBe(named.length);
      expect(rows.filter(({ event }) => event.type === 'void').length).toBeGreaterThan(0);
      expect(await proveAll(real, signer, rows)).toBe(rows.length);
    });

    it('goes on while the signer is out of reach, and catches up', async () => {
      const time = new TestClock();
      const reachable = new ReachableSigner(signer);
      const trail = openTrail(table, reachable, time.options);
      await trail.append([readEvent()]);
      reachable.isReachable = false;
      for (let round = 0; round < 3; round++) {
        time.advance(20);
        await trail.append([readEvent()]);
        await expect(trail.seal()).rejects.toThrow('does not answer');
      }
      expect(trail.unsealed).toEqual({ count: 4, ageSeconds: 60 });
      reachable.isReachable = true;
      await trail.seal();
      expect(trail.unsealed).toEqual({ count: 0, ageSeconds: 0 });
      expect(await sealedChain(trail)).toMatchObject({ sealedThrough: 4, rows: { length: 4 } });
    });

    it('begins no chain while the signer is out of reach: nobody would vouch for it', async () => {
      const reachable = new ReachableSigner(signer);
      const trail = openTrail(table, reachable);
      reachable.isReachable = false;
      const refused = { type: { name: 'audit-unavailable', status: 503 } };
      await expect(trail.append([readEvent()])).rejects.toMatchObject(refused);
      await expect(trail.transactWrite([someWrite()], [readEvent()])).rejects.toMatchObject(refused);
      reachable.isReachable = true;
      await trail.append([readEvent()]);
      expect(await sealedChain(trail)).toMatchObject({ rows: { length: 1 } });
    });

    it.each([
      ['does not arrive', 'before'],
      ['arrives, and its answer is lost', 'after'],
    ] as const)('seals each event once when a checkpoint %s', async (_, when) => {
      const trail = openTrail(table, signer);
      for (const at of [1, 2, 3]) {
        await trail.append([readEvent(), readEvent()]);
        let faults = at === 2 ? 2 : 1;
        table[when] = (writes) => {
          if (faults > 0 && putsInto(writes, auditKeys.checkpoints)) {
            faults -= 1;
            throw unavailable(when === 'before');
          }
        };
        await expect(trail.seal()).rejects.toBeInstanceOf(TableUnavailable);
        await trail.append([readEvent()]);
        await trail.seal().catch(() => undefined);
        table[when] = undefined;
        await trail.seal();
        expect(trail.unsealed.count).toBe(0);
      }
      await trail.close();
      expect(await sealedChain(trail)).toMatchObject({ sealedThrough: 9, rows: { length: 9 } });
    });

    it('tells whose condition it was that failed', async () => {
      const trail = openTrail(table, signer);
      const write = someWrite();
      await trail.transactWrite([write], [readEvent()]);
      const again = trail.transactWrite([someWrite(), write], [readEvent()]);
      await expect(again).rejects.toEqual(new ConditionFailed([1]));
      // The number of the refused one does not wait for another event.
      expect((await trail.seal())?.checkpoint.last).toBe(2);
      const { rows } = await sealedChain(trail);
      expect(rows.map(({ event }) => event.type)).toEqual(['patient-read', 'void']);
    });
  });
}
