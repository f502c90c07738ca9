import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../command-line.js';
import { addRescreenCommand } from './rescreen.command.js';

/** Runs `phi` in this process as far as it needs no ports. */
async function phi(...args: string[]) {
  let stdout = '';
  const output = () =>
    new Writable({
      write(chunk: Buffer, _, done) {
        stdout += chunk.toString('utf8');
        done();
      },
    });
  const context = {
    stdout: output(),
    stderr: new Writable({ write: (_, __, done) => done() }),
    config: { token: undefined, url: '', dataFolder: '' },
    now: () => 0,
    wait: async () => undefined,
  };
  return { exitCode: await runCommandLine(args, context, [addRescreenCommand]), stdout };
}

describe('phi rescreen', () => {
  it('tells how it is used', async () => {
    const { exitCode, stdout } = await phi('rescreen', '--help');
    expect(exitCode).toBe(0);
    for (const part of [
      '--all',
      '--patient',
      '--rate',
      '--operator',
      '--json',
      '$ phi rescreen',
      'Exit codes:',
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it.each([[['--patient', 'someone']], [['--rate', '0']], [['--operator', 'two words']], [['somebody']]])(
    'cannot run with %j',
    async (args) => {
      const { exitCode, stdout } = await phi('rescreen', ...args, '--json');
      expect(exitCode).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ outcome: 'could-not-run' });
    },
  );
});
