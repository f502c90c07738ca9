import { spawn, spawnSync, execFile, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

// Amazon's own DynamoDB Local (1.25.1), out of the package that carries it. As a dependency that package would
// bring 283 others, so only its tarball is fetched, checked against this digest, and only the emulator unpacked.
const PACKAGE = 'amplify-dynamodb-simulator@2.9.30';
const INTEGRITY =
  'sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/dynamodb-local/', import.meta.url));
const EMULATOR = join(CACHE, '2.9.30');
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const PORT_ATTEMPTS = 3;

export interface DynamoDbLocal {
  endpoint: string;
  /** A client of its own for each caller; `stop` destroys them. */
  client: () => DynamoDBClient;
  stop: () => Promise<void>;
  /** Lets this process end without `stop`, which ends the emulator as well. */
  release: () => void;
}

/** Whether DynamoDB Local can run here. */
export function javaIsInstalled(): boolean {
  return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;
}

/** Fetches DynamoDB Local if it is not in the cache, and starts one on a free port, empty and in memory. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  await fetchEmulator();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const child = spawnEmulator(port);
    const killChild = () => child.kill('SIGKILL');
    process.once('exit', killChild);
    const clients: DynamoDBClient[] = [];
    const stop = async () => {
      for (const client of clients) client.destroy();
      process.off('exit', killChild);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      killChild();
      await exited;
    };
    if (await answers(endpoint, child)) {
      const client = () => {
        const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
        clients.push(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }));
        return clients.at(-1)!;
      };
      return { endpoint, client, stop, release: () => child.unref() };
    }
    await stop();
    // Another process may have taken the port in between.
    if (attempt === PORT_ATTEMPTS) throw new Error('DynamoDB Local did not start');
  }
}

/**
 * As the global setup of jest: one for every suite of a run, at the address in DYNAMODB_LOCAL_ENDPOINT. It ends with the process.
 * No import of ours may be needed for it: jest loads it as CommonJS.
 */
export default async function shareDynamoDbLocal(): Promise<void> {
  const { endpoint, release } = await startDynamoDbLocal();
  process.env['DYNAMODB_LOCAL_ENDPOINT'] = endpoint;
  release();
}

/** Several test workers may do this at once: each unpacks into a folder of its own, the first to rename wins. */
async function fetchEmulator(): Promise<void> {
  if (existsSync(EMULATOR)) return;
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'fetch-'));
  try {
    const run = promisify(execFile);
    const packed = await run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], {
      cwd: folder,
    });
    const tarball = join(folder, packed.stdout.trim().split('\n').at(-1)!);
    const digest = createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64');
    if (`sha512-${digest}` !== INTEGRITY) throw new Error(`${PACKAGE} is not the package that it was`);
    await run('tar', ['-xzf', tarball, '-C', folder, 'package/emulator']);
    await rename(join(folder, 'package', 'emulator'), EMULATOR).catch((error: unknown) => {
      if (!existsSync(EMULATOR)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function spawnEmulator(port: number): ChildProcess {
  const options = ['-jar', 'DynamoDBLocal.jar', '-inMemory', '-disableTelemetry', '-port', String(port)];
  // The emulator needs little, and others run on the machine.
  const java = [
    '-Xmx512m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Djava.library.path=DynamoDBLocal_lib',
    ...options,
  ];
  return spawn('java', java, { cwd: EMULATOR, stdio: 'ignore' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @returns false if it ended instead */
async function answers(endpoint: string, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      // Without credentials it answers 400, which is an answer.
      await fetch(endpoint);
      return child.exitCode === null;
    } catch {
      await pause(POLL_MS);
    }
  }
  return false;
}
