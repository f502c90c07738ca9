import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../command-line.js';
import { addKeysCommand } from './keys.command.js';

/** Runs `phi` in this process as far as it needs no ports. */
async function phi(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const context = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    config: { token: undefined, url: '', dataFolder: '' },
    now: () => 0,
    wait: async () => undefined,
  };
  const exitCode = await runCommandLine(args, context, [addKeysCommand]);
  return { exitCode, ...written };
}

describe('phi keys', () => {
  it.each(['rotate', 're-encrypt', 'reindex', 'compact', 'status'])(
    '%s tells how it is used',
    async (command) => {
      const { exitCode, stdout } = await phi('keys', command, '--help');
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`$ phi keys ${command}`);
      for (const part of ['--rate', '--operator', '--json', 'Exit codes:']) expect(stdout).toContain(part);
    },
  );

  it('lists its commands', async () => {
    const { stdout } = await phi('keys', '--help');
    for (const command of ['rotate', 're-encrypt', 'reindex', 'compact', 'status']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it.each([
    [['rotate', '--rate', '0']],
    [['rotate', '--rate', '1e3']],
    [['rotate', '--rate', '1000000']],
    [['rotate', '--patient', 'someone']],
    [['rotate', '--patient', '5F0C6F0E-8F0E-4A53-9D7C-2F6F6A0E4B11']],
    [['rotate', '--kms-key', '--patient', '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11']],
    [['rotate', '--operator', 'two words']],
    [['reindex', '--patient', '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11']],
    [['turn']],
  ])('cannot run %j', async (args) => {
    const { exitCode, stdout, stderr } = await phi('keys', ...args, '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'could-not-run' });
    expect(stderr).not.toBe('');
  });
});
