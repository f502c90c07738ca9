import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { checkedCertificate } from '@app/tls';
import { runCommandLine } from '../command-line.js';
import { addCertificateCommand } from './certificate.command.js';

const day = 24 * 60 * 60 * 1000;

describe('phi certificate', () => {
  let folder: string;
  let cert: string;
  let key: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-certificate-'));
    cert = join(folder, 'cert.pem');
    key = join(folder, 'key.pem');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function phi(...args: string[]) {
    const written = { stdout: '', stderr: '' };
    const output = (name: keyof typeof written) =>
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
    const exitCode = await runCommandLine(['certificate', ...args], context, [addCertificateCommand]);
    return { exitCode, ...written };
  }

  const made = () =>
    checkedCertificate({ certificate: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });

  it('makes a pair for this machine, the key for its owner alone', async () => {
    const { exitCode, stdout } = await phi('--cert', cert, '--key', key);
    expect(exitCode).toBe(0);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const certificate = made();
    for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(stdout).toContain(certificate.fingerprint256);
    expect(stdout).not.toContain('PRIVATE KEY');
  });

  it('names the hosts and days that it is given, and tells them as JSON', async () => {
    const args = ['--host', 'phi.internal', '--host', '192.0.2.10', '--days', '30', '--json'];
    const { exitCode, stdout } = await phi('--cert', cert, '--key', key, ...args);
    expect(exitCode).toBe(0);
    const certificate: X509Certificate = made();
    expect(certificate.checkHost('phi.internal')).toBe('phi.internal');
    expect(certificate.checkIP('192.0.2.10')).toBe('192.0.2.10');
    expect(certificate.checkHost('localhost')).toBeUndefined();
    expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(30 * day);
    expect(JSON.parse(stdout)).toEqual({
      outcome: 'done',
      fingerprint256: certificate.fingerprint256,
      hosts: ['phi.internal', '192.0.2.10'],
      validTo: new Date(certificate.validTo).toISOString(),
    });
  });

  it.each(['cert', 'key'] as const)(
    'leaves a %s that is there as it is, and makes nothing beside it',
    async (which) => {
      const there = { cert, key }[which];
      writeFileSync(there, 'kept');
      const { exitCode, stderr } = await phi('--cert', cert, '--key', key);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${there} is there already`);
      expect(readFileSync(there, 'utf8')).toBe('kept');
      expect(readdirSync(folder)).toHaveLength(1);
    },
  );

  it('says which file cannot be made', async () => {
    const { exitCode, stderr } = await phi('--cert', cert, '--key', join(folder, 'none', 'key.pem'));
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/none\/key\.pem cannot be made/)]);
    expect(existsSync(cert)).toBe(false);
  });

  it.each([
    [['--host', 'two words']],
    [['--host', '-phi.test']],
    [['--host', 'phi..test']],
    [['--host', '']],
    [['--days', '0']],
    [['--days', '826']],
    [['--days', '1.5']],
  ])('cannot run with %j', async (args) => {
    expect((await phi('--cert', cert, '--key', key, ...args)).exitCode).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});
