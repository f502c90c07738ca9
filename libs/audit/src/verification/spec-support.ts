import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbPhiTable, type PhiItem, type PhiKey, PhiTable, type TableWrite } from '@app/phi-table';
import type { AuditEvent } from '../audit-event.js';
import { auditKeys } from '../audit-item.js';
import { AuditTrail, type AuditTrailOptions } from '../audit-trail.js';
import { LocalCheckpointSigner } from '../local-checkpoint-signer.js';
import type { Finding } from './findings.js';
import { type VerificationOptions, verifyTrail } from './verify-trail.js';
import type { VerificationReport } from './verification-report.js';

/** Somebody who may be anybody. */
export const origin = {
  agent: { issuer: 'https://issuer.localhost', subject: 'clinician', clientId: 'app', scopes: ['user/*.rs'] },
  networkAddress: '127.0.0.1',
  requestId: '00000000-0000-4000-8000-000000000001',
};

/** @returns events of reads, each of another version */
export const readEvents = (count: number, patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11'): AuditEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'patient-read',
    outcome: '0',
    origin,
    patientId,
    count: index + 1,
  }));

/** A trail in a fresh folder, and the ways past it that an attacker has who holds the store. */
export class TrailUnderAttack {
  readonly table: PhiTable;
  readonly signer: LocalCheckpointSigner;
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'phi-trail-'));

  constructor() {
    this.table = LmdbPhiTable.open({ path: join(this.#folder, 'records.lmdb') });
    this.signer = LocalCheckpointSigner.open(join(this.#folder, 'key'));
    this.publicKeys = new Map([[this.signer.keyId, createPublicKey(this.signer.publicKey)]]);
  }

  trail(options: Partial<AuditTrailOptions> = {}): AuditTrail {
    return new AuditTrail({ table: this.table, signer: this.signer, instance: 'instance', ...options });
  }

  /** @returns the name of a closed chain whose events were sealed in batches of these sizes */
  async closedChain(sizes: readonly number[], options: Partial<AuditTrailOptions> = {}): Promise<string> {
    const trail = this.trail(options);
    for (const size of sizes) {
      await trail.append(readEvents(size));
      await trail.seal();
    }
    await trail.close();
    return trail.chain;
  }

  async row(key: PhiKey): Promise<PhiItem> {
    const item = await this.table.get(key);
    if (item === undefined) throw new Error('there is no such row');
    return item;
  }

  event(chain: string, sequence: number): Promise<PhiItem> {
    return this.row(auditKeys.event(chain, sequence));
  }

  async put(...items: PhiItem[]): Promise<void> {
    await this.table.transactWrite(items.map((item) => ({ type: 'put', item })));
  }

  async remove(...keys: PhiKey[]): Promise<void> {
    await this.table.transactWrite(
      keys.map(({ table, partition, sort }) => ({ type: 'delete', key: { table, partition, sort } })),
    );
  }

  /** Writes the event anew with changes. */
  async alter(
    chain: string,
    sequence: number,
    change: (event: Record<string, unknown>) => object,
  ): Promise<void> {
    const item = await this.event(chain, sequence);
    const event = JSON.parse(item.attributes['event'] as string) as Record<string, unknown>;
    await this.put({ ...item, attributes: { event: JSON.stringify(change(event)) } });
  }

  verify(
    options: Partial<VerificationOptions> = {},
    table: PhiTable = this.table,
  ): Promise<VerificationReport> {
    return verifyTrail({ table, publicKeys: this.publicKeys }, { retentionDays: 2192, ...options });
  }

  /** @returns what verification finds, without the parts for scripts */
  async findings(options: Partial<VerificationOptions> = {}): Promise<Finding[]> {
    return (await this.verify(options)).findings;
  }

  async close(): Promise<void> {
    await this.table.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A table that does what the one behind it does, for those that do one thing otherwise. */
export class ForwardingTable extends PhiTable {
  constructor(private readonly table: PhiTable) {
    super();
  }
  override get(...input: Parameters<PhiTable['get']>) {
    return this.table.get(...input);
  }
  override batchGet(...input: Parameters<PhiTable['batchGet']>) {
    return this.table.batchGet(...input);
  }
  override query(...input: Parameters<PhiTable['query']>) {
    return this.table.query(...input);
  }
  override async transactWrite(writes: readonly TableWrite[]) {
    return this.table.transactWrite(writes);
  }
  override ping() {
    return this.table.ping();
  }
  override close() {
    return this.table.close();
  }
}
