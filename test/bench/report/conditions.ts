import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type as systemName } from 'node:os';
import { projectFolder } from '../project-folder.js';

/** On what and of what the figures are. */
export interface Conditions {
  processor: string;
  processors: number;
  memoryGigabytes: number;
  system: string;
  node: string;
  /** ISO 8601 in UTC. */
  date: string;
  /** Short hash; with `+` when files were changed since. */
  commit: string;
  /** Mean number of processes that wanted a processor in the minute before: what others do makes figures worse. Older results have none. */
  loadBefore?: number;
}

export function readConditions(): Conditions {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    system: `${systemName()} ${release().split('-')[0] ?? ''}`,
    node: process.version,
    date: new Date().toISOString(),
    commit: commit(),
    loadBefore: loadavg()[0] as number,
  };
}

function commit(): string {
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

const git = (...args: string[]) =>
  execFileSync('git', args, {
    cwd: projectFolder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
