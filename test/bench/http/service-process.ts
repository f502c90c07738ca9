import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { builtLib, serviceIn, unbundledServiceIn } from '../build-folder.js';
import { freePort, stopProcess, watched } from '../child-processes.js';

const startWithinMilliseconds = 30_000;
const pollEveryMilliseconds = 3;

/** Longer than any run. */
const tokenSeconds = 24 * 3600;

interface Issuers {
  open(folder: string, audience: string): Promise<{ mint(request: object): Promise<string> }>;
}

export interface ServiceOptions {
  /** Folder of the build. */
  build: string;
  /** Runs the modules that the bundle was made from. */
  unbundled?: true;
  /** Fresh folder: data, logs, working directory. */
  folder: string;
  /** Further options of Node, e.g. for a profile. */
  nodeOptions?: readonly string[];
  /** Configuration beside the defaults, to compare two settings. */
  variables?: Readonly<Record<string, string>>;
}

/** The service as a user runs it: a process of its own, its log in a file, everything on but the rate limit. */
export class ServiceProcess {
  private constructor(
    private readonly build: string,
    private readonly child: ChildProcess,
    readonly pid: number,
    readonly url: string,
    private readonly folder: string,
    /** From the start of the process to the first 200 of `/health/ready`. */
    readonly readyAfterMilliseconds: number,
  ) {}

  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    mkdirSync(options.folder, { recursive: true });
    const port = await freePort();
    const environment = {
      ...inherited(),
      ...serviceEnvironment(options.folder),
      PHI_PORT: String(port),
      ...options.variables,
    };
    const url = `http://127.0.0.1:${port}`;
    const errors = join(options.folder, 'errors.txt');
    const outputs = [openSync(join(options.folder, 'log.jsonl'), 'w'), openSync(errors, 'w')] as const;
    const startedAt = performance.now();
    const entry = options.unbundled === true ? unbundledServiceIn(options.build) : serviceIn(options.build);
    const child = watched(
      spawn(process.execPath, [...(options.nodeOptions ?? []), entry], {
        cwd: options.folder,
        env: environment,
        stdio: ['ignore', ...outputs],
      }),
    );
    for (const output of outputs) closeSync(output);
    try {
      await ready(child, url, startedAt);
    } catch (cause) {
      await stopProcess(child);
      throw new Error(`the service did not start: ${readFileSync(errors, 'utf8').slice(0, 2000)}`, { cause });
    }
    return new ServiceProcess(
      options.build,
      child,
      child.pid as number,
      url,
      options.folder,
      performance.now() - startedAt,
    );
  }

  /** @returns a development token with every clinical permission, as `phi token` of the same build mints it */
  async mintToken(): Promise<string> {
    const { LocalIssuer } = await builtLib<{ LocalIssuer: Issuers }>(this.build, 'authentication');
    const issuer = await LocalIssuer.open(join(this.folder, 'data/keys'), 'phi-api');
    return issuer.mint({ scope: 'system/*.cruds', subject: 'benchmark', expiresInSeconds: tokenSeconds });
  }

  async stop(): Promise<void> {
    await stopProcess(this.child);
  }
}

/** @returns the variables that a service on this folder has, as all others have their defaults */
export const serviceEnvironment = (folder: string): Record<string, string> => ({
  PHI_DATA_DIR: join(folder, 'data'),
  PHI_RATE_LIMIT_PER_MINUTE: '0',
  PHI_LOG_LEVEL: 'info',
});

/** Nothing of the caller's own configuration: a benchmark measures the defaults. */
const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('PHI_') && name !== 'NODE_ENV' && name !== 'NODE_OPTIONS',
    ),
  );

async function ready(child: ChildProcess, url: string, startedAt: number): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if ((await statusOf(`${url}/health/ready`)) === 200) return;
    if (performance.now() - startedAt > startWithinMilliseconds) throw new Error('not ready in time');
    await setTimeout(pollEveryMilliseconds);
  }
  throw new Error('the process ended');
}

/** @returns `undefined` while nobody listens. Not `fetch`, which takes milliseconds for its first request. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
