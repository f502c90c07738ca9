import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type CommandContext, CouldNotRun, type ExitCode, exitCodes } from '../command-context.js';
import { parseUuid, untilInterrupted } from '../maintenance/job-options.js';
import { ServiceConnection } from '../service/service-connection.js';
import {
  accessToken,
  addServiceOptions,
  type ServiceOptions,
  serviceUrl,
  tokenHelp,
} from '../service/service-options.js';
import { lineOfDisclosure, lineOfEvent, type ReportLine } from './report-line.js';
import { ReportSource } from './report-source.js';
import { reportCsv, reportTable, totalsOf } from './report-text.js';

interface ReportOptions extends ServiceOptions {
  readonly patient?: string;
  readonly agent?: string;
  readonly issuer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly include?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const reportHelp = `
With --patient it is the accounting of disclosures of 45 CFR 164.528: six years back, without treatment, payment and operations.
--include access adds every access and change by anybody. With --agent it is everything that a person or client did.
${tokenHelp}

Examples:
  $ phi audit report --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11
  $ phi audit report --patient 5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11 --include access --csv > accesses.csv
  $ phi audit report --agent dr-weber --from 2026-01-01 --to 2026-01-31 --json`;

/** Adds `phi audit report`. */
export function addReportCommand(
  audit: Command,
  context: CommandContext,
  finish: (exitCode: ExitCode) => void,
): void {
  const command = audit
    .command('report')
    .summary('who saw a patient, or what somebody did')
    .description('Reports who saw a patient, or what somebody did, through the HTTP API.');
  addServiceOptions(command)
    .option('--patient <id>', 'disclosures of this patient', parseUuid)
    .option('--agent <subject>', 'everything by this person or client: the `sub` of its tokens', parseSubject)
    .option(
      '--issuer <issuer>',
      "issuer of the agent's tokens (default: that of your own token)",
      parseSubject,
    )
    .option('--from <time>', 'not before this day or instant (UTC unless it says otherwise)', parseTime)
    .option('--to <time>', 'until the end of this day, or before this instant', parseTime)
    .option('--include <what>', '`access`: every access and change, with --patient', parseInclude)
    .option('--csv', 'print the report as CSV')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', reportHelp)
    .action(async (options: ReportOptions) => finish(await report(options, context)));
}

async function report(options: ReportOptions, context: CommandContext): Promise<ExitCode> {
  checkOptions(options);
  const url = serviceUrl(options, context);
  const connection = new ServiceConnection(url, await accessToken(options, context), 1);
  try {
    await untilInterrupted(async (signal) => {
      const source = new ReportSource(connection, url.href.replace(/\/+$/, ''), context, signal);
      context.stdout.write(await reportText(options, context, source));
    });
    return exitCodes.done;
  } finally {
    connection.close();
  }
}

async function reportText(
  options: ReportOptions,
  context: CommandContext,
  source: ReportSource,
): Promise<string> {
  const path = pathOf(options);
  const { agent = '' } = options;
  // The service writes the patient's CSV itself: it is what is handed to the patient.
  if (options.csv === true && options.patient !== undefined) return source.text(path, 'text/csv');
  const items: object[] = [];
  const lines: ReportLine[] = [];
  let accounted: Record<string, unknown> = {};
  for await (const page of source.pages(path)) {
    items.push(...page.items);
    lines.push(
      ...page.items.map((item) =>
        options.patient === undefined ? lineOfEvent(item, agent) : lineOfDisclosure(item),
      ),
    );
    if (Object.keys(accounted).length === 0) accounted = page.more;
    tellProgress(context, lines.length);
  }
  tellProgress(context);
  if (options.csv === true) return reportCsv(lines);
  if (options.json === true) {
    const asked = options.patient === undefined ? { agent } : { patientId: options.patient };
    return `${JSON.stringify({ ...asked, ...accounted, items, totals: totalsOf(lines) }, undefined, 2)}\n`;
  }
  return reportTable(titleOf(options, accounted), lines, options.patient);
}

function pathOf({ patient, agent, issuer, from, to, include }: ReportOptions): string {
  const query = new URLSearchParams();
  const filters = { ...(patient === undefined ? { agent, issuer } : {}), from, to, include };
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  const path = patient === undefined ? '/v1/audit/events' : `/v1/patients/${patient}/disclosures`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function titleOf(
  { patient, agent, from, to, include }: ReportOptions,
  accounted: Record<string, unknown>,
): string {
  if (patient === undefined) {
    const since = from === undefined ? '' : ` from ${from}`;
    return `Everything by ${agent}${since}${to === undefined ? '' : ` to ${to}`}, newest first`;
  }
  const what = include === 'access' ? 'Accesses and changes' : 'Disclosures (45 CFR 164.528)';
  return `${what} of patient ${patient}, ${String(accounted['from'])} to ${String(accounted['to'])}, newest first`;
}

/** How many there will be is known to nobody before the last page. @param count absent at the end */
function tellProgress({ stderr }: CommandContext, count?: number): void {
  if (stderr.isTTY !== true) return;
  stderr.write(count === undefined ? '\r\u001b[K' : `\r\u001b[K${count} events read`);
}

function checkOptions({ patient, agent, issuer, include, csv, json }: ReportOptions): void {
  if ((patient === undefined) === (agent === undefined)) throw new CouldNotRun('give --patient or --agent');
  if (include !== undefined && patient === undefined) throw new CouldNotRun('--include goes with --patient');
  if (issuer !== undefined && agent === undefined) throw new CouldNotRun('--issuer goes with --agent');
  if (csv === true && json === true) throw new CouldNotRun('give --csv or --json, not both');
}

function parseSubject(text: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable characters without spaces, at most 200.');
}

function parseTime(text: string): string {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  if (isTime && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It must be a day (2026-01-31) or an instant (2026-01-31T12:00:00Z).');
}

function parseInclude(text: string): string {
  if (text === 'access') return text;
  throw new InvalidArgumentError('It must be `access`.');
}
