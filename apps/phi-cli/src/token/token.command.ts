import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { LocalIssuer } from '@app/authentication';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { readConfiguration } from '../service-configuration.js';

interface TokenOptions {
  scope: string;
  subject: string;
  patient?: string;
  expires: number;
  json?: boolean;
}

const examples = `
Examples:
  phi token --scope "system/*.cruds"
  phi token --scope "user/Patient.rs user/*.cruds" --subject dr-sample --expires 30m
  phi token --scope "patient/*.rs" --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11

The token alone is printed on standard output:
  curl -H "authorization: Bearer $(npm run --silent phi -- token --scope 'system/*.cruds')" ...`;

/** `phi token`: a development token of the embedded platform's own issuer. */
export function addTokenCommand(
  program: Command,
  context: CommandContext,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('token')
    .description('Mint an access token for development (embedded platform only).')
    .requiredOption('--scope <scopes>', 'SMART scopes, separated by spaces')
    .option('--subject <subject>', 'whom the token speaks for', plainName, 'developer')
    .option('--patient <id>', 'launch patient, for patient/ scopes', uuid)
    .option('--expires <duration>', 'how long it is valid: 90s, 30m, 8h, at most 24h', duration, 60 * 60)
    .option('--json', 'print {"token", "expiresInSeconds"} instead')
    .addHelpText('after', examples)
    .action(async ({ scope, subject, patient, expires, json }: TokenOptions) => {
      const issuer = await openIssuer();
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

async function openIssuer(): Promise<LocalIssuer> {
  const config = await readConfiguration();
  if (config.PHI_PLATFORM !== 'embedded') {
    throw new CouldNotRun(
      'only the embedded platform has an issuer of its own; ask your identity provider for a token',
    );
  }
  try {
    return await LocalIssuer.open(join(resolve(config.PHI_DATA_DIR), 'keys'), config.PHI_TOKEN_AUDIENCE);
  } catch (error) {
    throw new CouldNotRun(`the issuer's key cannot be opened: ${(error as Error).message}`);
  }
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
