import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { JsonGeneralNames } from '@peculiar/x509';
import type { TlsIdentity } from './tls-identity.js';

const day = 24 * 60 * 60 * 1000;

/** Clocks of clients may be behind ours. Milliseconds. */
const clockDifference = 60 * 60 * 1000;

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface SelfSignedOptions {
  /** Names and addresses that clients may use for it; the first one is its subject. */
  hosts: readonly string[];
  days: number;
}

/**
 * A key pair of its own and a certificate that it vouches for itself. Nobody trusts it unless told to: it is for development, and for
 * the way behind a load balancer that verifies no certificate.
 * @see RFC 5280, sections 4.1 and 4.2; RFC 6125, section 6.4 (clients look at the alternative names alone)
 */
export async function selfSigned({ hosts, days }: SelfSignedOptions): Promise<TlsIdentity> {
  const x509 = await loadLibrary();
  const { subtle } = webcrypto;
  const keys = await subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const names: JsonGeneralNames = hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
  const notBefore = Date.now() - clockDifference;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [hosts[0] ?? 'localhost'] }],
      notBefore: new Date(notBefore),
      notAfter: new Date(notBefore + days * day),
      keys,
      signingAlgorithm: ecdsa,
      extensions: [
        // It vouches for itself and for nothing else, so that its key can sign no other certificate.
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const key = await subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}

/** Where a certificate is made and not before: loading it takes a tenth of the service's start. */
async function loadLibrary() {
  // Its container of parts needs this, and needs it first.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** 64 bits or more of chance, positive (RFC 5280, 4.1.2.2; CA/Browser Forum Baseline Requirements, 7.1). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
