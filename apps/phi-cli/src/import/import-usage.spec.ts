import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleOf, ImportBench } from '../../test/import-run.js';
import { ServiceStandIn } from '../../test/service-stand-in.js';

const onePatient = 'test/fixtures/fhir/transaction-one-patient.json';

describe('usage of phi import', () => {
  let bench: ImportBench;
  beforeEach(async () => {
    bench = new ImportBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  it('has help with examples, and says that a token on a command line can be seen', async () => {
    const { exitCode, stdout } = await bench.run(['--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('visible to every user of this machine');
  });

  it.each([
    ['no file', []],
    ['a concurrency of 0', ['--concurrency', '0', onePatient]],
    ['a concurrency of 257', ['--concurrency', '257', onePatient]],
    ['a namespace that everybody knows', ['--namespace', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', onePatient]],
    ['an address that is none', ['--url', 'localhost:3000', onePatient]],
    ['a password in the address', ['--url', 'http://a:b@127.0.0.1', onePatient]],
    ['clear text over the network', ['--url', 'http://phi.example.org', onePatient]],
    ['both ways of giving a token', ['--token', 'a', '--token-file', 'b', onePatient]],
    ['a token file that is not there', ['--token-file', 'missing', onePatient]],
    ['a token that is none', ['--token', 'a b', onePatient]],
  ])('could not run with %s, and sends nothing', async (_, args) => {
    const { exitCode, stdout, stderr } = await bench.run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(bench.service.received).toHaveLength(0);
  });

  it('could not run without a token', async () => {
    const { exitCode, stderr } = await bench.run([onePatient], { token: '' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('an access token is needed');
  });

  it.each([
    ['an address', ['--url', 'ftp://user:c2VjcmV0@example.org']],
    ['a namespace', ['--namespace', 'c2VjcmV0']],
    ['a token', ['--token', 'c2VjcmV0 \n']],
  ])('does not repeat %s that it refuses', async (_, args) => {
    const { exitCode, stderr } = await bench.run([...args, '--concurrency', '1', onePatient]);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('c2VjcmV0');
  });

  it('takes the token from an option before the environment, a file with its line end', async () => {
    const file = bench.file('token', `${ServiceStandIn.token}\n`);
    expect((await bench.run(['--token-file', file, onePatient], { token: 'other' })).exitCode).toBe(0);
    expect(
      (await bench.run(['--token', ServiceStandIn.token, onePatient], { token: 'other' })).exitCode,
    ).toBe(0);
    expect((await bench.run([onePatient])).exitCode).toBe(0);
    expect((await bench.run([onePatient], { token: 'other' })).exitCode).toBe(2);
  });

  it('keeps the result on standard output and one line on standard error where no terminal is', async () => {
    const { stdout, stderr } = await bench.run([onePatient]);
    expect(stdout).toMatch(/^records +6 +0 +0 +0 +0$/m);
    const [namespaceLine, summaryLine, ...rest] = stderr.split('\n');
    expect(namespaceLine).toContain(join(bench.folder, 'data', 'import-namespace'));
    expect(summaryLine).toMatch(/^1 file: 7 created, 0 already there, 0 refused, .* resources\/s$/);
    expect(rest).toEqual(['']);
  });

  it('shows a progress bar on a terminal, and tells problems above it', async () => {
    const faulty = 'test/fixtures/fhir/collection-faulty-entries.json';
    const { stdout, stderr } = await bench.run([onePatient, faulty], { isTTY: true });
    expect(stderr).toContain('0%');
    expect(stderr).toContain(`\u001b[K${faulty} entry[1]: no resource\n`);
    expect(stdout).not.toContain('\u001b');
  });

  it('lets no control character of a file name reach the terminal', async () => {
    const { stderr } = await bench.run([join(bench.folder, 'a\u001b[2Jb.json')]);
    expect(stderr).toContain('a?[2Jb.json: no such file');
  });

  it('prints nothing of what is in the files, whatever happens to them', async () => {
    const source = JSON.parse(readFileSync(onePatient, 'utf8'));
    const canaries = [
      'Quast',
      'Ottilie',
      'Zwiebelgasse',
      'Quillenbach',
      'QZ-0815',
      '555-0142',
      '1961',
      'Kunibert',
      'Sankt',
      '5b0c3f1e',
    ];
    const patients = ['a', 'b', 'c'].map((id) => ({
      ...source.entry[0],
      resource: { ...source.entry[0].resource, id },
    }));
    const files = [
      onePatient,
      bench.file('1.json', { ...source, entry: [...patients, ...source.entry.slice(1), { Quast: 1 }] }),
      bench.file('2.json', `${JSON.stringify(source).slice(0, 2500)} Quast`),
      bench.file('3.json', {
        ...source,
        entry: [...source.entry, ...source.entry.map((entry: object) => ({ ...entry, fullUrl: 'Quast' }))],
      }),
      bench.file('4.json', { ...source, type: 'Quast' }),
      bench.file('5.json', {
        ...bundleOf('Quast', 1),
        entry: [{ resource: { resourceType: 'Patient', name: 'Quast' } }],
      }),
    ];
    bench.service.fault = ({ number }) =>
      number % 3 === 0
        ? {
            status: number % 2 === 0 ? 400 : 422,
            problem: 'Quast',
            errors: [{ pointer: '/content/Quast-Zeller', detail: 'Quast' }],
            findings: [{ type: 'Quast', count: 1, pointer: '/content/Quast Zeller' }],
          }
        : undefined;
    for (const args of [files, ['--json', ...files]]) {
      const { stdout, stderr, exitCode } = await bench.run(args);
      expect(exitCode).toBe(1);
      for (const canary of canaries) expect(stdout + stderr).not.toContain(canary);
    }
  });
});
