/** What `node --cpu-prof` writes. @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  nodes: ProfileNode[];
  /** Microseconds of the monotonic clock. */
  startTime: number;
  /** Node of each sample. */
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}

/** A place in the program, with its share of the time in which the main thread did something. */
export interface Share {
  /** Package, lib or part of Node. */
  owner: string;
  name: string;
  /** 0 to 1, of the samples that were not idle. */
  self: number;
  /** With everything that it called in the same turn; what it awaited is not in it. */
  total: number;
}

const idle = '(idle)';

/** @param from @param to microseconds of the monotonic clock: the load, without the start and the end */
export function sharesOf(profile: CpuProfile, from: number, to: number): Share[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const frames = new Map(profile.nodes.map(({ id }) => [id, frameOf(id, nodes, parents)]));
  const shares = new Map<string, Share>();
  let busy = 0;
  let time = profile.startTime;
  for (const [at, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[at] ?? 0;
    time += delta;
    const frame = frames.get(id);
    if (time < from || time > to || frame === undefined || frame.name === idle) continue;
    busy += delta;
    addSample(shares, stackOf(id, parents), frames, delta);
  }
  const all = [...shares.values()];
  for (const share of all) {
    share.self /= busy;
    share.total /= busy;
  }
  return all;
}

interface Frame {
  key: string;
  owner: string;
  name: string;
}

function addSample(
  shares: Map<string, Share>,
  stack: readonly number[],
  frames: ReadonlyMap<number, Frame>,
  delta: number,
): void {
  const seen = new Set<string>();
  for (const [depth, id] of stack.entries()) {
    const { key, owner, name } = frames.get(id)!;
    // A function that calls itself has the time once.
    const share = shares.get(key) ?? { owner, name, self: 0, total: 0 };
    if (depth === 0) share.self += delta;
    if (!seen.has(key)) share.total += delta;
    seen.add(key);
    shares.set(key, share);
  }
}

/** @returns the node and those that called it, innermost first */
function stackOf(id: number, parents: ReadonlyMap<number, number>): number[] {
  const stack: number[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(at);
  return stack;
}

function frameOf(
  id: number,
  nodes: ReadonlyMap<number, ProfileNode>,
  parents: ReadonlyMap<number, number>,
): Frame {
  const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url !== '') {
    const file = url.slice(url.lastIndexOf('/') + 1);
    const owner = ownerOf(url);
    return { key: `${url}:${lineNumber}:${name}`, owner, name: `${name} ${file}:${lineNumber + 1}` };
  }
  // (garbage collector), (program), (idle), (root)
  if (name.startsWith('(') && name !== '(anonymous)') return { key: name, owner: name, name };
  const caller = stackOf(id, parents).find((at) => nodes.get(at)?.callFrame.url !== '');
  const callerUrl = caller === undefined ? '' : nodes.get(caller)!.callFrame.url;
  const owner = ownerOf(callerUrl);
  return { key: `native:${name}:${owner}`, owner, name: `${name} (native)` };
}

/** @returns `node:crypto`, a package's name, `libs/audit` or `phi-api/http` */
export function ownerOf(url: string): string {
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return installed;
  const lib = /\/libs\/([^/]+)\//.exec(url)?.[1];
  if (lib !== undefined) return `libs/${lib}`;
  const room = /\/apps\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(url);
  if (room !== null) return [room[1], room[2]].filter((part) => part !== undefined).join('/');
  return url === '' ? '(native)' : '(other)';
}
