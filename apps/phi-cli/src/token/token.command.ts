import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { LocalIssuer } from '@app/authentication';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { readConfiguration } from '../service-configuration.js';
import { openIssuer } from './development-issuer.js';

interface TokenOptions {
  scope: string;
  subject: string;
  patient?: string;
  issuer?: string;
  expires: number;
  json?: boolean;
}

const examples = `
Examples:
  phi token --scope "system/*.cruds"
  phi token --scope "user/Patient.rs user/*.cruds" --subject dr-sample --expires 30m
  phi token --scope "system/*.cruds" --issuer ./issuer
  phi token --scope "patient/*.rs" --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11

The token alone is printed on standard output:
  curl -H "authorization: Bearer $(npm run --silent phi -- token --scope 'system/*.cruds')" ...`;

/** `phi token`: a development token of the embedded platform's own issuer, or of one in a folder (`phi setup --development-issuer`). */
export function addTokenCommand(
  program: Command,
  context: CommandContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('token')
    .description('Mint an access token for development.')
    .requiredOption('--scope <scopes>', 'SMART scopes, separated by spaces')
    .option('--subject <subject>', 'whom the token speaks for', plainName, 'developer')
    .option('--patient <id>', 'launch patient, for patient/ scopes', uuid)
    .option('--issuer <folder>', 'mint with the key in this folder, on any platform')
    .option('--expires <duration>', 'how long it is valid: 90s, 30m, 8h, at most 24h', duration, 60 * 60)
    .option('--json', 'print {"token", "expiresInSeconds"} instead')
    .addHelpText('after', examples)
    .action(async ({ scope, subject, patient, issuer: folder, expires, json }: TokenOptions) => {
      const issuer = await issuerOf(folder);
      const request = {
        scope,
        subject,
        expiresInSeconds: expires,
        ...(patient === undefined ? {} : { patient }),
      };
      const token = await issuer.mint(request);
      const answer = json === true ? JSON.stringify({ token, expiresInSeconds: expires }) : token;
      context.stdout.write(`${answer}\n`);
      finish(exitCodes.done);
    });
}

async function issuerOf(folder: string | undefined): Promise<LocalIssuer> {
  const config = await readConfiguration();
  // A mistyped folder must not become an issuer that nobody knows.
  if (folder !== undefined) {
    if (existsSync(join(folder, 'issuer-key'))) return openIssuer(folder, config);
    throw new CouldNotRun('there is no issuer in this folder; `phi setup --development-issuer` makes one');
  }
  if (config.PHI_PLATFORM !== 'embedded' || config.PHI_OIDC_ISSUER !== undefined) {
    throw new CouldNotRun(
      'tokens come from another issuer here: ask your identity provider, or give --issuer with the folder of a development issuer',
    );
  }
  return openIssuer(join(resolve(config.PHI_DATA_DIR), 'keys'), config);
}

function duration(text: string): number {
  const match = /^([1-9]\d{0,5})([smh])$/.exec(text);
  const seconds = Number(match?.[1]) * ({ s: 1, m: 60, h: 3600 }[match?.[2] ?? ''] ?? Number.NaN);
  if (!(seconds <= 24 * 3600)) throw new InvalidArgumentError('It must be like 90s, 30m or 8h, at most 24h.');
  return seconds;
}

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a UUID in lower case.');
}

function plainName(text: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable characters without spaces, at most 200.');
}
