import { describe, expect, it } from '@jest/globals';
import { hourMilliseconds, RecentPatients } from './recent-patients.js';

describe('RecentPatients', () => {
  it('lets go of a patient an hour after the last read', () => {
    const recent = new RecentPatients();
    recent.add('a', 0);
    recent.add('b', 10);
    recent.add('a', 20);
    expect(recent.inLastHour(hourMilliseconds + 9)).toBe(2);
    expect(recent.inLastHour(hourMilliseconds + 10)).toBe(1);
    expect(recent.inLastHour(hourMilliseconds + 20)).toBe(0);
    expect(recent.size).toBe(0);
  });

  it('counts those of a time', () => {
    const recent = new RecentPatients();
    for (let at = 0; at < 10; at++) recent.add(`patient ${at}`, at);
    expect(recent.since(7)).toBe(3);
  });

  it('keeps no more than 20,000, and goes on counting those it keeps', () => {
    const recent = new RecentPatients();
    for (let patient = 0; patient < 30_000; patient++) recent.add(`patient ${patient}`, 0);
    expect(recent.size).toBe(20_000);
    recent.add('patient 0', 5);
    expect(recent.size).toBe(20_000);
    expect(recent.inLastHour(hourMilliseconds)).toBe(1);
    recent.add('patient 30000', 6);
    expect(recent.size).toBe(2);
  });
});
