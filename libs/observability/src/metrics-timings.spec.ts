import { describe, expect, it } from '@jest/globals';
import { Timings } from './metrics-timings.js';

describe('Timings', () => {
  const values = (timings: Timings) =>
    Object.fromEntries(timings.take('Append').map(({ name, value }) => [name, value]));

  it('tell median, 99th percentile and longest in milliseconds, within a thousandth', () => {
    const timings = new Timings();
    for (let milliseconds = 1; milliseconds <= 100; milliseconds++) timings.record(milliseconds);
    timings.record(0.25);
    const { AppendP50, AppendP99, AppendMax } = values(timings);
    expect(AppendP50).toBeCloseTo(50, 0);
    expect(AppendP99).toBeCloseTo(99, 0);
    expect(AppendMax).toBeCloseTo(100, 0);
    expect(timings.take('Append')).toEqual([]);
  });

  it('say nothing of what did not happen', () => {
    expect(new Timings().take('Append')).toEqual([]);
  });

  it('begin anew when they are taken', () => {
    const timings = new Timings();
    timings.record(1000);
    timings.take('Append');
    timings.record(0);
    expect(values(timings)).toEqual({ AppendP50: 0.001, AppendP99: 0.001, AppendMax: 0.001 });
  });

  it.each([Number.MAX_VALUE, 1e12])('take %d milliseconds for an hour', (milliseconds) => {
    const timings = new Timings();
    timings.record(milliseconds);
    expect((values(timings)['AppendMax'] ?? 0) / 3_600_000).toBeCloseTo(1, 2);
  });
});
