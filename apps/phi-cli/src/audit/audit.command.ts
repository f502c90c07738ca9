import type { Command } from 'commander';
import { type CommandContext, type ExitCode } from '../command-context.js';
import { addExpireCommand } from './expire.command.js';
import { addExportCommand } from './export.command.js';
import { addReconcileCommand } from './reconcile.command.js';
import { addReportCommand } from './report.command.js';
import { addVerifyCommand } from './verify.command.js';

const auditHelp = `
verify, export, expire and reconcile open the data of the service directly, with the service's configuration (.env and environment), and
run beside a running service. report asks the service itself.

Examples:
  $ phi audit verify
  $ phi audit export --out trail-2026-11.ndjson
  $ phi audit report --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11
  $ phi audit verify --export trail-2026-11.ndjson --public-key checkpoint-key.pem`;

/** Adds `phi audit ...`. */
export function addAuditCommand(
  program: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const audit = program
    .command('audit')
    .summary('verify, export and expire the audit trail, and report from it')
    .description('Answers questions about the audit trail, and whether anything of it is missing.')
    .addHelpText('after', auditHelp);
  addVerifyCommand(audit, context, finish);
  addExportCommand(audit, context, finish);
  addExpireCommand(audit, context, finish);
  addReconcileCommand(audit, context, finish);
  addReportCommand(audit, context, finish);
}
