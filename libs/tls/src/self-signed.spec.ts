import { describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { selfSigned } from './self-signed.js';
import { checkedCertificate, TlsIdentityError } from './tls-identity.js';

const day = 24 * 60 * 60 * 1000;
const hosts = ['phi.test', '192.0.2.7', '2001:db8::7'];

describe('a self-signed certificate', () => {
  it('names its hosts, as names and as addresses', async () => {
    const { certificate } = await selfSigned({ hosts, days: 30 });
    const read = new X509Certificate(certificate);
    expect(read.subject).toBe('CN=phi.test');
    expect(read.checkHost('phi.test')).toBe('phi.test');
    expect(read.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(read.checkIP('2001:db8::7')).toBe('2001:db8::7');
    expect(read.checkHost('other.test')).toBeUndefined();
    expect(read.checkIP('192.0.2.8')).toBeUndefined();
  });

  it('is for a server, signed by itself, and can sign no other', async () => {
    const read = new X509Certificate((await selfSigned({ hosts, days: 30 })).certificate);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.ca).toBe(false);
    // RFC 5280, 4.2.1.12: id-kp-serverAuth.
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(read.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('is valid from an hour ago for as long as it was told', async () => {
    const { validFrom, validTo } = new X509Certificate((await selfSigned({ hosts, days: 30 })).certificate);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(30 * day);
    expect(Date.parse(validFrom)).toBeLessThanOrEqual(Date.now() - 59 * 60 * 1000);
  });

  it('has a key and a number of its own each time, the number positive and of 16 bytes', async () => {
    const made = await Promise.all(Array.from({ length: 40 }, () => selfSigned({ hosts, days: 1 })));
    const numbers = made.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
    expect(new Set(numbers).size).toBe(40);
    expect(new Set(made.map(({ key }) => key)).size).toBe(40);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

describe('certificate and key', () => {
  it('are accepted where they belong together', async () => {
    const identity = await selfSigned({ hosts, days: 1 });
    expect(checkedCertificate(identity).subject).toBe('CN=phi.test');
  });

  it('are told apart from a pair that does not, whatever is wrong, without a word of what is in them', async () => {
    const one = await selfSigned({ hosts, days: 1 });
    const other = await selfSigned({ hosts, days: 1 });
    const refused = (identity: { certificate: string; key: string }) => {
      try {
        checkedCertificate(identity);
      } catch (error) {
        if (error instanceof TlsIdentityError) return error.message;
      }
      return 'accepted';
    };
    expect(refused({ ...one, key: other.key })).toBe('the TLS key does not belong to the TLS certificate');
    expect(refused({ ...one, key: 'marked' })).toMatch(/^the TLS key cannot be read: .*PEM/);
    expect(refused({ ...one, certificate: 'marked' })).toMatch(/^the TLS certificate cannot be read: .*PEM/);
    expect(refused({ certificate: one.key, key: one.certificate })).toMatch(
      /^the TLS certificate cannot be read/,
    );
  });
});
