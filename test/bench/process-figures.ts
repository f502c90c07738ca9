import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks; how many make a second is fixed at compile time of the kernel's interface. */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of proc_pid_stat(5), counted from the state, which follows the command's name in parentheses. */
const userTimeAt = 11;
const systemTimeAt = 12;

/** @returns processor time of all threads since the start of the process, milliseconds, in steps of a tick (10 ms) */
export function processorMilliseconds(pid: number): number {
  return readTimes(`/proc/${pid}/stat`);
}

/** @returns the same of the main thread alone, where JavaScript runs */
export function mainThreadMilliseconds(pid: number): number {
  return readTimes(`/proc/${pid}/task/${pid}/stat`);
}

function readTimes(path: string): number {
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[userTimeAt]) + Number(fields[systemTimeAt]);
  return (ticks * 1000) / ticksPerSecond;
}

/** @returns memory of the process that is in RAM, megabytes; of a mapped data file, the pages that were touched */
export function residentMegabytes(pid: number): { all: number; withoutFiles: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { all: kilobytes('VmRSS') / 1024, withoutFiles: kilobytes('RssAnon') / 1024 };
}
