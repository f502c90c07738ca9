import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbPhiTable, TableUnavailable } from '@app/phi-table';
import { parse, version } from 'uuid';
import {
  FaultyTable,
  holdEvent,
  openTrail,
  putsInto,
  ReachableSigner,
  readEvent,
  readSealedTrail,
  TestClock,
} from '../../../test/support/audit-sealing.js';
import type { StoredAuditEvent } from './audit-event.js';
import { auditKeys } from './audit-item.js';
import type { AuditTrail } from './audit-trail.js';
import { ClockStep } from './event-clock.js';
import { LocalCheckpointSigner } from './local-checkpoint-signer.js';

const folder = mkdtempSync(join(tmpdir(), 'phi-trail-'));
const signer = LocalCheckpointSigner.open(join(folder, 'key'));
const opened: LmdbPhiTable[] = [];
let table: FaultyTable;
let time: TestClock;

beforeEach(() => {
  const store = LmdbPhiTable.open({ path: join(folder, `${opened.length}.lmdb`) });
  opened.push(store);
  table = new FaultyTable(store);
  time = new TestClock();
});
afterAll(async () => {
  for (const store of opened) await store.close();
  rmSync(folder, { recursive: true });
});

const eventsOf = async (trail: AuditTrail) =>
  (await readSealedTrail(table, signer)).get(trail.chain)!.rows.map(({ event }) => event);
const unavailable = new TableUnavailable('the store fails, as it was told to', { notWritten: true });

describe('an event', () => {
  it('bears the time of its recording, in its id as well (RFC 9562, section 5.7)', async () => {
    const trail = openTrail(table, signer, time.options);
    for (let round = 0; round < 5; round++) {
      time.milliseconds += 1234;
      await trail.append([readEvent(), readEvent()]);
    }
    const events = await eventsOf(trail);
    for (const { id, recordedAt } of events) {
      expect(version(id)).toBe(7);
      expect(Buffer.from(parse(id)).readUIntBE(0, 6)).toBe(Date.parse(recordedAt));
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(10);
    const times = events.map(({ recordedAt }) => recordedAt);
    expect(times).toEqual(times.toSorted());
  });

  it('that has to be written to change the store is wanted', async () => {
    await expect(openTrail(table, signer).transactWrite([], [])).rejects.toBeInstanceOf(RangeError);
  });
});

describe('a clock that is set back', () => {
  it('is waited for when it is less than a minute', async () => {
    const trail = openTrail(table, signer, time.options);
    await trail.append([readEvent()]);
    time.milliseconds -= 59_000;
    await trail.append([readEvent()]);
    const [first, second, ...more] = await eventsOf(trail);
    expect(second?.recordedAt).toBe(first?.recordedAt);
    expect(more).toEqual([]);
  });

  it('is an event of its own when it is more, and is told', async () => {
    const trail = openTrail(table, signer, time.options);
    const problems: unknown[] = [];
    trail.onProblem((problem) => problems.push(problem));
    await trail.append([readEvent()]);
    time.milliseconds -= 3_600_000;
    await Promise.all([trail.append([readEvent()]), trail.append([readEvent()])]);
    await trail.close();

    const events = await eventsOf(trail);
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      'clock-step',
      'patient-read',
      'patient-read',
      'patient-read',
    ]);
    expect(events[1]).toMatchObject({ type: 'clock-step', outcome: '8', count: 3600 });
    expect(problems).toEqual([new ClockStep(3600)]);
    const { checkpoint } = (await trail.checkpoints.get(2))!;
    expect([checkpoint.earliest, checkpoint.latest]).toEqual([
      '2026-03-01T11:00:00.000Z',
      '2026-03-01T12:00:00.000Z',
    ]);
  });

  it('is seen by the next start, too: the newest checkpoint is from the future', async () => {
    const before = openTrail(table, signer, time.options);
    await before.append([readEvent()]);
    await before.close();
    time.milliseconds -= 86_400_000;
    const after = openTrail(table, signer, time.options);
    await after.append([readEvent()]);
    expect(await eventsOf(after)).toMatchObject([
      { type: 'clock-step', outcome: '8', count: 86_400 },
      { type: 'patient-read', recordedAt: '2026-02-28T12:00:00.000Z' },
    ]);
  });

  it('fails the request when it cannot be recorded, and is recorded with the next', async () => {
    const trail = openTrail(table, signer, time.options);
    await trail.append([readEvent()]);
    time.milliseconds -= 120_000;
    table.before = () => {
      throw unavailable;
    };
    await expect(trail.append([readEvent()])).rejects.toMatchObject({ type: { name: 'audit-unavailable' } });
    table.before = undefined;
    await trail.append([readEvent()]);
    const types = (await eventsOf(trail)).map(({ type }) => type);
    expect(types).toEqual(['patient-read', 'void', 'clock-step', 'patient-read']);
  });
});

