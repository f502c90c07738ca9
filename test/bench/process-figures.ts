import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in ticks; how many make a second is fixed at compile time of the kernel's interface. */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of proc_pid_stat(5), counted from the state, which follows the command's name in parentheses. */
const userTimeAt = 11;
const systemTimeAt = 12;
/** Those of ended children that were waited for follow. */
const childrenAfter = 2;

/** @returns processor time of all threads since the start of the process, milliseconds, in steps of a tick (10 ms) */
export function processorMilliseconds(pid: number): number {
  return readTimes(`/proc/${pid}/stat`);
}

/** @returns the same of the main thread alone, where JavaScript runs */
export function mainThreadMilliseconds(pid: number): number {
  return readTimes(`/proc/${pid}/task/${pid}/stat`);
}

/** @returns processor time of the children of this process that have ended */
export function endedChildrenMilliseconds(): number {
  return readTimes('/proc/self/stat', childrenAfter);
}

function readTimes(path: string, further = 0): number {
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[userTimeAt + further]) + Number(fields[systemTimeAt + further]);
  return (ticks * 1000) / ticksPerSecond;
}

export interface Resident {
  all: number;
  withoutFiles: number;
}

/** @returns memory of the process that is in RAM, megabytes; of a mapped data file, the pages that were touched */
export function residentMegabytes(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { all: kilobytes('VmRSS') / 1024, withoutFiles: kilobytes('RssAnon') / 1024 };
}

/** @returns how many files, sockets and timers of the system the process holds open */
export const openHandles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const sampleEveryMilliseconds = 50;

/** The most memory that a process has, from now on, as far as samples show it. */
export class MemoryWatch {
  readonly #most: Resident;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.#most = residentMegabytes(pid);
    this.#timer = setInterval(() => this.#look(), sampleEveryMilliseconds);
  }

  get most(): Readonly<Resident> {
    this.#look();
    return this.#most;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { all, withoutFiles } = residentMegabytes(this.pid);
    this.#most.all = Math.max(this.#most.all, all);
    this.#most.withoutFiles = Math.max(this.#most.withoutFiles, withoutFiles);
  }
}
