import { describe, expect, it } from '@jest/globals';
import { EventClock } from './event-clock.js';

const start = Date.parse('2026-03-01T12:00:00.000Z');

function clockFrom(times: number[]): EventClock {
  let now = start;
  return new EventClock(() => (now = times.shift() ?? now));
}

describe('the times of events', () => {
  it('follow the clock, in whole milliseconds', () => {
    const clock = clockFrom([start + 0.7, start + 5]);
    expect([clock.stamp(), clock.stamp()]).toEqual([start, start + 5]);
    expect(clock.takeStepSeconds()).toBe(0);
  });

  it('stand still while the clock is back by less than a minute', () => {
    const clock = clockFrom([start, start - 59_999, start - 1, start + 1]);
    expect([clock.stamp(), clock.stamp(), clock.stamp(), clock.stamp()]).toEqual([
      start,
      start,
      start,
      start + 1,
    ]);
    expect(clock.takeStepSeconds()).toBe(0);
  });

  it('follow a clock that was set back by a minute or more, and the step is told once', () => {
    const clock = clockFrom([start, start - 60_000, start - 59_000]);
    expect([clock.stamp(), clock.stamp()]).toEqual([start, start - 60_000]);
    expect(clock.takeStepSeconds()).toBe(60);
    expect(clock.takeStepSeconds()).toBe(0);
    expect(clock.stamp()).toBe(start - 59_000);
  });

  it('tell a step that could not be recorded again', () => {
    const clock = clockFrom([start, start - 90_000]);
    clock.stamp();
    clock.returnStepSeconds(clock.takeStepSeconds());
    expect(clock.takeStepSeconds()).toBe(90);
  });

  it('are compared with times that the trail bears already', () => {
    const clock = clockFrom([]);
    clock.compareWith(start - 1_000_000);
    clock.compareWith(start + 59_999);
    expect(clock.takeStepSeconds()).toBe(0);
    clock.compareWith(start + 7_200_000);
    expect([clock.stamp(), clock.takeStepSeconds()]).toEqual([start, 7200]);
  });
});
