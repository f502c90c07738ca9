import { describe, expect, it } from '@jest/globals';
import { Counters } from './metrics-counters.js';

describe('Counters', () => {
  it('count from one taking to the next, and 0 is a count', () => {
    const counters = new Counters(['Requests', 'Refusals']);
    counters.add('Requests');
    counters.add('Requests', 4);
    const count = (name: string, value: number) => ({ name, unit: 'Count', value });
    expect(counters.take()).toEqual([count('Requests', 5), count('Refusals', 0)]);
    expect(counters.take()).toEqual([count('Requests', 0), count('Refusals', 0)]);
  });
});
