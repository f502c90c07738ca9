import { runCommandLine } from './command-line.js';
import { exitCodes, processContext } from './command-context.js';
import { addAuditCommand } from './audit/audit.command.js';
import { addCertificateCommand } from './certificate/certificate.command.js';
import { addComplianceCommand } from './compliance/compliance.command.js';
import { addImportCommand } from './import/import.command.js';
import { addKeysCommand } from './keys/keys.command.js';
import { addRescreenCommand } from './rescreen/rescreen.command.js';
import { addSetupCommand } from './setup/setup.command.js';
import { addRevokeCommand } from './revoke/revoke.command.js';
import { addTokenCommand } from './token/token.command.js';

// Node would print the stack and the message of what escapes, and those can quote what was being read.
process.on('uncaughtException', (error: unknown) => {
  process.stderr.write(`phi: failed unexpectedly (${error instanceof Error ? error.name : typeof error})\n`);
  process.exit(exitCodes.couldNotRun);
});
// A reader that goes away early (`phi import --json ... | head`) is no failure worth a message.
process.stdout.on('error', () => process.exit(exitCodes.couldNotRun));
process.stderr.on('error', () => undefined);

process.exitCode = await runCommandLine(process.argv.slice(2), processContext(), [
  addAuditCommand,
  addCertificateCommand,
  addTokenCommand,
  addRevokeCommand,
  addImportCommand,
  addKeysCommand,
  addRescreenCommand,
  addSetupCommand,
  addComplianceCommand,
]);
