import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { MaintenanceJobRun } from '@app/patient-records';

export interface KeyOptions {
  readonly rate: number;
  readonly operator: string;
  readonly json?: boolean;
}

const rateAtMost = 100_000;

export function addKeyOptions(command: Command): Command {
  const rate = `rows a second at most, 1 to ${rateAtMost}; rotate: patients`;
  return addOperatorOptions(command.option('--rate <n>', rate, parseRate, 200));
}

/** Of every command that opens the ports: what it does is in the trail, under somebody's name. */
export function addOperatorOptions(command: Command): Command {
  return command
    .option('--operator <name>', 'who the audit trail shall name', parseName, loginName())
    .option('--json', 'print the result as JSON');
}

/** Who does it, for the audit trail (45 CFR 164.312(b)): the operator, not a user of the service. */
export function operatorOrigin(operator: string): MaintenanceJobRun['origin'] {
  const agent = { issuer: 'phi-cli', subject: operator, clientId: 'phi-cli', scopes: [] };
  return { agent, networkAddress: '', requestId: randomUUID() };
}

/** Ends by Ctrl-C or SIGTERM: the job keeps where it is. A second one ends the process at once. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.once(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

export function parseUuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a UUID in lower case.');
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (/^\d{1,6}$/.test(text) && rate >= 1 && rate <= rateAtMost) return rate;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${rateAtMost}.`);
}

function parseName(text: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be printable characters without spaces, at most 200.');
}

/** A container may run under a number that has no name. */
function loginName(): string {
  try {
    return parseName(userInfo().username);
  } catch {
    return 'unknown';
  }
}
