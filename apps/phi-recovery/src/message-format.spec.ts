import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseMessage } from './message-format.js';
import { Unreadable } from './unreadable.js';

const vectors = new URL('../../../test/fixtures/vectors/v1/', import.meta.url);
const oneFrame = readFileSync(new URL('one-frame.message', vectors));

/** The header of a message of our suite up to its context: version, suite, message id. */
const start = Buffer.concat([Buffer.of(2, 0x04, 0x78), Buffer.alloc(32, 7)]);
const uint = (bytes: 2 | 4 | 8, value: number | bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
};
const field = (text: string) => Buffer.concat([uint(2, Buffer.byteLength(text)), Buffer.from(text)]);
const noContext = uint(2, 0);
const oneKey = Buffer.concat([uint(2, 1), field('p'), field('i'), field('key')]);
/** @param contentType 1 unframed, 2 framed */
const rest = (contentType: number, frameLength: number) =>
  Buffer.concat([Buffer.of(contentType), uint(4, frameLength), Buffer.alloc(32 + 16)]);
const withContext = (...parts: Buffer[]) => {
  const context = Buffer.concat(parts);
  return Buffer.concat([start, uint(2, context.length), context, oneKey, rest(2, 8), lastFrame(1, 0)]);
};
const lastFrame = (sequenceNumber: number, length: number, content = Buffer.alloc(length)) =>
  Buffer.concat([
    Buffer.alloc(4, 0xff),
    uint(4, sequenceNumber),
    Buffer.alloc(12),
    uint(4, length),
    content,
    Buffer.alloc(16),
  ]);
const frame = (sequenceNumber: number, length: number) =>
  Buffer.concat([uint(4, sequenceNumber), Buffer.alloc(12 + length + 16)]);
const framed = (...frames: Buffer[]) => Buffer.concat([start, noContext, oneKey, rest(2, 8), ...frames]);
const unframed = (length: bigint, content: Buffer) =>
  Buffer.concat([
    start,
    noContext,
    oneKey,
    rest(1, 0),
    Buffer.alloc(12),
    uint(8, length),
    content,
    Buffer.alloc(16),
  ]);

