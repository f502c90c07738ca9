import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from './variables.js';
import { envExample, readPhiConfig } from './phi.config.js';
import { variables } from './phi.variables.js';
import { isLoopback } from './tls-settings.js';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readPhiConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('readPhiConfig', () => {
  it('starts with nothing set, on a loopback address', () => {
    expect(readPhiConfig({})).toMatchObject({
      PHI_PLATFORM: 'embedded',
      PHI_HOST: '127.0.0.1',
      PHI_PORT: 3000,
    });
  });

  it('takes an empty variable for absent', () => {
    expect(readPhiConfig({ PHI_PORT: '' }).PHI_PORT).toBe(3000);
  });

  it('names every wrong variable at once and prints no value', () => {
    const wrong = {
      PHI_PORT: 'marked-1',
      PHI_PLATFORM: 'marked-2',
      PHI_LOG_LEVEL: 'marked-3',
      PHI_TYPO: 'marked-4',
    };
    const faults = faultsOf(wrong);
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'PHI_PLATFORM',
      'PHI_PORT',
      'PHI_LOG_LEVEL',
      'PHI_TYPO',
    ]);
    expect(faults.join('\n')).not.toMatch(/marked/);
  });

  it.each([
    [{ PHI_PORT: '65536' }, 'PHI_PORT'],
    [{ PHI_PORT: '-1' }, 'PHI_PORT'],
    [{ PHI_PORT: '0x50' }, 'PHI_PORT'],
    [{ PHI_STAGE: 'Prod!' }, 'PHI_STAGE'],
    [{ PHI_RECORD_TYPES: 'medical,Bad Type' }, 'PHI_RECORD_TYPES'],
    [{ PHI_RECORD_TYPES: 'PROFILE' }, 'PHI_RECORD_TYPES'],
    [{ PHI_TLS_CERT: '/no/such/file' }, 'PHI_TLS_CERT'],
    [{ NODE_ENV: 'production' }, 'PHI_PLATFORM=embedded'],
    [{ PHI_HOST: '0.0.0.0' }, 'PHI_HOST'],
    [{ PHI_HOST: '192.0.2.7' }, 'PHI_HOST'],
  ])('refuses %j', (environment, name) => {
    expect(faultsOf(environment as Record<string, string>).some((fault) => fault.startsWith(name))).toBe(
      true,
    );
  });

  it('lets the aws platform run in production on every address', () => {
    const aws = { PHI_PLATFORM: 'aws', NODE_ENV: 'production', PHI_HOST: '0.0.0.0', PHI_TLS: 'self-signed' };
    expect(faultsOf({ ...aws, PHI_KEY_STORE_BACKUP_DAYS: '35' })).toEqual([]);
  });

  // 45 CFR 164.312(e)(1): transmission security.
  it.each([
    ['embedded', 'files', false],
    ['embedded', 'none', false],
    ['embedded', 'parameters', true],
    ['embedded', 'self-signed', true],
    ['aws', 'files', false],
    ['aws', 'none', true],
    ['aws', 'parameters', true],
    ['aws', 'self-signed', true],
  ])('on %s with PHI_TLS=%s and no file: on another address than loopback %s', (platform, tls, starts) => {
    const given = { PHI_PLATFORM: platform, PHI_TLS: tls, PHI_KEY_STORE_BACKUP_DAYS: '35' };
    expect(faultsOf({ ...given, PHI_HOST: '127.0.0.1' })).toEqual([]);
    const faults = faultsOf({ ...given, PHI_HOST: '0.0.0.0' });
    expect(faults).toEqual(starts ? [] : [expect.stringMatching(/^PHI_HOST must be a loopback address/)]);
  });

  it('takes files where they count alone', () => {
    const files = { PHI_TLS_CERT: 'package.json', PHI_TLS_KEY: 'package.json' };
    expect(faultsOf({ ...files, PHI_HOST: '0.0.0.0' })).toEqual([]);
    expect(faultsOf({ ...files, PHI_TLS: 'self-signed' })).toEqual([
      'PHI_TLS_CERT is for PHI_TLS=files',
      'PHI_TLS_KEY is for PHI_TLS=files',
    ]);
  });

  // NIST SP 800-88, cryptographic erase: backups of the key are copies of it.
  it('wants to be told on the aws platform how long backups of the key store are kept', () => {
    expect(faultsOf({ PHI_PLATFORM: 'aws' })).toEqual([expect.stringMatching(/^PHI_KEY_STORE_BACKUP_DAYS /)]);
    expect(faultsOf({ PHI_PLATFORM: 'embedded' })).toEqual([]);
  });

  // 45 CFR 164.316(b)(2)(i): documentation is retained for six years.
  it('keeps audit events for six years on the aws platform', () => {
    const aws = { PHI_PLATFORM: 'aws', PHI_KEY_STORE_BACKUP_DAYS: '35' };
    expect(readPhiConfig(aws).PHI_AUDIT_RETENTION_DAYS).toBe(2192);
    expect(faultsOf({ ...aws, PHI_AUDIT_RETENTION_DAYS: '2191' })).toEqual([
      expect.stringMatching(/^PHI_AUDIT_RETENTION_DAYS /),
    ]);
    expect(faultsOf({ PHI_AUDIT_RETENTION_DAYS: '1' })).toEqual([]);
  });

  it('wants leases that outlive two renewals that failed', () => {
    const seconds = { PHI_AUDIT_SEAL_SECONDS: '10', PHI_AUDIT_LEASE_SECONDS: '30' };
    expect(faultsOf(seconds)).toEqual([]);
    expect(faultsOf({ ...seconds, PHI_AUDIT_LEASE_SECONDS: '29' })).toEqual([
      expect.stringMatching(/^PHI_AUDIT_LEASE_SECONDS /),
    ]);
  });

  it('leaves the variables of the command line alone', () => {
    expect(faultsOf({ PHI_TOKEN: 'x', PHI_URL: 'http://127.0.0.1:3000' })).toEqual([]);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes %s', (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', '128.0.0.1'])('refuses %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});

it('the example file has every variable', () => {
  for (const name of Object.keys(variables)) expect(envExample()).toContain(`\n# ${name}=`);
});
