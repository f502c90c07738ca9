/** System calls that must be traced for `isDurableAt`; `-y` adds the path to each file descriptor. */
export const STRACE_ARGUMENTS = [
  '-f',
  '-y',
  '-s',
  '64',
  '-e',
  'trace=openat,fdatasync,fsync,msync,write,writev,pwrite64,pwritev,sendto',
];

interface Call {
  name: string;
  /** The first argument's path. */
  path: string;
  descriptor: string;
  text: string;
}

/** Start and end of each call, in the order in which the kernel saw them. */
type Step = { at: 'start' | 'end'; call: Call; result?: string };

function parseCall(text: string): Call | undefined {
  const opened = /^openat\([^,]*, "([^"]*)"/.exec(text);
  if (opened) return { name: 'openat', path: opened[1]!, descriptor: '', text };
  const other = /^(\w+)\((\d+)<([^>]*)>/.exec(text);
  return other ? { name: other[1]!, descriptor: other[2]!, path: other[3]!, text } : undefined;
}

function steps(trace: string): Step[] {
  const unfinished = new Map<string, Call>();
  const found: Step[] = [];
  for (const line of trace.split('\n')) {
    const [, process = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const result = /\)?\s+= (.*)$/.exec(text)?.[1];
    if (text.startsWith('<... ')) {
      const call = unfinished.get(process);
      unfinished.delete(process);
      if (call) found.push({ at: 'end', call, result });
      continue;
    }
    const call = parseCall(text);
    if (!call) continue;
    found.push({ at: 'start', call });
    if (text.includes('<unfinished ...>')) unfinished.set(process, call);
    else found.push({ at: 'end', call, result });
  }
  return found;
}

const isWrite = ({ name }: Call) => /^(pwrite64|pwritev|write|writev)$/.test(name);
const isFlush = ({ name }: Call) => /^(fdatasync|fsync)$/.test(name);

/**
 * Whether the data file was written after `begin` and everything written to it was on disk when `acknowledgement`
 * began to be written. On disk is what an fdatasync or fsync covered that began after the write had ended and itself
 * has ended with 0, and what was written through a descriptor opened with O_DSYNC or O_SYNC.
 * @param trace output of strace with `STRACE_ARGUMENTS`
 */
export function isDurableAt(
  trace: string,
  dataFile: string,
  begin: string,
  acknowledgement: string,
): boolean {
  const synchronous = new Set<string>();
  let begun = false;
  let written = 0;
  let underWay = 0;
  let flushed = 0;
  const flushes = new Map<Call, number>();
  for (const { at, call, result } of steps(trace)) {
    if (call.name === 'write' && call.descriptor === '1' && at === 'start') {
      if (call.text.includes(acknowledgement))
        return begun && written > 0 && underWay === 0 && flushed === written;
      if (call.text.includes(begin)) begun = true;
    }
    if (call.path !== dataFile) continue;
    if (call.name === 'openat' && at === 'end') {
      const descriptor = /^(\d+)/.exec(result ?? '')?.[1] ?? '';
      if (/O_D?SYNC/.test(call.text)) synchronous.add(descriptor);
      else synchronous.delete(descriptor);
    }
    if (isWrite(call) && begun) {
      if (at === 'start') underWay += 1;
      else {
        underWay -= 1;
        if (!synchronous.has(call.descriptor)) written += 1;
      }
    }
    if (isFlush(call) && at === 'start') flushes.set(call, underWay === 0 ? written : 0);
    if (isFlush(call) && at === 'end' && result?.startsWith('0'))
      flushed = Math.max(flushed, flushes.get(call) ?? 0);
  }
  return false;
}
