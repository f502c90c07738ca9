import { createPublicKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  auditKeys,
  type AuditTrail,
  inclusionProof,
  LocalCheckpointSigner,
  type StoredAuditEvent,
  verifyInclusion,
} from '@app/audit';
import { type PhiItem, type PhiTable, TableUnavailable, type TableWrite } from '@app/phi-table';
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
  type SealedChain,
  TestClock,
} from '../support/audit-sealing.js';
import type { EmptyTables } from '../support/empty-tables.js';

const typesOf = ({ rows }: SealedChain) => rows.map(({ event }) => event.type);
/** Leases of 30 s, and a third of that for clocks that differ. */
const leaseOver = 41;
const day = 24 * 60 * 60;

/** Where calls hang, as in a process that does not run. */
class Suspended {
  goOn = () => {};
  readonly isFull: Promise<void>;
  #entered = 0;
  #fill = () => {};
  readonly #goesOn = new Promise<void>((resolve) => (this.goOn = resolve));

  constructor(private readonly calls: number) {
    this.isFull = new Promise((resolve) => (this.#fill = resolve));
  }

  enter(): Promise<void> {
    this.#entered += 1;
    if (this.#entered === this.calls) this.#fill();
    return this.#goesOn;
  }
}

/** What becomes of a chain whose instance is gone, whichever store it is on. */
export function auditLeftoversContract(store: string, openTables: () => Promise<EmptyTables>): void {
  describe(`what a killed instance left on ${store}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-leftovers-'));
    const signer = LocalCheckpointSigner.open(join(folder, 'key'));
    let tables: EmptyTables;
    let table: PhiTable;
    let time: TestClock;

    beforeAll(async () => {
      tables = await openTables();
    }, 90_000);
    beforeEach(async () => {
      table = await tables.open();
      time = new TestClock();
    });
    afterAll(async () => {
      await tables.close();
      rmSync(folder, { recursive: true });
    });

    const trailOn = (on: PhiTable = table): AuditTrail => openTrail(on, signer, time.options);
    const chainsNow = () => readSealedTrail(table, signer);
    const chainOf = async (name: string) => (await chainsNow()).get(name)!;

    it('is sealed once its lease is over, and its chain ended', async () => {
      const killed = trailOn();
      await killed.append([readEvent(), readEvent()]);
      await killed.seal();
      await killed.append([readEvent()]);

      const other = trailOn();
      time.advance(leaseOver - 2);
      expect(await other.sealLeftovers()).toEqual([]);
      time.advance(2);
      const sealed = await other.sealLeftovers();
      expect(sealed.map(({ checkpoint: { kind, first, last } }) => [kind, first, last])).toEqual([
        ['abandoned', 3, 4],
      ]);
      const chain = await chainOf(killed.chain);
      expect(chain).toMatchObject({ kinds: ['opened', 'sealed', 'abandoned'], sealedThrough: 4 });
      expect(typesOf(chain)).toEqual(['patient-read', 'patient-read', 'patient-read', 'chain-end']);
      expect(await proveAll(table, signer, chain.rows)).toBe(4);
      expect(await other.sealLeftovers()).toEqual([]);
    });

    it('is left alone while its lease is renewed, with or without new events', async () => {
      const idle = trailOn();
      const busy = trailOn();
      await Promise.all([idle.append([readEvent()]), busy.append([readEvent()])]);
      for (let round = 0; round < 5; round++) {
        time.advance(20);
        await busy.append([readEvent()]);
        await busy.seal();
        await idle.keep();
        expect(await trailOn().sealLeftovers()).toEqual([]);
      }
      await Promise.all([idle.close(), busy.close()]);
    });

    it('is left alone when its instance comes back while another one looks', async () => {
      const back = trailOn();
      await back.append([readEvent()]);
      const { chain } = back;
      time.advance(leaseOver);
      const faulty = new FaultyTable(table);
      faulty.before = async () => {
        faulty.before = undefined;
        await back.append([readEvent()]);
      };
      expect(await trailOn(faulty).sealLeftovers()).toEqual([]);
      await back.close();
      expect(await chainOf(chain)).toMatchObject({ kinds: ['opened', 'closed'], sealedThrough: 2 });
    });

    it('has its lost numbers filled by voids, also where it was killed in the middle of commits', async () => {
      const faulty = new FaultyTable(table);
      const killed = trailOn(faulty);
      await killed.append([readEvent()]);
      let writes = 0;
      faulty.before = (written) => {
        writes += 1;
        if (holdEvent(written) && writes % 2 === 0)
          throw new TableUnavailable('killed', { notWritten: true });
      };
      await Promise.allSettled(Array.from({ length: 9 }, () => killed.append([readEvent(), readEvent()])));
      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      const chain = await chainOf(killed.chain);
      expect(typesOf(chain).filter((type) => type === 'void').length).toBeGreaterThan(0);
      expect(typesOf(chain).at(-1)).toBe('chain-end');
      expect(await proveAll(table, signer, chain.rows)).toBe(chain.sealedThrough);
      expect(chain.sealedThrough).toBe(chain.rows.length);
    });

    it('is sealed in pieces of at most 4,096 events when sealing was out of reach for long', async () => {
      const reachable = new ReachableSigner(signer);
      const killed = openTrail(table, reachable, time.options);
      await killed.append([readEvent()]);
      reachable.isReachable = false;
      const batches = Array.from({ length: 90 }, () => Array.from({ length: 50 }, () => readEvent()));
      await Promise.all(batches.map((events) => killed.append(events)));
      expect(killed.unsealed.count).toBe(4501);
      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      const chain = await chainOf(killed.chain);
      expect(chain).toMatchObject({ kinds: ['opened', 'sealed', 'abandoned'], sealedThrough: 4502 });
    }, 120_000);

    it('is sealed once when many instances find it', async () => {
      const killed = Array.from({ length: 3 }, () => trailOn());
      await Promise.all(killed.map((trail) => trail.append([readEvent()])));
      time.advance(leaseOver);
      const found = await Promise.all(Array.from({ length: 6 }, () => trailOn().sealLeftovers()));
      expect(found.flat()).toHaveLength(3);
      for (const { kinds } of (await chainsNow()).values()) expect(kinds).toEqual(['opened', 'abandoned']);
    });

    it.each([
      ['put the end', 2, (writes: readonly TableWrite[]) => putsInto(writes, auditKeys.checkpoints)],
      ['took the lease', 1, holdEvent],
    ])('is sealed by the next one when who %s is killed, too', async (_, ends, at) => {
      const killed = trailOn();
      await killed.append([readEvent()]);
      time.advance(leaseOver);
      const faulty = new FaultyTable(table);
      faulty.before = (writes) => {
        if (at(writes)) throw new TableUnavailable('killed', { notWritten: true });
      };
      await expect(trailOn(faulty).sealLeftovers()).rejects.toBeInstanceOf(TableUnavailable);
      expect(await trailOn().sealLeftovers()).toEqual([]);
      time.advance(leaseOver);
      expect(await trailOn().sealLeftovers()).toHaveLength(1);
      const [first, ...rest] = typesOf(await chainOf(killed.chain));
      expect([first, rest]).toEqual(['patient-read', Array.from({ length: ends }, () => 'chain-end')]);
    });

    it('is sealed whatever somebody did to it meanwhile: what stands there cannot change any more', async () => {
      const killed = trailOn();
      await killed.append([readEvent(), readEvent(), readEvent()]);
      const put = (item: PhiItem) => table.transactWrite([{ type: 'put', item }]);
      await put({ ...auditKeys.event(killed.chain, 2), attributes: { event: '{' } });
      await put({ ...auditKeys.event(killed.chain, 999_999_999_999), attributes: { event: '{}' } });
      await put({ table: 'audit', partition: killed.chain, sort: 'stray', attributes: {} });
      time.advance(leaseOver);
      const [sealed] = await trailOn().sealLeftovers();
      expect(sealed?.checkpoint).toMatchObject({ kind: 'abandoned', first: 1, last: 4 });
      const altered = { chain: killed.chain, sequence: 2, text: '{' };
      const proof = await inclusionProof(logOf(table), { ...altered, event: {} as StoredAuditEvent });
      expect(proof && verifyInclusion(proof, altered, createPublicKey(signer.publicKey))).toBe(true);
      time.advance(leaseOver);
      expect(await trailOn().sealLeftovers()).toEqual([]);
    });

    it('is sealed although the lease of another chain cannot be read', async () => {
      await table.transactWrite([{ type: 'put', item: { ...auditKeys.lease('CHAIN#!'), attributes: {} } }]);
      const killed = trailOn();
      await killed.append([readEvent()]);
      time.advance(leaseOver);
      await expect(trailOn().sealLeftovers()).rejects.toBeInstanceOf(TypeError);
      expect(await chainOf(killed.chain)).toMatchObject({ kinds: ['opened', 'abandoned'] });
    });

    it('is forgotten after a day', async () => {
      const killed = trailOn();
      await killed.append([readEvent()]);
      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      time.advance(day - leaseOver);
      await trailOn().sealLeftovers();
      expect(await openChains(table)).toHaveLength(1);
      time.advance(2 * leaseOver);
      await trailOn().sealLeftovers();
      expect(await openChains(table)).toEqual([]);
    });

    it('may come back before anybody looked: it goes on where it was', async () => {
      const back = trailOn();
      await back.append([readEvent()]);
      time.advance(10 * leaseOver);
      const { chain } = back;
      await back.append([readEvent()]);
      expect(back.chain).toBe(chain);
      expect(await trailOn().sealLeftovers()).toEqual([]);
      await back.close();
      expect(await chainOf(chain)).toMatchObject({ kinds: ['opened', 'closed'], sealedThrough: 2 });
    });

    it('may come back later: what it writes then goes into a new chain, once', async () => {
      const back = trailOn();
      await back.append([readEvent()]);
      const { chain } = back;
      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      const key = { table: 'records', partition: `PATIENT#${randomUUID()}`, sort: 'PROFILE' } as const;
      const put: TableWrite = {
        type: 'put',
        item: { ...key, attributes: { version: 1 } },
        condition: { type: 'absent' },
      };
      await Promise.all([back.transactWrite([put], [readEvent()]), back.append([readEvent(), readEvent()])]);
      expect(back.chain).not.toBe(chain);
      expect(await table.get(key)).toMatchObject({ attributes: { version: 1 } });
      await back.close();
      expect(typesOf(await chainOf(chain))).toEqual(['patient-read', 'chain-end']);
      expect(typesOf(await chainOf(back.chain))).toHaveLength(3);
    });

    it('may have been suspended in the middle of commits: each is in the trail once, and sealed', async () => {
      const faulty = new FaultyTable(table);
      const back = trailOn(faulty);
      await back.append([readEvent()]);
      const { chain } = back;
      const requests = Array.from({ length: 6 }, () => randomUUID());
      const suspended = new Suspended(requests.length);
      faulty.before = () => suspended.enter();
      const appended = Promise.all(requests.map((requestId) => back.append([readEvent(requestId)])));
      await suspended.isFull;
      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      // Its lease is over and it does not know: the first number is refused, all others commit behind the end.
      faulty.before = undefined;
      suspended.goOn();
      await appended;
      await back.close();

      time.advance(leaseOver);
      await trailOn().sealLeftovers();
      const chains = await chainsNow();
      expect(chains.get(chain)).toMatchObject({
        kinds: ['opened', 'abandoned', 'abandoned'],
        sealedThrough: 7,
      });
      const rows = [...chains.values()].flatMap((each) => each.rows);
      const recorded = rows.map(({ event }) => event.origin.requestId);
      expect(requests.map((id) => recorded.filter((each) => each === id).length)).toEqual(
        requests.map(() => 1),
      );
      expect(await proveAll(table, signer, rows)).toBe(rows.length);
    });
  });
}
