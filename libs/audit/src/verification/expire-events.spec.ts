import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PhiTable, type TableWrite } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';
import { type ExpiryOptions, expireEvents } from './expire-events.js';
import { ForwardingTable, origin, readEvents, TrailUnderAttack } from './spec-support.js';

const retentionDays = 100;
const day = (text: string) => Date.parse(`${text}T12:00:00Z`);

let attack: TrailUnderAttack;
let now: number;
let old: string;
let young: string;
/** The old chain is of January and March, the young one of March; the retention of the first is over in May. */
beforeEach(async () => {
  attack = new TrailUnderAttack();
  now = day('2026-01-01');
  const trail = attack.trail({ clock: () => now });
  await trail.append(readEvents(150));
  await trail.seal();
  await trail.append(readEvents(3));
  await trail.seal();
  now = day('2026-03-01');
  await trail.append(readEvents(4));
  await trail.close();
  old = trail.chain;
  young = await attack.closedChain([2], { clock: () => now });
  now = day('2026-05-01');
});
afterEach(() => attack.close());

async function expire(options: Partial<ExpiryOptions> = {}, table: PhiTable = attack.table) {
  const { publicKeys } = attack;
  const audit = attack.trail({ clock: () => now });
  try {
    return await expireEvents(
      { table, audit, checkpoints: audit.checkpoints, publicKeys },
      { retentionDays, origin, clock: () => now, ...options },
    );
  } finally {
    await audit.close();
  }
}

const verify = () => attack.verify({ retentionDays, clock: () => now });

async function numbersOf(chain: string): Promise<number[]> {
  const { items } = await attack.table.query({ table: 'audit', partition: chain, limit: 1000 });
  return items.map(({ sort }) => Number(sort));
}

describe('expiry', () => {
  it('removes whole sealed ranges whose retention is over, and leaves their checkpoints', async () => {
    expect(await expire()).toEqual({
      outcome: 'done',
      before: new Date(now - 100 * 86_400_000).toISOString(),
      ranges: 2,
      events: 153,
    });
    expect(await numbersOf(old)).toEqual([154, 155, 156, 157]);
    expect(await numbersOf(young)).toEqual([1, 2]);
    const report = await verify();
    expect(report).toMatchObject({
      outcome: 'intact',
      findings: [],
      events: { expired: 153, sealed: 4 + 2 + 1 },
    });
    expect(report.notices).toEqual([
      expect.stringMatching(
        /^153 events have expired in 1 removal, the last by checkpoint \d+ of 2026-05-01T12:00:00.000Z$/,
      ),
    ]);
  });

  it('finds nothing the second time, and the rest when its time has come', async () => {
    await expire();
    expect(await expire()).toMatchObject({ outcome: 'done', ranges: 0, events: 0 });
    now = day('2026-07-01');
    expect(await expire()).toMatchObject({ outcome: 'done', ranges: 2, events: 6 });
    expect(await numbersOf(old)).toEqual([]);
    expect(await verify()).toMatchObject({ outcome: 'intact', events: { expired: 159 } });
  });

  it('only counts in a dry run', async () => {
    const before = await verify();
    expect(await expire({ dryRun: true })).toMatchObject({ outcome: 'done', ranges: 2, events: 153 });
    expect(await numbersOf(old)).toHaveLength(157);
    expect((await verify()).checkpoints.last).toBe(before.checkpoints.last);
  });

  it.each([1, 2])('goes on when it was killed at removal %d', async (nth) => {
    await expect(expire({}, new DyingTable(attack.table, nth))).rejects.toThrow('killed');
    const between = await verify();
    expect(between).toMatchObject({ outcome: 'intact' });
    expect(between.notices).toContain(
      `events of chain ${old} have expired and are still there; the next expiry removes them`,
    );
    expect(await expire()).toMatchObject({ outcome: 'done' });
    expect(await numbersOf(old)).toEqual([154, 155, 156, 157]);
    expect(await verify()).toMatchObject({ outcome: 'intact', events: { expired: 153 } });
  });

  it('stops where it is interrupted', async () => {
    const controller = new AbortController();
    const stopped = await expire({ signal: controller.signal, onProgress: () => controller.abort() });
    expect(stopped).toMatchObject({ outcome: 'stopped', reason: 'interrupted', events: 100 });
    expect(await expire()).toMatchObject({ outcome: 'done', events: 53 });
  });

  it('removes everything once when several run at once', async () => {
    const outcomes = await Promise.all([expire(), expire(), expire()]);
    expect(outcomes.map(({ outcome }) => outcome)).toContain('done');
    expect(await numbersOf(old)).toEqual([154, 155, 156, 157]);
    expect(await verify()).toMatchObject({ outcome: 'intact', events: { expired: 153 } });
  });

  it('trusts no checkpoint that the service did not sign', async () => {
    const key = auditKeys.checkpoint(4);
    const row = await attack.row(key);
    const text = (row.attributes['checkpoint'] as string).replaceAll('2026-03', '2026-01');
    await attack.put({ ...row, attributes: { ...row.attributes, checkpoint: text } });
    expect(await expire()).toMatchObject({
      outcome: 'blocked',
      reason: 'checkpoint 4 is not genuine; run `phi audit verify`',
      events: 0,
    });
    expect(await numbersOf(old)).toHaveLength(157);
  });

  it.each([
    ['is damaged', { token: 5, through: 'x' }],
    ['says that nothing was looked at', { token: 'a', through: 0 }],
  ])('does its work when the row that says where it is %s', async (_, attributes) => {
    await attack.put({ table: 'records', partition: 'AUDIT#EXPIRY', sort: '-', attributes });
    expect(await expire()).toMatchObject({ outcome: 'done', events: 153 });
    expect(await expire()).toMatchObject({ outcome: 'done', events: 0 });
    expect((await verify()).outcome).toBe('intact');
  });
});

describe('verification', () => {
  it('names an expiry before the retention was over', async () => {
    await expire();
    const report = await attack.verify({ retentionDays: 2192, clock: () => now });
    expect(report).toMatchObject({
      outcome: 'not-intact',
      counts: { 'expired-early': 1 },
      findings: [{ kind: 'expired-early', chain: old, sequence: 1 }],
    });
    expect(report.findings[0]?.message).toMatch(
      /^checkpoint \d+ of 2026-05-01T12:00:00.000Z let events 1 to 153 of chain \S+ expire 120 days after the last of them, before the retention of 2192 days was over$/,
    );
  });

  it('names what is missing beside what has expired', async () => {
    await expire();
    await attack.remove(auditKeys.event(old, 154));
    expect((await verify()).findings).toMatchObject([{ kind: 'event-removed', chain: old, sequence: 154 }]);
  });
});

/** A table whose process is killed at the n-th removal of events. */
class DyingTable extends ForwardingTable {
  #removals = 0;
  constructor(
    table: PhiTable,
    private readonly nth: number,
  ) {
    super(table);
  }
  override async transactWrite(writes: readonly TableWrite[]) {
    if (writes.some(({ type }) => type === 'delete') && ++this.#removals === this.nth)
      throw new Error('killed');
    return super.transactWrite(writes);
  }
}
