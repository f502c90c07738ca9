import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type CommandContext } from './command-context.js';
import { runCommandLine } from './command-line.js';

const folder = mkdtempSync(join(tmpdir(), 'phi-recovery-'));
afterAll(() => rmSync(folder, { recursive: true }));

const patientId = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
const frozen = (version: string) =>
  fileURLToPath(new URL(`../../../test/fixtures/vectors/${version}/vectors.json`, import.meta.url));

async function run(...args: string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text;
      return true;
    },
  });
  const context = { stdout: output('stdout'), stderr: output('stderr') } as unknown as CommandContext;
  return { exitCode: await runCommandLine(args, context), ...texts };
}

describe('phi-recovery', () => {
  it('prints help with the exit codes on standard output', async () => {
    for (const args of [['--help'], ['patient', '--help'], ['all', '--help'], ['vectors', '--help']]) {
      const { exitCode, stdout, stderr } = await run(...args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('2  could not run');
    }
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['patients']],
    ['an unknown option', ['all', '--data', 'x']],
    ['no data folder', ['all']],
    ['no patient', ['patient', '--data-dir', folder]],
    ['a patient that is no id', ['patient', 'Ottilie Quast', '--data-dir', folder]],
    ['no vectors', ['vectors']],
    ['vectors that are not there', ['vectors', join(folder, 'none.json')]],
    ['a folder that is not there', ['all', '--data-dir', join(folder, 'none')]],
    ['a folder without data', ['patient', patientId, '--data-dir', folder]],
  ])('could not run with %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('checks vectors and prints a table, or one JSON object', async () => {
    const table = await run('vectors', frozen('v1'), frozen('v2'));
    expect(table).toMatchObject({ exitCode: 0, stderr: '' });
    expect(table.stdout).toContain('two-frames.message (suite 0x0478, parts 2, bytes 131073)');
    const { exitCode, stdout } = await run('vectors', '--json', frozen('v1'));
    expect({ exitCode, result: JSON.parse(stdout) }).toMatchObject({
      exitCode: 0,
      result: { vectors: 6, met: 6, failed: 0 },
    });
  });

  it('ends with 1 when a vector is not as expected', async () => {
    const file = join(folder, 'vectors.json');
    const vector = { ciphertext: '', 'message-id': '', 'encryption-context': {}, status: true };
    writeFileSync(file, JSON.stringify({ tests: [vector] }));
    const { exitCode, stdout } = await run('vectors', file);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('WRONG  decrypts    1 (The bytes end too early.)');
  });
});
