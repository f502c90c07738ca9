import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { RowSeal } from './row-seal.js';

const roots = { 1: randomBytes(32), 2: randomBytes(32) };
const seal = new RowSeal({ active: 2, roots });
const parts = ['PATIENT#a', 'PROFILE', 7, false] as const;

describe('RowSeal', () => {
  it('verifies the row that it sealed', () => {
    expect(seal.verify(parts, seal.seal(parts))).toBe(true);
    expect(seal.seal(parts)).toBe(seal.seal([...parts]));
  });

  it.each([
    ['another key', ['PATIENT#b', 'PROFILE', 7, false]],
    ['another number', ['PATIENT#a', 'PROFILE', 8, false]],
    ['another mark', ['PATIENT#a', 'PROFILE', 7, true]],
    ['a mark as text', ['PATIENT#a', 'PROFILE', 7, 'false']],
    ['a number as text', ['PATIENT#a', 'PROFILE', '7', false]],
    ['parts run together', ['PATIENT#aPROFILE', '', 7, false]],
    ['one part less', ['PATIENT#a', 'PROFILE', 7]],
    ['one part more', ['PATIENT#a', 'PROFILE', 7, false, '']],
    ['another order', ['PROFILE', 'PATIENT#a', 7, false]],
  ])('refuses %s', (_, changed) => {
    expect(seal.verify(changed, seal.seal(parts))).toBe(false);
  });

  it('refuses every altered character of a seal, and none at all', () => {
    const sealed = seal.seal(parts);
    for (let index = 0; index < sealed.length; index += 1) {
      const character = sealed[index] === 'A' ? 'B' : 'A';
      expect(seal.verify(parts, sealed.slice(0, index) + character + sealed.slice(index + 1))).toBe(false);
      expect(seal.verify(parts, sealed.slice(0, index))).toBe(false);
    }
    expect(seal.verify(parts, `${sealed}A`)).toBe(false);
  });

  it('verifies seals of an older root while it is kept, and no longer', () => {
    const older = new RowSeal({ active: 1, roots }).seal(parts);
    expect(seal.verify(parts, older)).toBe(true);
    expect(new RowSeal({ active: 2, roots: { 2: roots[2] } }).verify(parts, older)).toBe(false);
  });

  it('refuses to seal what is no number', () => {
    expect(() => seal.seal([Number.NaN])).toThrow(RangeError);
  });
});
