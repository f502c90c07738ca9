import { Problem } from '@app/problem-details';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { operatorOrigin } from '../maintenance/job-options.js';
import { withPlatform } from '../open-platform.js';
import { readConfiguration } from '../service-configuration.js';
import type { RevokeOptions } from './revoke.command.js';

const daySeconds = 24 * 60 * 60;

/** Revokes a token; the event that says so is in the same transaction. */
export async function revokeToken(options: RevokeOptions, context: CommandContext): Promise<ExitCode> {
  const { issuer, tokenId, days, operator } = options;
  const until = Math.floor(Date.now() / 1000) + days * daySeconds;
  await withPlatform(await readConfiguration(), async ({ audit, revokedTokens }) => {
    try {
      await audit.transactWrite(
        [revokedTokens.revocation({ issuer, tokenId }, until)],
        [{ type: 'token-revoke', outcome: '0', origin: operatorOrigin(operator) }],
      );
    } catch (error) {
      if (error instanceof Problem) throw new CouldNotRun(`nothing was revoked: ${error.type.title}`);
      throw error;
    }
  });
  const keptUntil = new Date(until * 1000).toISOString();
  context.stdout.write(
    options.json === true
      ? `${JSON.stringify({ revoked: true, keptUntil })}\n`
      : `revoked; every instance refuses it within a minute (kept until ${keptUntil})\n`,
  );
  return exitCodes.done;
}
