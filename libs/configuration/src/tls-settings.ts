import { isIP } from 'node:net';
import { existsSync } from 'node:fs';
import type { PhiConfig } from './phi.config.js';

/** @returns whether only this machine can reach the address */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** @returns whether the service speaks HTTPS itself */
export function speaksTls({ PHI_TLS, PHI_TLS_CERT, PHI_TLS_KEY }: PhiConfig): boolean {
  if (PHI_TLS === 'files') return PHI_TLS_CERT !== undefined && PHI_TLS_KEY !== undefined;
  return PHI_TLS !== 'none';
}

/** @returns what is wrong with address and TLS although each variable alone is right, or could not be read */
export function tlsContradictions(config: PhiConfig): string[] {
  const faults: string[] = [];
  const files = (['PHI_TLS_CERT', 'PHI_TLS_KEY'] as const).filter((name) => config[name] !== undefined);
  if (files.length === 1) faults.push('PHI_TLS_CERT and PHI_TLS_KEY must be set together');
  for (const name of files) {
    if (config.PHI_TLS !== undefined && config.PHI_TLS !== 'files')
      faults.push(`${name} is for PHI_TLS=files`);
    if (!existsSync(config[name] ?? '')) faults.push(`${name} names a file that is not there`);
  }
  // 45 CFR 164.312(e)(1): in clear past this machine only where somebody has said that it is meant.
  const meant = config.PHI_PLATFORM === 'aws' && config.PHI_TLS === 'none';
  if (config.PHI_HOST !== undefined && !isLoopback(config.PHI_HOST) && !speaksTls(config) && !meant) {
    faults.push(
      'PHI_HOST must be a loopback address unless the service speaks TLS (PHI_TLS), or on the aws platform PHI_TLS is none',
    );
  }
  return faults;
}
