import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext, ExitCode } from '../command-context.js';
import { addOperatorOptions } from '../maintenance/job-options.js';

export interface RevokeOptions {
  readonly issuer: string;
  readonly tokenId: string;
  readonly days: number;
  readonly operator: string;
  readonly json?: boolean;
}

const revokeHelp = `
A revoked token is refused like a forged one, on every instance after a minute at most. It names the token by its claims "iss" and "jti",
which the trail does not hold: they come from the issuer, or from the token itself. The revocation is kept for --days, and has to outlive
the token.

Example:
  $ phi revoke --issuer https://login.example.org --token-id 3f1c2f52-6f0f-4e57-8f5e-0d4c1d5b8a11`;

/** Adds `phi revoke`. */
export function addRevokeCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const revoke = program
    .command('revoke')
    .summary('take an access token back before it expires')
    .description('Takes an access token back before it expires.')
    .requiredOption('--token-id <jti>', 'the claim "jti" of the token', parseClaim)
    .requiredOption('--issuer <iss>', 'the claim "iss" of the token', parseClaim)
    .option('--days <n>', 'how long the revocation is kept, 1 to 3650', parseDays, 30);
  addOperatorOptions(revoke)
    .addHelpText('after', revokeHelp)
    .action(async (options: RevokeOptions) => {
      // Loaded when it is used: the ports bring the AWS SDK along, which every other command would wait for.
      const { revokeToken } = await import('./revoke-run.js');
      finish(await revokeToken(options, context));
    });
}

function parseClaim(text: string): string {
  if (/^[\x21-\x7e]{1,500}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable characters without spaces, at most 500.');
}

function parseDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (days >= 1 && days <= 3650) return days;
  throw new InvalidArgumentError('It must be a whole number from 1 to 3650.');
}
