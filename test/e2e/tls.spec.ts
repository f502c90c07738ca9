import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { secureContextOf, selfSigned, type TlsIdentity } from '@app/tls';
import { filesBelow } from '../support/canaries.js';
import { ServiceProcess } from '../support/service-process.js';

const host = 'phi.test';
/** Old versions are refused by OpenSSL's own level as well; the client must not be who refuses. */
const oldCiphers = 'ALL:@SECLEVEL=0';

async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: host, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** @returns what was agreed on, or the code of what went wrong */
async function agreed(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await handshake(port, options);
    const { version } = socket.getCipher();
    const protocol = socket.getProtocol() ?? version;
    socket.destroy();
    return protocol;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

const only = (version: SecureVersion): ConnectionOptions => ({
  minVersion: version,
  maxVersion: version,
  ciphers: oldCiphers,
  rejectUnauthorized: false,
});

describe('TLS', () => {
  let folder: string;
  let files: { PHI_TLS_CERT: string; PHI_TLS_KEY: string };
  let identity: TlsIdentity;
  let service: ServiceProcess;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'phi-tls-'));
    files = { PHI_TLS_CERT: join(folder, 'cert.pem'), PHI_TLS_KEY: join(folder, 'key.pem') };
    identity = await selfSigned({ hosts: [host], days: 10 });
    put(identity);
    service = await ServiceProcess.start(
      { ...files, PHI_PARAMETER_REFRESH_SECONDS: '1' },
      join(folder, 'data'),
    );
    port = Number(new URL(service.origin).port);
  });
  afterAll(async () => {
    await service.remove();
    rmSync(folder, { recursive: true });
  });

  /** Written beside and moved into place, as tools that renew certificates do. */
  function put({ certificate, key }: TlsIdentity): void {
    for (const [path, text] of [
      [files.PHI_TLS_KEY, key],
      [files.PHI_TLS_CERT, certificate],
    ] as const) {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
  }

  async function get(path: string, ca: string): Promise<IncomingMessage> {
    const probe = request({ port, path, ca, servername: host, agent: false });
    probe.end();
    const [answer] = (await once(probe, 'response')) as [IncomingMessage];
    answer.resume();
    return answer;
  }

  // 45 CFR 164.312(e)(1), transmission security; NIST SP 800-52r2, 3.1.
  it.each([
    ['TLSv1', /^(ECONNRESET|ERR_SSL|EPROTO)/],
    ['TLSv1.1', /^(ECONNRESET|ERR_SSL|EPROTO)/],
    ['TLSv1.2', /^TLSv1\.2$/],
    ['TLSv1.3', /^TLSv1\.3$/],
  ] as const)('%s', async (version, expected) => {
    expect(await agreed(port, only(version))).toMatch(expected);
  });

  it('is refused in version 1.1 by the service and not by the client that asks', async () => {
    const lax = createServer({ ...secureContextOf(identity), minVersion: 'TLSv1', ciphers: oldCiphers });
    lax.listen(0, '127.0.0.1');
    await once(lax, 'listening');
    try {
      expect(await agreed((lax.address() as AddressInfo).port, only('TLSv1.1'))).toBe('TLSv1.1');
    } finally {
      lax.close();
    }
  });

  it.each([
    ['without forward secrecy', 'AES256-GCM-SHA384'],
    ['without authenticated encryption', 'ECDHE-ECDSA-AES256-SHA'],
  ])('is refused %s', async (_, ciphers) => {
    const options = { ...only('TLSv1.2'), ciphers: `${ciphers}:@SECLEVEL=0` };
    expect(await agreed(port, options)).toMatch(/^(ECONNRESET|ERR_SSL)/);
  });

  it('says to come by HTTPS alone, also in a refusal', async () => {
    for (const [path, status] of [
      ['/health/ready', 200],
      ['/v1/patients', 401],
      ['/no/such/route', 404],
    ] as const) {
      const answer = await get(path, identity.certificate);
      expect([path, answer.statusCode, answer.headers['strict-transport-security']]).toEqual([
        path,
        status,
        'max-age=31536000; includeSubDomains',
      ]);
    }
  });

  it('is for clients that trust the certificate, under the name that it has', async () => {
    expect(await agreed(port, { ca: identity.certificate })).toBe('TLSv1.3');
    expect(await agreed(port, {})).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await agreed(port, { ca: identity.certificate, servername: 'other.test' })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('does not answer plain HTTP', async () => {
    const probe = plainRequest({ port, path: '/health/live', agent: false });
    probe.end();
    const [error] = (await once(probe, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/^(ECONNRESET|HPE_INVALID_CONSTANT)$/);
  });

  it('warns of a certificate that ends soon', () => {
    expect(service.log.filter(({ message }) => message === 'the TLS certificate expires soon')).toHaveLength(
      1,
    );
  });

  it('takes a new certificate up without a restart, and keeps the old one while the new one is not whole', async () => {
    const agent = new Agent({ keepAlive: true, ca: identity.certificate, servername: host });
    const kept = async () => {
      const probe = request({ port, path: '/health/live', agent });
      probe.end();
      const [answer] = (await once(probe, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      return [answer.statusCode, probe.reusedSocket];
    };
    expect(await kept()).toEqual([200, false]);

    const next = await selfSigned({ hosts: [host], days: 90 });
    // The certificate is new and its key not yet there.
    writeFileSync(files.PHI_TLS_CERT, next.certificate);
    const failed = await service.line(({ message }) => /could not be renewed/.test(message ?? ''));
    expect(failed).toMatchObject({
      level: 'error',
      reason: 'the TLS key does not belong to the TLS certificate',
    });
    expect(await agreed(port, { ca: identity.certificate })).toBe('TLSv1.3');

    let shown = 0;
    const isNext = ({ message }: { message?: string }) => message === 'TLS certificate in use' && ++shown > 1;
    writeFileSync(files.PHI_TLS_KEY, next.key);
    await service.line(isNext);
    expect(await agreed(port, { ca: next.certificate })).toBe('TLSv1.3');
    expect(await agreed(port, { ca: identity.certificate })).not.toBe('TLSv1.3');
    // Who was connected still is.
    expect(await kept()).toEqual([200, true]);
    agent.destroy();
  });
});

describe('the start with TLS', () => {
  let folder: string;
  let service: ServiceProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phi-tls-start-'));
  });
  afterEach(async () => {
    await service?.remove();
    service = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused with a key of another certificate, in a line that shows neither', async () => {
    const one = await selfSigned({ hosts: [host], days: 1 });
    const { key } = await selfSigned({ hosts: [host], days: 1 });
    const files = { PHI_TLS_CERT: join(folder, 'cert.pem'), PHI_TLS_KEY: join(folder, 'key.pem') };
    writeFileSync(files.PHI_TLS_CERT, one.certificate);
    writeFileSync(files.PHI_TLS_KEY, key, { mode: 0o600 });
    service = ServiceProcess.spawn(files, join(folder, 'data'));
    expect(await service.ended()).toEqual({ code: 1, signal: null });
    expect(service.errors).toBe(
      'The service could not start: the TLS key does not belong to the TLS certificate\n',
    );
    expect(service.logged).not.toMatch(/BEGIN/);
  });

  it('is refused without the parameters that it names, and takes them when they are there', async () => {
    const variables = { PHI_TLS: 'parameters', PHI_HOST: '0.0.0.0' };
    service = ServiceProcess.spawn(variables, join(folder, 'data'));
    expect(await service.ended()).toEqual({ code: 1, signal: null });
    expect(service.errors).toMatch(/^The service could not start: parameter .*tls-certificate is missing/);
    await service.remove();

    const identity = await selfSigned({ hosts: [host], days: 90 });
    const put = (name: string, text: string) =>
      writeFileSync(join(folder, 'data', 'parameters', name), text, { mode: 0o600 });
    put('tls-certificate', identity.certificate);
    put('tls-key', identity.key);
    service = await ServiceProcess.start(variables, join(folder, 'data'));
    expect(await agreed(Number(new URL(service.origin).port), { ca: identity.certificate })).toBe('TLSv1.3');
  });

  it('makes a certificate of its own where it is told to, and keeps it in no file', async () => {
    service = await ServiceProcess.start(
      { PHI_TLS: 'self-signed', PHI_HOST: '0.0.0.0' },
      join(folder, 'data'),
    );
    const { port } = new URL(service.origin);
    const socket = await handshake(Number(port), { rejectUnauthorized: false, servername: 'localhost' });
    const certificate = new X509Certificate(socket.getPeerCertificate().raw);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    socket.destroy();
    expect(await service.terminate()).toEqual({ code: 0, signal: null });
    const files = filesBelow(join(folder, 'data'));
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => /tls|pem/.test(file))).toEqual([]);
  });
});
