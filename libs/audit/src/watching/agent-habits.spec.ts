import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Attribute, ConditionFailed } from '@app/phi-table';
import { habitsWrite, readHabits, standingReport, usualOf, withHour } from './agent-habits.js';
import { hour, WatchedTrails } from './spec-support.js';

const unknown = { mean: 0, hours: 0, lastHour: 0 };
const after = (...hours: number[]) =>
  hours.reduce((habits, count, index) => withHour(habits, index * hour, count), unknown);
const times = (count: number, patients: number) => Array.from({ length: count }, () => patients);

describe('what is usual', () => {
  it('is nothing before eight active hours, then their mean', () => {
    expect(usualOf(after(...times(7, 40)))).toBe(0);
    expect(usualOf(after(...times(4, 10), ...times(4, 30)))).toBe(20);
  });

  it('forgets earlier hours by and by: after forty more, about a third of them is left', () => {
    const usual = usualOf(after(...times(100, 10), ...times(40, 110)));
    expect((110 - usual) / 100).toBeGreaterThan(0.3);
    expect((110 - usual) / 100).toBeLessThan(0.4);
  });
});

describe('a report', () => {
  it('stands for an hour', () => {
    const reported = { at: 5, patients: 60 };
    expect(standingReport({ ...unknown, reported }, 5 + hour - 1)).toEqual(reported);
    expect(standingReport({ ...unknown, reported }, 5 + hour)).toBeUndefined();
    expect(standingReport(unknown, 5)).toBeUndefined();
  });
});

describe('the row', () => {
  let trails: WatchedTrails;
  beforeEach(() => {
    trails = new WatchedTrails();
  });
  afterEach(() => trails.close());

  const put = (attributes: Record<string, Attribute>) =>
    trails.table.transactWrite([
      { type: 'put', item: { table: 'records', partition: 'ACTIVITY#token', sort: '-', attributes } },
    ]);

  it('gives back what was written, and is let go of after 90 days', async () => {
    const habits = { ...after(...times(9, 12)), reported: { at: 3, patients: 60 } };
    await trails.table.transactWrite([habitsWrite('token', habits, trails.now)]);
    expect(await readHabits(trails.table, 'token')).toEqual({ ...habits, revision: expect.any(String) });
    const row = await trails.table.get({ table: 'records', partition: 'ACTIVITY#token', sort: '-' });
    expect(row?.expiresAt).toBe(trails.now / 1000 + 90 * 24 * 3600);
  });

  it('is replaced only by whoever has seen it', async () => {
    const none = await readHabits(trails.table, 'token');
    await trails.table.transactWrite([habitsWrite('token', none, trails.now)]);
    const seen = await readHabits(trails.table, 'token');
    const write = (habits: typeof seen) =>
      trails.table.transactWrite([habitsWrite('token', habits, trails.now)]);
    await expect(write(none)).rejects.toThrow(ConditionFailed);
    await write(seen);
    await expect(write(seen)).rejects.toThrow(ConditionFailed);
  });

  it.each<[string, Record<string, Attribute>]>([
    [
      'of text',
      { mean: 'many', hours: 'many', lastHour: 'now', reportedAt: 'now', reportedPatients: 'many' },
    ],
    ['below zero', { mean: -1, hours: -1, lastHour: -1, reportedAt: -1, reportedPatients: 1 }],
    ['missing', {}],
  ])('counts as unknown where numbers are %s', async (_, attributes) => {
    await put(attributes);
    expect(await readHabits(trails.table, 'token')).toEqual(unknown);
  });
});
