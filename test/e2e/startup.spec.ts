import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envExample, fixedConfiguration } from '@app/configuration';
import { openPlatform } from '@app/platform';
import { selfSigned } from '@app/tls';
import { filesBelow } from '../support/canaries.js';
import { ServiceProcess } from '../support/service-process.js';

const stackTrace = /^\s+at /m;
const secrets = [
  'keys/kms-root-key',
  'keys/issuer-key',
  'keys/audit-checkpoint-key',
  'parameters/index-root',
];

describe('the start of the service', () => {
  let folder: string;
  let service: ServiceProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-startup-'));
  });
  afterEach(async () => {
    await service?.remove();
    service = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a service that must not start. */
  async function refusalOf(variables: Record<string, string>): Promise<string> {
    service = ServiceProcess.spawn(variables, join(folder, 'data'));
    const { code, signal } = await service.ended();
    expect([code !== 0, signal]).toEqual([true, null]);
    expect(service.errors).not.toMatch(stackTrace);
    return service.errors + service.logged;
  }

  it('lists every wrong variable by its name at once, and no value', async () => {
    const wrong = {
      PHI_PLATFORM: 'azure-zq1',
      PHI_STAGE: 'Stage Zq2!',
      PHI_HOST: 'host zq3',
      PHI_PORT: '99999',
      PHI_LOG_LEVEL: 'loud-zq4',
      PHI_KEY_CACHE_TTL_SECONDS: 'zq5-seconds',
      PHI_TOKEN_AUDIENCE: 'audience zq6',
      PHI_RECORD_TYPES: 'Zq7 7',
      PHI_PROT: 'zq8-3000',
      PHI_TLS: 'perhaps-zq10',
      PHI_TLS_KEY: '/zq9/key.pem',
    };
    const text = await refusalOf(wrong);
    for (const name of Object.keys(wrong)) expect(text).toContain(name);
    expect(text).not.toMatch(/zq\d|99999/i);
    // One line each, and nothing was made.
    expect(text.match(/^ {2}- PHI_/gm)?.length).toBeGreaterThanOrEqual(Object.keys(wrong).length);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it.each([
    ['a name that is nearly one of ours', { PHI_PROT: '1' }, /PHI_PROT is not a variable/],
    ['the embedded platform in production', { NODE_ENV: 'production' }, /NODE_ENV=production/],
    [
      'another address than loopback without TLS',
      { PHI_HOST: '0.0.0.0' },
      /PHI_HOST must be a loopback address/,
    ],
    ['the same over IPv6', { PHI_HOST: '::' }, /PHI_HOST must be a loopback address/],
    ['a certificate without its key', { PHI_TLS_CERT: 'package.json' }, /PHI_TLS_CERT and PHI_TLS_KEY/],
  ])('refuses %s', async (_, variables, expected) => {
    expect(await refusalOf(variables)).toMatch(expected);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  describe('with secret files', () => {
    beforeEach(async () => {
      const { config } = await fixedConfiguration({ PHI_DATA_DIR: join(folder, 'data') });
      await (await openPlatform(config)).close();
    });

    it.each([
      ['keys/kms-root-key', /KMS root key file .*0600/],
      ['keys/issuer-key', /issuer.* key.* .*0600/],
      ['keys/audit-checkpoint-key', /audit checkpoint key.* .*0600/],
      ['parameters/index-root', /index-root .*0600/],
    ])('refuses %s when others may read it, by its role', async (file, expected) => {
      const path = join(folder, 'data', file);
      const before = readFileSync(path);
      chmodSync(path, 0o644);
      expect(await refusalOf({})).toMatch(expected);
      expect(readFileSync(path)).toEqual(before);
    });

    it.each(secrets)('refuses %s as a symbolic link', async (file) => {
      const path = join(folder, 'data', file);
      const elsewhere = join(folder, 'elsewhere');
      writeFileSync(elsewhere, readFileSync(path), { mode: 0o600 });
      rmSync(path);
      symlinkSync(elsewhere, path);
      expect(await refusalOf({})).toMatch(/link|plain file|regular file/);
    });

    it('keeps every file to its owner', () => {
      const open = filesBelow(join(folder, 'data')).filter(
        (file) => (statSync(join(folder, 'data', file)).mode & 0o077) !== 0,
      );
      expect(open).toEqual([]);
    });
  });

  it('refuses a port that is taken, in one line', async () => {
    const first = await ServiceProcess.start({}, join(folder, 'first'));
    const { port } = new URL(first.origin);
    expect(await refusalOf({ PHI_PORT: port })).toMatch(/could not start: .*EADDRINUSE/);
    await first.remove();
  });

  it('prints the address of the documentation, a token and a line to paste on a loopback address', async () => {
    service = await ServiceProcess.start({}, join(folder, 'data'));
    await service.errorText('curl ');
    const { errors, origin } = service;
    expect(errors).toContain(`${origin}/docs`);
    const token = /Token \(1 hour\)\s+(\S+)/.exec(errors)?.[1];
    const client = service.client();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await client.send({
      method: 'POST',
      path: '/v1/patients',
      headers,
      body: pastedBody(errors),
    });
    expect(answer.status).toBe(201);
    client.close();
    // A token in a log that is kept would be a password in it.
    expect(service.logged).not.toContain(token);
  });

  it('prints no token where others can reach it', async () => {
    const { certificate, key } = await selfSigned({ hosts: ['phi.test'], days: 1 });
    const files = { PHI_TLS_CERT: join(folder, 'cert.pem'), PHI_TLS_KEY: join(folder, 'key.pem') };
    writeFileSync(files.PHI_TLS_CERT, certificate);
    writeFileSync(files.PHI_TLS_KEY, key, { mode: 0o600 });
    service = await ServiceProcess.start({ ...files, PHI_HOST: '0.0.0.0' }, join(folder, 'data'));
    const { port } = new URL(service.origin);
    const probe = request({
      port,
      path: '/health/ready',
      ca: certificate,
      servername: 'phi.test',
      agent: false,
    });
    probe.end();
    const [answer] = (await once(probe, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
    expect(await service.terminate()).toEqual({ code: 0, signal: null });
    // A JSON Web Token begins with `{"` in Base64.
    expect(service.errors + service.logged).not.toMatch(/eyJ|curl|token/i);
  });
});

describe('.env.example', () => {
  it('is what the configuration says of itself', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });
});

/** The body of the line that a newcomer pastes. */
const pastedBody = (text: string) => JSON.parse(/-d '(\{.*\})'/.exec(text)?.[1] ?? '') as object;