describe('who observes the trail', () => {
  it('is told of events once they are durable, and of no others', async () => {
    const trail = openTrail(table, signer, time.options);
    const told: string[] = [];
    trail.observe((events: readonly StoredAuditEvent[], appendMs) => {
      expect(appendMs).toBeGreaterThanOrEqual(0);
      told.push(...events.map(({ origin }) => origin.requestId));
    });
    const requests = [randomUUID(), randomUUID()];
    await trail.append(requests.map((requestId) => readEvent(requestId)));
    table.before = (writes) => {
      if (holdEvent(writes)) throw unavailable;
    };
    await expect(trail.append([readEvent()])).rejects.toMatchObject({ type: { name: 'audit-unavailable' } });
    table.before = undefined;
    expect(told).toEqual(requests);
    expect(trail.recorded).toBe(2);
  });

  it('cannot turn a request into a failure', async () => {
    const trail = openTrail(table, signer);
    const problems: unknown[] = [];
    trail.onProblem((problem) => problems.push(problem));
    trail.observe(() => {
      throw new Error('cannot count');
    });
    await trail.append([readEvent()]);
    expect(problems).toEqual([new Error('cannot count')]);
  });
});

describe('in the background', () => {
  it('a failure is told, the lease is kept, and the next time seals', async () => {
    const reachable = new ReachableSigner(signer);
    const trail = openTrail(table, reachable, time.options);
    const problems: unknown[] = [];
    trail.onProblem((problem) => problems.push(problem));
    await trail.append([readEvent()]);
    reachable.isReachable = false;
    for (let round = 0; round < 4; round++) {
      time.advance(25);
      await trail.keep();
      expect(await openTrail(table, signer, time.options).sealLeftovers()).toEqual([]);
    }
    expect(problems).toHaveLength(4);
    expect(trail.unsealed).toEqual({ count: 1, ageSeconds: 100 });
    reachable.isReachable = true;
    await trail.keep();
    expect(trail.unsealed.count).toBe(0);
    expect(problems).toHaveLength(4);
  });

  it('a store that fails is told, and nothing is sealed twice', async () => {
    const trail = openTrail(table, signer, time.options);
    const problems: unknown[] = [];
    trail.onProblem((problem) => problems.push(problem));
    await trail.append([readEvent()]);
    table.after = (writes) => {
      if (putsInto(writes, auditKeys.checkpoints)) throw new TableUnavailable('the answer is lost');
    };
    await trail.keep();
    table.after = undefined;
    await trail.append([readEvent()]);
    await trail.keep();
    await trail.close();
    expect(problems).toHaveLength(1);
    const { kinds, sealedThrough } = (await readSealedTrail(table, signer)).get(trail.chain)!;
    expect([kinds, sealedThrough]).toEqual([['opened', 'sealed', 'sealed', 'closed'], 2]);
  });

  it('events come from requests that are answered late: closing waits for them', async () => {
    const trail = openTrail(table, signer);
    await trail.append([readEvent()]);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    table.before = (writes) => (holdEvent(writes) ? held : undefined);
    const late = trail.append([readEvent()]);
    const closed = trail.close();
    letGo();
    await Promise.all([late, closed]);
    const chain = (await readSealedTrail(table, signer)).get(trail.chain)!;
    expect(chain).toMatchObject({ kinds: ['opened', 'closed'], sealedThrough: 2 });
  });

  it('a trail that cannot be closed is left to the others', async () => {
    const reachable = new ReachableSigner(signer);
    const trail = openTrail(table, reachable, time.options);
    const problems: unknown[] = [];
    trail.onProblem((problem) => problems.push(problem));
    await trail.append([readEvent()]);
    reachable.isReachable = false;
    await trail.close();
    expect(problems).toHaveLength(1);
    time.advance(60);
    await openTrail(table, signer, time.options).sealLeftovers();
    expect((await readSealedTrail(table, signer)).get(trail.chain)).toMatchObject({
      kinds: ['opened', 'abandoned'],
    });
  });
});
