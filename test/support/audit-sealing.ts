import { createPublicKey, randomUUID } from 'node:crypto';
import {
  type AuditEvent,
  AuditTrail,
  type AuditTrailOptions,
  type AuditRow,
  auditKeys,
  auditRow,
  checkpointDigest,
  CheckpointLog,
  CheckpointSigner,
  eventLeaf,
  inclusionProof,
  type SignedCheckpoint,
  verifyCheckpoint,
  verifyInclusion,
} from '@app/audit';
import { type PhiItem, type PhiKey, PhiTable, type QueryInput, type TableWrite } from '@app/phi-table';

/** The real store, with what a network may do to a write: it does not arrive, or its answer is lost. */
export class FaultyTable extends PhiTable {
  /** Throws, and the write does not arrive. It may wait. */
  before: ((writes: readonly TableWrite[]) => void | Promise<void>) | undefined;
  /** Throws, and the answer is lost. */
  after: ((writes: readonly TableWrite[]) => void | Promise<void>) | undefined;

  constructor(private readonly table: PhiTable) {
    super();
  }

  override async transactWrite(writes: readonly TableWrite[]): Promise<void> {
    await this.before?.(writes);
    await this.table.transactWrite(writes);
    await this.after?.(writes);
  }
  override get(key: PhiKey) {
    return this.table.get(key);
  }
  override batchGet(keys: readonly PhiKey[]) {
    return this.table.batchGet(keys);
  }
  override query(input: QueryInput) {
    return this.table.query(input);
  }
  override ping() {
    return this.table.ping();
  }
  override async close(): Promise<void> {
    // Whoever opened the table closes it.
  }
}

/** @returns whether one of the writes is a put into this partition of the audit table */
export const putsInto = (writes: readonly TableWrite[], partition: string): boolean =>
  writes.some((write) => write.type === 'put' && write.item.partition === partition);
/** @returns whether the writes hold an event */
export const holdEvent = (writes: readonly TableWrite[]): boolean =>
  writes.some((write) => write.type === 'put' && write.item.partition.startsWith('CHAIN#'));

/** A real signer that can be out of reach. */
export class ReachableSigner extends CheckpointSigner {
  isReachable = true;
  constructor(private readonly signer: CheckpointSigner) {
    super();
  }
  override get keyId() {
    return this.signer.keyId;
  }
  override get publicKey() {
    return this.signer.publicKey;
  }
  override async sign(text: string): Promise<Uint8Array> {
    if (!this.isReachable) throw new Error('the key service does not answer');
    return this.signer.sign(text);
  }
}

/** Both clocks of a machine, which run only when they are told to. */
export class TestClock {
  milliseconds = Date.parse('2026-03-01T12:00:00.000Z');
  monotonicMilliseconds = 1000;

  advance(seconds: number): void {
    this.milliseconds += seconds * 1000;
    this.monotonicMilliseconds += seconds * 1000;
  }

  get options() {
    return { clock: () => this.milliseconds, monotonic: () => this.monotonicMilliseconds };
  }
}

/** @returns a trail that nothing drives but its caller */
export function openTrail(
  table: PhiTable,
  signer: CheckpointSigner,
  options: Partial<AuditTrailOptions> = {},
): AuditTrail {
  return new AuditTrail({ table, signer, instance: randomUUID(), leaseSeconds: 30, ...options });
}

/** @returns an event that can be told from others by its request */
export function readEvent(requestId: string = randomUUID()): AuditEvent {
  return {
    type: 'patient-read',
    outcome: '0',
    origin: { networkAddress: '127.0.0.1', requestId },
    patientId: 'd9b1ae9c-2c4f-4a0e-9d3f-0c4e6f1d2a3b',
  };
}

/** One chain, as the register and the table show it. */
export interface SealedChain {
  kinds: string[];
  sealedThrough: number;
  rows: AuditRow[];
}

