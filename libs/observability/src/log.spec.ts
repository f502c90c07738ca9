import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLog, describeError, NestLog } from './log.js';

function logTo(lines: string[]) {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  return createLog('trace', sink);
}

describe('describeError', () => {
  it('tells class, code and frames of an error and its causes, and no message', () => {
    const inner = Object.assign(new TypeError('marked inner'), { code: 'EINNER' });
    const text = JSON.stringify(describeError(new Error('marked\nouter line', { cause: inner })));
    expect(text).toContain('EINNER');
    expect(text).toContain('TypeError');
    expect(text).toContain('log.spec');
    expect(text).not.toMatch(/marked|outer line/);
  });

  it('does not take a line of the message for a frame', () => {
    const message = 'cannot read\n    at marked (/marked.ts:1:1)\n    at marked (marked.ts:1:1)';
    const changed = Object.assign(new Error('x\n    at marked (marked.ts:1:1)'), { message: 'another' });
    for (const error of [new Error(message), changed]) {
      const text = JSON.stringify(describeError(error));
      expect(text).toContain('log.spec');
      expect(text).not.toContain('marked');
    }
  });

  it('does not follow causes for ever', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(20_000);
  });

  it('tells only the kind of what is no error', () => {
    expect(describeError('marked')).toEqual({ class: 'string', frames: [] });
  });

  it('drops a code that is not a constant', () => {
    expect(describeError(Object.assign(new Error('x'), { code: 'marked value' }))).not.toHaveProperty('code');
  });
});

describe('createLog', () => {
  it('writes JSON lines with ISO times, and errors without their message', () => {
    const lines: string[] = [];
    logTo(lines).error({ error: new Error('marked') }, 'failed');
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'error', message: 'failed', error: { class: 'Error' } });
    expect(new Date(line['time'] as string).getTime()).toBeGreaterThan(0);
    expect(lines[0]).not.toContain('marked');
  });

  it("does not write the framework's error messages either", () => {
    const lines: string[] = [];
    const log = new NestLog(logTo(lines));
    log.error(new Error('marked'));
    log.error('marked');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('marked');
  });
});
