import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** What a server shows and proves itself by. PEM; the key is a secret. */
export interface TlsIdentity {
  /** The certificate, and those between it and a root. */
  certificate: string;
  key: string;
}

/** A certificate or key that cannot be used. Names what is wrong, never what is in it. */
export class TlsIdentityError extends Error {
  override readonly name = 'TlsIdentityError';
}

/**
 * @returns the first certificate of the chain
 * @throws TlsIdentityError if one of the two cannot be read, or they do not belong together: as while files are being replaced
 */
export function checkedCertificate({ certificate, key }: TlsIdentity): X509Certificate {
  const read = <T>(role: string, parse: () => T): T => {
    try {
      return parse();
    } catch (cause) {
      throw new TlsIdentityError(`the TLS ${role} cannot be read: it must be PEM, without a passphrase`, {
        cause,
      });
    }
  };
  const leaf = read('certificate', () => new X509Certificate(certificate));
  const privateKey = read('key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new TlsIdentityError('the TLS key does not belong to the TLS certificate');
  }
  return leaf;
}

/** Authenticated encryption with forward secrecy alone: TLS 1.3, and of TLS 1.2 what has both (NIST SP 800-52r2, 3.3.1). */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** How the service speaks TLS whatever its certificate is; 45 CFR 164.312(e)(1), transmission security. */
export const tlsPolicy = {
  minVersion: 'TLSv1.2',
  ciphers,
  honorCipherOrder: true,
} as const satisfies SecureContextOptions;

/** @returns what a TLS server is given at its start, and again when its certificate has changed */
export function secureContextOf({ certificate, key }: TlsIdentity): SecureContextOptions {
  return { ...tlsPolicy, cert: certificate, key };
}