describe('a message', () => {
  it('is taken apart into its fields', () => {
    const { suite, context, encryptedDataKeys, body } = parseMessage(oneFrame);
    expect(suite).toMatchObject({ id: 0x0478, commits: true });
    expect([...context.keys()]).toContain('patient_id');
    expect(encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['aws-kms-hierarchy']);
    expect(body.map(({ kind, content }) => [kind, content.length])).toEqual([['final frame', 4096]]);
  });

  it('may have several frames, an empty last one, or none', () => {
    expect(parseMessage(framed(frame(1, 8), frame(2, 8), lastFrame(3, 0))).body).toHaveLength(3);
    expect(parseMessage(unframed(5n, Buffer.alloc(5))).body).toMatchObject([
      { kind: 'single block', sequenceNumber: 1 },
    ]);
  });

  it('may hold a key of the context that JavaScript knows', () => {
    const { context } = parseMessage(withContext(uint(2, 1), field('__proto__'), field('x')));
    expect([...context]).toEqual([['__proto__', 'x']]);
  });

  it.each<[string, Buffer, string]>([
    ['nothing at all', Buffer.alloc(0), 'The bytes end too early.'],
    ['another format version', Buffer.concat([Buffer.of(3), oneFrame.subarray(1)]), 'format version'],
    ['an unknown suite', Buffer.concat([Buffer.of(2, 0x04, 0x79), oneFrame.subarray(3)]), 'algorithm suite'],
    ['a suite of the other format', Buffer.concat([Buffer.of(2, 0x01, 0x78), oneFrame.subarray(3)]), 'suite'],
    ['pairs that are fewer than they say', withContext(uint(2, 2), field('a'), field('b')), 'end too early'],
    ['no pairs but a length', withContext(uint(2, 0)), 'no pairs'],
    [
      'pairs that are more than they say',
      withContext(uint(2, 1), field('a'), field('b'), field('c')),
      'longer',
    ],
    ['a key twice', withContext(uint(2, 2), field('a'), field('b'), field('a'), field('c')), 'twice'],
    ['text that is not UTF-8', withContext(uint(2, 1), uint(2, 1), Buffer.of(0xff), field('b')), 'UTF-8'],
    [
      'no data key',
      Buffer.concat([start, noContext, uint(2, 0), rest(2, 8), lastFrame(1, 0)]),
      'no encrypted',
    ],
    [
      'more data keys than bytes',
      Buffer.concat([start, noContext, uint(2, 0xffff), oneKey.subarray(2)]),
      'end too early',
    ],
    [
      'another content type',
      Buffer.concat([start, noContext, oneKey, rest(3, 8), lastFrame(1, 0)]),
      'content type',
    ],
    [
      'frames of no length',
      Buffer.concat([start, noContext, oneKey, rest(2, 0), frame(1, 0)]),
      'frame length',
    ],
    ['a last frame beyond the frame length', framed(lastFrame(1, 9)), 'longer than the frame length'],
    [
      'a last frame beyond the end',
      framed(lastFrame(1, 8, Buffer.alloc(0))).subarray(0, -9),
      'end too early',
    ],
    ['a frame out of order', framed(frame(2, 8), lastFrame(3, 0)), 'out of order'],
    ['a frame twice', framed(frame(1, 8), frame(1, 8), lastFrame(2, 0)), 'out of order'],
    ['no last frame', framed(frame(1, 8)), 'end too early'],
    ['a last frame that miscounts', framed(frame(1, 8), lastFrame(3, 0)), 'out of order'],
    ['bytes behind it', Buffer.concat([oneFrame, Buffer.of(0)]), 'bytes after the message'],
    ['another message behind it', Buffer.concat([oneFrame, oneFrame]), 'bytes after the message'],
    ['an unframed body beyond the end', unframed(6n, Buffer.alloc(5)), 'end too early'],
    ['an unframed body of 2^64-1 bytes', unframed(2n ** 64n - 1n, Buffer.alloc(5)), 'end too early'],
  ])('is refused with %s', (_, bytes, why) => {
    expect(() => parseMessage(bytes)).toThrow(expect.objectContaining({ name: 'Unreadable' }));
    expect(() => parseMessage(bytes)).toThrow(why);
  });
});

describe('any bytes', () => {
  /** @returns 'parsed' or 'refused'; anything else that is thrown fails the property */
  const outcome = (bytes: Uint8Array) => {
    try {
      parseMessage(Buffer.from(bytes));
      return 'parsed';
    } catch (error) {
      if (error instanceof Unreadable) return 'refused';
      throw error;
    }
  };

  it('are refused by name or parsed, never anything else', () => {
    const beginnings = [Buffer.alloc(0), start, Buffer.concat([start, noContext, oneKey, rest(2, 1)])];
    const property = fc.property(
      fc.constantFrom(...beginnings),
      fc.uint8Array({ maxLength: 400 }),
      (beginning, bytes) => ['parsed', 'refused'].includes(outcome(Buffer.concat([beginning, bytes]))),
    );
    fc.assert(property, { numRuns: 2000 });
  });

  it('of a true message, with a length changed to any other, are refused or of the same size', () => {
    const at = fc.integer({ min: 0, max: oneFrame.length - 2 });
    const property = fc.property(at, fc.integer({ min: 0, max: 0xffff }), (position, value) => {
      const changed = Buffer.from(oneFrame);
      changed.writeUInt16BE(value, position);
      if (outcome(changed) === 'refused') return true;
      const { headerBody, headerTag, body } = parseMessage(changed);
      const sizes = body.map(
        ({ kind, content }) => 4 + (kind === 'frame' ? 0 : 8) + 12 + content.length + 16,
      );
      return headerBody.length + headerTag.length + sizes.reduce((a, b) => a + b) === oneFrame.length;
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('take time in proportion to their length: 20,000 frames of one byte', () => {
    const frames = Array.from({ length: 20_000 }, (_, n) => frame(n + 1, 1));
    const bytes = Buffer.concat([start, noContext, oneKey, rest(2, 1), ...frames, lastFrame(20_001, 0)]);
    expect(parseMessage(bytes).body).toHaveLength(20_001);
  });
});
