import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalParameterSource } from '@app/configuration';
import { selfSigned } from './self-signed.js';
import { checkedCertificate, type TlsIdentity } from './tls-identity.js';
import { openTlsSource, type TlsSettings } from './tls-source.js';

const day = 24 * 60 * 60 * 1000;

describe('the source of the certificate', () => {
  let folder: string;
  let identity: TlsIdentity;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'phi-tls-'));
    identity = await selfSigned({ hosts: ['phi.test'], days: 1 });
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  const open = (settings: Partial<TlsSettings>) =>
    openTlsSource(
      { PHI_TLS: 'files', PHI_TLS_CERT: undefined, PHI_TLS_KEY: undefined, PHI_HOST: '0.0.0.0', ...settings },
      new LocalParameterSource(folder),
    );
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };

  it('is none without files, and none where none is wanted', () => {
    expect(open({})).toBeUndefined();
    expect(open({ PHI_TLS: 'none' })).toBeUndefined();
  });

  it('are two files, as they are when they are asked for', async () => {
    const files = {
      PHI_TLS_CERT: put('cert.pem', identity.certificate),
      PHI_TLS_KEY: put('key.pem', identity.key),
    };
    const source = open(files);
    expect(await source?.read()).toEqual(identity);
    const next = await selfSigned({ hosts: ['phi.test'], days: 1 });
    put('cert.pem', next.certificate);
    put('key.pem', next.key);
    expect(await source?.read()).toEqual(next);
    rmSync(files.PHI_TLS_KEY);
    await expect(source?.read()).rejects.toThrow('the file that PHI_TLS_KEY names cannot be read');
  });

  it('are two parameters, which are named where they are missing', async () => {
    const source = open({ PHI_TLS: 'parameters' });
    put('tls-certificate', identity.certificate);
    await expect(source?.read()).rejects.toThrow(/^parameter .*tls-key is missing$/);
    put('tls-key', identity.key);
    expect(await source?.read()).toEqual(identity);
  });

  it('is this process, which keeps what it made until a month before its end', async () => {
    const source = open({ PHI_TLS: 'self-signed', PHI_HOST: '192.0.2.7' });
    const made = await source?.read();
    const certificate = checkedCertificate(made as TlsIdentity);
    for (const address of ['127.0.0.1', '::1', '192.0.2.7'])
      expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost('localhost')).toBe('localhost');

    jest.useFakeTimers({
      now: Date.now() + 59 * day,
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    expect(await source?.read()).toEqual(made);
    jest.setSystemTime(Date.now() + 2 * day);
    const next = await source?.read();
    expect(next?.key).not.toBe(made?.key);
    expect(Date.parse(checkedCertificate(next as TlsIdentity).validTo)).toBeGreaterThan(
      Date.now() + 89 * day,
    );
  });
});
