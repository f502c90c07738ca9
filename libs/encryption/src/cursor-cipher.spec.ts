import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Problem } from '@app/problem-details';
import { CursorCipher } from './cursor-cipher.js';

const roots = { 1: randomBytes(32), 2: randomBytes(32) };
const cursors = new CursorCipher({ active: 2, roots });
const BINDING = ['issuer|client|subject', 'GET /v1/patients', 'limit=50'];
const NOW = 1_800_000_000;
const EXPIRY = NOW + 600;

function isRefused(open: () => string): boolean {
  try {
    open();
    return false;
  } catch (error) {
    return error instanceof Problem && error.type.name === 'invalid-cursor';
  }
}

describe('CursorCipher', () => {
  it('gives back the position until it expires', () => {
    const property = fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.string()),
      (position, binding) => {
        const cursor = cursors.seal(position, binding, EXPIRY);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(cursors.open(cursor, binding, EXPIRY - 1)).toBe(position);
        expect(isRefused(() => cursors.open(cursor, binding, EXPIRY))).toBe(true);
      },
    );
    fc.assert(property);
  });

  it('shows nothing of the position, and differs each time', () => {
    const cursor = cursors.seal('PATIENT#canary', BINDING, EXPIRY);
    expect(Buffer.from(cursor, 'base64url').includes('canary')).toBe(false);
    expect(cursors.seal('PATIENT#canary', BINDING, EXPIRY)).not.toBe(cursor);
  });

  it.each([
    ['another principal', ['other', BINDING[1], BINDING[2]]],
    ['another route', [BINDING[0], 'GET /v1/audit/events', BINDING[2]]],
    ['another filter', [BINDING[0], BINDING[1], 'limit=51']],
    ['parts run together', [`${BINDING[0]}${BINDING[1]}`, '', BINDING[2]]],
    ['one part less', BINDING.slice(0, 2)],
    ['nothing', []],
  ])('refuses a cursor under %s', (_, binding) => {
    const cursor = cursors.seal('here', BINDING, EXPIRY);
    expect(isRefused(() => cursors.open(cursor, binding as string[], NOW))).toBe(true);
  });

  it('refuses every altered, missing or added character', () => {
    const cursor = cursors.seal('here', BINDING, EXPIRY);
    const attempts = [`${cursor}A`, `${cursor}=`, ` ${cursor}`, `${cursor}\n`];
    for (let index = 0; index < cursor.length; index += 1) {
      const character = cursor[index] === 'A' ? 'B' : 'A';
      attempts.push(cursor.slice(0, index) + character + cursor.slice(index + 1), cursor.slice(0, index));
    }
    for (const attempt of attempts) expect(isRefused(() => cursors.open(attempt, BINDING, NOW))).toBe(true);
  });

  it('refuses whatever else is sent', () => {
    const property = fc.property(fc.string(), (text) => {
      expect(isRefused(() => cursors.open(text, BINDING, NOW))).toBe(true);
    });
    fc.assert(property);
  });

  it('opens cursors of an older root while it is kept, and no longer', () => {
    const cursor = new CursorCipher({ active: 1, roots }).seal('here', BINDING, EXPIRY);
    expect(cursors.open(cursor, BINDING, NOW)).toBe('here');
    const without = new CursorCipher({ active: 2, roots: { 2: roots[2] } });
    expect(isRefused(() => without.open(cursor, BINDING, NOW))).toBe(true);
  });
});
