import { readFile } from 'node:fs/promises';
import type { ParameterSource, PhiConfig } from '@app/configuration';
import { selfSigned } from './self-signed.js';
import { checkedCertificate, type TlsIdentity, TlsIdentityError } from './tls-identity.js';

/** Where certificate and key come from. Asked again and again, so that a new certificate needs no restart. */
export interface TlsSource {
  /** @throws TlsIdentityError, or Error naming the parameter */
  read(): Promise<TlsIdentity>;
}

export type TlsSettings = Pick<PhiConfig, 'PHI_TLS' | 'PHI_TLS_CERT' | 'PHI_TLS_KEY' | 'PHI_HOST'>;

/** @returns the source that `PHI_TLS` names, or `undefined` where the service speaks plain HTTP */
export function openTlsSource(config: TlsSettings, parameters: ParameterSource): TlsSource | undefined {
  const { PHI_TLS: kind, PHI_TLS_CERT: certificate, PHI_TLS_KEY: key } = config;
  if (kind === 'self-signed') return new SelfSignedSource(config.PHI_HOST);
  if (kind === 'parameters') return { read: () => identityFrom(parameters) };
  if (kind === 'none' || certificate === undefined || key === undefined) return undefined;
  return { read: () => identityIn({ certificate, key }) };
}

async function identityFrom(parameters: ParameterSource): Promise<TlsIdentity> {
  const [certificate, key] = await Promise.all([
    parameters.get('tls-certificate'),
    parameters.get('tls-key'),
  ]);
  return { certificate, key };
}

async function identityIn(files: TlsIdentity): Promise<TlsIdentity> {
  const read = (variable: string, path: string) =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      throw new TlsIdentityError(`the file that ${variable} names cannot be read`, { cause });
    });
  const [certificate, key] = await Promise.all([
    read('PHI_TLS_CERT', files.certificate),
    read('PHI_TLS_KEY', files.key),
  ]);
  return { certificate, key };
}

const selfSignedDays = 90;
/** Milliseconds before its end at which another one is made. */
const renewedBefore = 30 * 24 * 60 * 60 * 1000;

/** Lives in this process alone: its key is on no file system, and the next start makes another one. */
class SelfSignedSource implements TlsSource {
  #identity: TlsIdentity | undefined;

  constructor(private readonly host: string) {}

  async read(): Promise<TlsIdentity> {
    const ends = this.#identity === undefined ? 0 : Date.parse(checkedCertificate(this.#identity).validTo);
    if (this.#identity === undefined || ends - Date.now() < renewedBefore) {
      const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...named(this.host)])];
      this.#identity = await selfSigned({ hosts, days: selfSignedDays });
    }
    return this.#identity;
  }
}

/** "Every address" is none that a client could call. */
const named = (host: string) => (host === '0.0.0.0' || host === '::' ? [] : [host]);
