import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { parsePath } from '../audit/audit-options.js';
import { type CommandContext, type ExitCode } from '../command-context.js';

export interface CertificateOptions {
  readonly cert: string;
  readonly key: string;
  readonly host: readonly string[];
  readonly days: number;
  readonly json?: boolean;
}

const defaultHosts = ['localhost', '127.0.0.1', '::1'];
const defaultDays = 90;
/** What Apple's and Google's clients take of a certificate that somebody has added by hand. */
const daysAtMost = 825;

const help = `
For development: clients trust it when they are told to, and nobody vouches for it. The key is made with mode 0600; no file is overwritten.
A service that runs takes a new pair up by itself, so replace the two files to renew.

Examples:
  $ phi certificate --cert cert.pem --key key.pem
  $ phi certificate --cert cert.pem --key key.pem --host phi.internal --host 192.0.2.10 --days 30
  $ PHI_TLS_CERT=cert.pem PHI_TLS_KEY=key.pem npm start
  $ curl --cacert cert.pem https://localhost:3000/health/ready
  $ NODE_EXTRA_CA_CERTS=cert.pem PHI_URL=https://localhost:3000 phi import bundle.json`;

/** Adds `phi certificate`. */
export function addCertificateCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  program
    .command('certificate')
    .summary('make a self-signed TLS certificate for development')
    .description('Makes a key pair and a self-signed TLS certificate for development.')
    .requiredOption('--cert <file>', 'where the certificate goes, which must not be there yet', parsePath)
    .requiredOption('--key <file>', 'where the private key goes, which must not be there yet', parsePath)
    .option(
      '--host <name>',
      `a name or address of the service; repeat it (default: ${defaultHosts.join(', ')})`,
      addHost,
    )
    .option('--days <n>', `how long it is valid, ${daysAtMost} at most`, parseDays, defaultDays)
    .option('--json', 'print {"outcome", "fingerprint256", "hosts", "validTo"} instead')
    .addHelpText('after', help)
    .action(async ({ host = defaultHosts, ...options }: CertificateOptions) => {
      const { makeCertificate } = await import('./make-certificate.js');
      finish(await makeCertificate({ ...options, host }, context));
    });
}

/** RFC 1123, 2.1: labels of letters, digits and hyphens. */
const hostName =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function addHost(text: string, before: readonly string[] = []): readonly string[] {
  if (isIP(text) !== 0 || hostName.test(text)) return [...before, text];
  throw new InvalidArgumentError('It must be the name or the address of a host.');
}

function parseDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= daysAtMost) return days;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${daysAtMost}.`);
}
