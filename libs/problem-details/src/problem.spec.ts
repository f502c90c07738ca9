import { describe, expect, it } from '@jest/globals';
import { Problem } from './problem.js';
import { problemTypes } from './problem-types.js';

describe('a problem', () => {
  const unavailable = Object.values(problemTypes).filter(({ status }) => status === 503);

  it.each(unavailable)('that is over by itself says when to come again: $name', (type) => {
    expect(new Problem(type).headers).toEqual({ 'retry-after': '5' });
    expect(new Problem(type, { headers: { 'retry-after': '1' } }).headers).toEqual({ 'retry-after': '1' });
  });

  it('that stays what it is does not', () => {
    expect(new Problem(problemTypes.internal).headers).toEqual({});
    expect(new Problem(problemTypes.notFound).headers).toEqual({});
  });
});
