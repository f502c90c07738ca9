import { describe, expect, it } from '@jest/globals';
import { type CommandContext, CouldNotRun, type Output } from './command-context.js';
import { type AddCommand, runCommandLine } from './command-line.js';

/** Runs `phi` with one command, `try`, that does what the test says. */
async function run(args: readonly string[], action: () => number | Promise<number> = () => 0) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts): Output =>
    ({ write: (text: string) => ((texts[name] += text), true) }) as unknown as Output;
  const context: CommandContext = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    config: { token: undefined, url: 'http://127.0.0.1:3000', dataFolder: '.data' },
    now: () => 0,
    wait: async () => undefined,
  };
  const addTry: AddCommand = (program, _, finish) => {
    program
      .command('try')
      .description('Tries.')
      .option('--token <token>')
      .option('--json')
      .action(async () => finish((await action()) as 0));
  };
  return { exitCode: await runCommandLine(args, context, [addTry]), ...texts };
}

describe('phi', () => {
  it('ends with the exit code of its command', async () => {
    expect((await run(['try'], () => 0)).exitCode).toBe(0);
    expect((await run(['try'], () => 1)).exitCode).toBe(1);
    expect((await run(['try'], () => 2)).exitCode).toBe(2);
  });

  it('prints help that was asked for on standard output, with the exit codes', async () => {
    for (const args of [['--help'], ['try', '--help'], ['help', 'try']]) {
      const { exitCode, stdout, stderr } = await run(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('could not run: wrong usage');
    }
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['tyr']],
    ['an unknown option', ['try', '--jsn']],
    ['an option without its value', ['try', '--token']],
    ['an argument too many', ['try', 'x']],
  ])('could not run with %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it('does not print the value of a mistyped option, which may be a token', async () => {
    const { exitCode, stderr } = await run(['try', '--tokn=c2VjcmV0']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--tokn');
    expect(stderr).not.toContain('c2VjcmV0');
  });

  it('says why a command could not run, also as JSON', async () => {
    const action = () => Promise.reject(new CouldNotRun('the service sleeps'));
    expect(await run(['try'], action)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'phi: the service sleeps\n',
    });
    const { stdout } = await run(['try', '--json'], action);
    expect(JSON.parse(stdout)).toEqual({ outcome: 'could-not-run', error: 'the service sleeps' });
    expect(JSON.parse((await run(['try', '--json', '--bad'])).stdout)).toMatchObject({
      outcome: 'could-not-run',
    });
  });

  it('prints neither stack nor message of an unexpected error: they may quote data', async () => {
    const error = Object.assign(new TypeError('Ottilie Quast is not iterable'), { code: 'ERR_X' });
    const { exitCode, stdout, stderr } = await run(['try'], () => Promise.reject(error));
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'phi: failed unexpectedly (TypeError, ERR_X)\n',
    });
  });
});
