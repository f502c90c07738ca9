import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { auditKeys, LocalCheckpointSigner } from '@app/audit';
import type { PhiTable } from '@app/phi-table';
import { logOf, openTrail, readEvent, readSealedTrail } from '../support/audit-sealing.js';
import type { EmptyTables } from '../support/empty-tables.js';

/** What the one register of all instances promises, whichever store it is on. */
export function auditRegisterContract(store: string, openTables: () => Promise<EmptyTables>): void {
  describe(`the register of checkpoints on ${store}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-register-'));
    const signer = LocalCheckpointSigner.open(join(folder, 'key'));
    let tables: EmptyTables;
    let table: PhiTable;

    beforeAll(async () => {
      tables = await openTables();
    }, 90_000);
    beforeEach(async () => {
      table = await tables.open();
    });
    afterAll(async () => {
      await tables.close();
      rmSync(folder, { recursive: true });
    });

    it('keeps chains apart of two instances with one id and one boot', async () => {
      const names = { instance: randomUUID(), boot: randomUUID() };
      const trails = [openTrail(table, signer, names), openTrail(table, signer, names)];
      for (let round = 0; round < 3; round++) {
        await Promise.all(trails.map((trail) => trail.append([readEvent(), readEvent()])));
        await Promise.all(trails.map((trail) => trail.seal()));
      }
      expect(new Set(trails.map(({ chain }) => chain)).size).toBe(2);
      await Promise.all(trails.map((trail) => trail.close()));
      const late = openTrail(table, signer, names);
      await late.append([readEvent()]);
      const chains = await readSealedTrail(table, signer);
      expect([...chains.values()].map(({ rows }) => rows.length)).toEqual([6, 6, 1]);
    });

    it('keeps one register when eight trails seal at once', async () => {
      const trails = Array.from({ length: 8 }, () => openTrail(table, signer));
      for (let round = 0; round < 4; round++) {
        await Promise.all(
          trails.map(async (trail) => {
            await trail.append([readEvent()]);
            await trail.seal();
          }),
        );
      }
      await Promise.all(trails.map((trail) => trail.close()));
      const chains = await readSealedTrail(table, signer);
      expect(chains.size).toBe(8);
      for (const { kinds, sealedThrough } of chains.values()) {
        expect([kinds, sealedThrough]).toEqual([
          ['opened', 'sealed', 'sealed', 'sealed', 'sealed', 'closed'],
          4,
        ]);
      }
    }, 120_000);

    it('leaves a gap for all to see where the end of the register was cut off', async () => {
      const trail = openTrail(table, signer);
      await trail.append([readEvent()]);
      const before = (await table.get(auditKeys.head))!;
      await trail.seal();
      await table.transactWrite([
        { type: 'put', item: before },
        { type: 'delete', key: auditKeys.checkpoint(2) },
      ]);
      await trail.append([readEvent()]);
      expect((await trail.seal())?.checkpoint.number).toBe(3);
      await expect(readSealedTrail(table, signer)).rejects.toThrow('checkpoint 2 is missing');
    });

    it('goes on behind a head row that was left behind, and behind a damaged row', async () => {
      const trail = openTrail(table, signer);
      await trail.append([readEvent()]);
      const before = (await table.get(auditKeys.head))!;
      await trail.seal();
      // The two tables were restored to different moments.
      await table.transactWrite([{ type: 'put', item: before }]);
      const other = openTrail(table, signer);
      await other.append([readEvent()]);
      await trail.append([readEvent()]);
      await trail.close();
      await other.close();
      expect((await readSealedTrail(table, signer)).size).toBe(2);

      const head = await logOf(table).head();
      const damaged = { ...auditKeys.checkpoint(head!.number + 1), attributes: { checkpoint: '{' } };
      await table.transactWrite([{ type: 'put', item: damaged }]);
      const next = openTrail(table, signer);
      await next.append([readEvent()]);
      expect((await logOf(table).head())?.number).toBe(head!.number + 2);
      const newest = auditKeys.checkpoint(head!.number + 2);
      await table.transactWrite([{ type: 'put', item: { ...newest, attributes: { checkpoint: '{' } } }]);
      await openTrail(table, signer).append([readEvent()]);
      expect((await logOf(table).head())?.number).toBe(head!.number + 3);
      await expect(readSealedTrail(table, signer)).rejects.toMatchObject({ name: 'CorruptCheckpoint' });
    });
  });
}
