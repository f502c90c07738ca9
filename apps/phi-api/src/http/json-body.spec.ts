import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { repeatsName } from './json-body.js';

describe('a name that stands twice in an object', () => {
  it('is not found where there is none, whatever the JSON and its white space', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        expect(repeatsName(JSON.stringify(value, undefined, indent))).toBe(false);
      }),
    );
  });

  it('is found wherever it is, however it is escaped', () => {
    const escaped = (name: string) =>
      `"${[...name].map((_, n) => `\\u${name.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')}"`;
    const ascii = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.jsonValue(), ascii, fc.jsonValue(), fc.boolean(), (before, name, value, escape) => {
        const again = escape ? escaped(name) : JSON.stringify(name);
        const twice = `{${JSON.stringify(name)} : ${JSON.stringify(value)},${again}:null}`;
        expect(repeatsName(`[${JSON.stringify(before)},{"inner":${twice}}]`)).toBe(true);
      }),
    );
  });

  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', false],
    ['{"a":"b","b":"a"}', false],
    ['["a","a"]', false],
    ['{"a":["x","x"],"x":1}', false],
    ['{"a\\"":1,"a":2}', false],
    ['{"a\\\\":1,"a":2}', false],
    ['{"a":1,"A":2}', false],
    ['{"a":{"b":1},"a":2}', true],
    ['{"a":[{}],"b":"}","a":2}', true],
    ['{"":1,"":2}', true],
    ['{"\\u0061":1,"a":2}', true],
  ])('%s: %s', (text, repeated) => {
    JSON.parse(text);
    expect(repeatsName(text)).toBe(repeated);
  });

  it('is looked for in one pass, also in 3 MB of quotation marks and backslashes', () => {
    const worst = [
      JSON.stringify({ a: '"'.repeat(1_500_000) }),
      JSON.stringify({ a: '\\'.repeat(1_500_000) }),
      '{"a":'.repeat(500_000) + '1' + '}'.repeat(500_000),
      JSON.stringify(Array.from({ length: 300_000 }, () => ({ a: 1 }))),
    ];
    const start = performance.now();
    for (const text of worst) expect(repeatsName(text)).toBe(false);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
