import { unlink, writeFile } from 'node:fs/promises';
import { checkedCertificate, selfSigned } from '@app/tls';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import type { CertificateOptions } from './certificate.command.js';

/** The key comes first, so that no certificate is left without one. */
export async function makeCertificate(
  options: CertificateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { cert, key, host, days, json } = options;
  const identity = await selfSigned({ hosts: host, days });
  await writeNew(key, identity.key, 0o600);
  try {
    await writeNew(cert, identity.certificate, 0o644);
  } catch (error) {
    await unlink(key);
    throw error;
  }
  const { fingerprint256, validTo } = checkedCertificate(identity);
  const ends = new Date(validTo).toISOString();
  const text = `${cert} for ${host.join(', ')}, until ${ends}\nSHA-256 ${fingerprint256}\n`;
  const report = { outcome: 'done', fingerprint256, hosts: host, validTo: ends };
  context.stdout.write(json === true ? `${JSON.stringify(report)}\n` : text);
  return exitCodes.done;
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CouldNotRun(
      there ? `${path} is there already; it was left as it is` : `${path} cannot be made`,
    );
  }
}