/**
 * Reads the whole trail and compares it with its register.
 * @throws Error that names the first thing that is not as it has to be: a gap in the register or in a chain, a digest, a signature, a
 *   root, an event past the end of a chain
 */
export async function readSealedTrail(
  table: PhiTable,
  { publicKey }: CheckpointSigner,
): Promise<Map<string, SealedChain>> {
  const key = createPublicKey(publicKey);
  const chains = new Map<string, SealedChain>();
  let newest: { number: number; digest: string } = { number: 0, digest: '' };
  for await (const signed of logOf(table).read()) {
    const { checkpoint, text } = signed;
    needs(checkpoint.number === newest.number + 1, `checkpoint ${newest.number + 1} is missing`);
    needs(
      checkpoint.previous === newest.digest,
      `checkpoint ${checkpoint.number} does not follow the one before`,
    );
    needs(verifyCheckpoint(signed, key), `checkpoint ${checkpoint.number} is not signed`);
    needs(JSON.stringify(checkpoint) === text, `checkpoint ${checkpoint.number} says something else`);
    newest = { number: checkpoint.number, digest: checkpointDigest(text) };
    await follow(table, chains, signed);
  }
  const head = await logOf(table).head();
  needs(head?.number === (newest.number || undefined), 'the head row is not the newest checkpoint');
  needs((head?.digest ?? '') === newest.digest, 'the head row holds another digest');
  for (const chain of chains.values()) {
    for (const [position, { sequence }] of chain.rows.entries()) {
      needs(sequence === position + 1, `event ${position + 1} is missing`);
    }
  }
  return chains;
}

async function follow(table: PhiTable, chains: Map<string, SealedChain>, { checkpoint }: SignedCheckpoint) {
  const { chain: name, kind, first, last } = checkpoint;
  const known = chains.get(name);
  needs((known === undefined) === (kind === 'opened'), `${kind} at the wrong place`);
  const chain = known ?? { kinds: [], sealedThrough: 0, rows: (await itemsOf(table, name)).map(auditRow) };
  chains.set(name, chain);
  const before = chain.kinds.at(-1);
  needs(before !== 'closed', 'something follows the end of a chain');
  needs(first === chain.sealedThrough + 1, `the range from ${first} does not follow ${chain.sealedThrough}`);
  needs(last - first + 1 <= 4096, 'a range is too long');
  chain.kinds.push(kind);
  chain.sealedThrough = last;
}

/** @returns all items of a partition of the audit table, in order */
export async function itemsOf(table: PhiTable, partition: string): Promise<PhiItem[]> {
  const items: PhiItem[] = [];
  let after: string | undefined;
  do {
    const query = { table: 'audit', partition, limit: 1000 } as const;
    const page = await table.query(after === undefined ? query : { ...query, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

/** @returns how many events of the chain have an inclusion proof that holds @throws Error if one does not */
export async function proveAll(
  table: PhiTable,
  signer: CheckpointSigner,
  rows: readonly AuditRow[],
): Promise<number> {
  const key = createPublicKey(signer.publicKey);
  let proven = 0;
  for (const row of rows) {
    const proof = await inclusionProof(logOf(table), row);
    if (proof === undefined) continue;
    needs(verifyInclusion(proof, row, key), `the proof of event ${row.sequence} does not hold`);
    needs(proof.leaf === eventLeaf(row.chain, row.sequence, row.text).toString('base64'), 'another leaf');
    proven += 1;
  }
  return proven;
}

/** @returns the register, to be read */
export const logOf = (table: PhiTable): CheckpointLog => new CheckpointLog(table, neverSigns);

const neverSigns = new (class extends CheckpointSigner {
  override readonly keyId = '';
  override readonly publicKey = '';
  override sign(): Promise<Uint8Array> {
    return Promise.reject(new Error('this register is only read'));
  }
})();

/** @returns the chains that are not closed */
export async function openChains(table: PhiTable): Promise<PhiItem[]> {
  return (await table.query({ table: 'records', partition: auditKeys.leases, limit: 1000 })).items;
}

function needs(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
