import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AuditEvent,
  auditKeys,
  AuditTrail,
  expireEvents,
  exportTrail,
  LocalCheckpointSigner,
  publicKeysByName,
  verifyExport,
  verifyTrail,
} from '@app/audit';
import { type PhiTable } from '@app/phi-table';
import { type EmptyTables } from '../support/empty-tables.js';

const origin = { networkAddress: '127.0.0.1', requestId: '00000000-0000-4000-8000-000000000001' };
const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const reads = (count: number): AuditEvent[] =>
  Array.from({ length: count }, () => ({ type: 'patient-read', outcome: '0', origin, patientId }));

/** Verification, expiry and export must do on each store what they do on the others: pages, limits, indexes that lag. */
export function auditVerificationContract(name: string, openTables: () => Promise<EmptyTables>): void {
  describe(`a trail on ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-key-'));
    const signer = LocalCheckpointSigner.open(join(folder, 'key'));
    const publicKeys = publicKeysByName([signer.publicKey]);
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

    async function closedChain(count: number, clock: () => number = Date.now): Promise<string> {
      const trail = new AuditTrail({ table, signer, instance: 'instance', clock });
      await trail.append(reads(count));
      await trail.close();
      return trail.chain;
    }

    const verify = (retentionDays = 2192) =>
      verifyTrail({ table, publicKeys }, { retentionDays, indexLagSeconds: 0 });

    // 45 CFR 164.312(c)(2).
    it('is verified over more than a page, and each change of it is named', async () => {
      const chain = await closedChain(1234);
      expect(await verify()).toMatchObject({ outcome: 'intact', findings: [], events: { sealed: 1234 } });
      const item = await table.get(auditKeys.event(chain, 777));
      if (item === undefined) throw new Error('the event is there');
      const event = (item.attributes['event'] as string).replace('127.0.0.1', '127.0.0.2');
      await table.transactWrite([
        { type: 'put', item: { ...item, attributes: { event } } },
        { type: 'delete', key: auditKeys.event(chain, 1001) },
      ]);
      expect((await verify()).findings).toMatchObject([
        { kind: 'event-altered', sequence: 777 },
        { kind: 'event-removed', sequence: 1001 },
      ]);
    });

    it('expires, and says so', async () => {
      let now = Date.parse('2026-01-01T00:00:00Z');
      await closedChain(250, () => now);
      now = Date.parse('2026-06-01T00:00:00Z');
      const audit = new AuditTrail({ table, signer, instance: 'instance', clock: () => now });
      const ports = { table, audit, checkpoints: audit.checkpoints, publicKeys };
      const report = await expireEvents(ports, { retentionDays: 100, origin, clock: () => now });
      await audit.close();
      expect(report).toMatchObject({ outcome: 'done', events: 250 });
      expect(await verify(100)).toMatchObject({ outcome: 'intact', events: { expired: 250, sealed: 1 } });
    });

    it('is exported as something that can be checked without it', async () => {
      await closedChain(1100);
      const lines: string[] = [];
      await exportTrail(table, { publicKeys: [signer.publicKey] }, async (line) => {
        lines.push(line);
      });
      async function* file(): AsyncGenerator<string> {
        yield* lines;
      }
      const report = await verifyExport(file(), { publicKeys: [signer.publicKey] });
      expect(report).toMatchObject({ outcome: 'intact', findings: [], events: { sealed: 1100 } });
    });
  });
}
