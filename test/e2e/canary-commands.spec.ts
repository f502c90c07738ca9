import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { canaries, LeakSearch } from '../support/canaries.js';
import { CanaryUser } from '../support/canary-uses.js';
import { trailFile, writeTrail } from '../support/cloudtrail-records.js';
import { HttpClient } from '../support/http-client.js';
import { recordKmsCalls } from '../support/kms-recording.js';
import { startListening } from '../support/phi-client.js';
import { type Service } from '../support/service.js';

const search = new LeakSearch(canaries);
const everything = Object.values(canaries).join(' ');

/** @returns lines of an export that is well formed, and says what it likes */
function foreignExport(): string[] {
  const root = Buffer.alloc(32).toString('base64');
  const at = '2026-11-21T08:00:00.000Z';
  const sealed = { first: 1, last: 1, root, earliest: at, latest: at, keyId: everything };
  const opened = { first: 1, last: 0, root, keyId: everything };
  const checkpoints = [
    { number: 1, previous: '', at, kind: 'opened', chain: everything, ...opened },
    { number: 2, previous: root, at, kind: 'sealed', chain: everything, ...sealed },
  ];
  const texts = checkpoints.map((checkpoint) =>
    JSON.stringify({ format: 'phi-audit-checkpoint/1', ...checkpoint }),
  );
  return [
    { format: 'phi-audit-export/1', from: 1, previous: '', publicKeys: [everything], exportedAt: everything },
    ...texts.map((checkpoint, index) => ({
      number: index + 1,
      checkpoint,
      signature: everything,
      leaves: everything,
    })),
    { chain: everything, sequence: 1, event: everything },
    { [everything]: everything },
  ].map((line) => JSON.stringify(line));
}

describe('marked values that are stored', () => {
  const cli = new BuiltCli();
  const folder = mkdtempSync(join(tmpdir(), 'phi-canary-commands-'));
  const data = join(folder, 'data');
  /** What commands write: an export, a key. */
  const written = join(folder, 'written');
  let service: Service;
  let environment: Record<string, string>;
  let patientId: string;

  beforeAll(async () => {
    service = await startListening({ PHI_AUDIT_SEAL_SECONDS: '1' }, data);
    const calls = await recordKmsCalls(service);
    const client = new HttpClient(await service.app.getUrl(), 8);
    const user = await CanaryUser.of(service, client);
    const ids = await user.useEveryRoute();
    patientId = ids['patientId'] ?? '';
    client.close();
    writeTrail(folder, { 'trail/a.json.gz': trailFile(calls()), 'written/keep': '' });
    environment = {
      ...service.environment,
      PHI_URL: await service.app.getUrl(),
      PHI_TOKEN: user.authorization.replace('Bearer ', ''),
    };
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    cli.remove();
    rmSync(folder, { recursive: true });
  });

  /** @returns the output, both streams @throws Error if it ended otherwise */
  async function phi(expected: number, ...args: string[]): Promise<string> {
    const run = await cli.run(['audit', ...args], environment);
    if (run.exitCode !== expected) throw new Error(`${args[0]} ended with ${run.exitCode}: ${run.stderr}`);
    return run.stdout + run.stderr;
  }

  it('are in no output of a command that works on the trail', async () => {
    const day = new Date().toISOString().slice(0, 10);
    const file = join(written, 'trail.ndjson');
    const publicKey = join(written, 'key.pem');
    writeFileSync(publicKey, await phi(0, 'public-key'));
    const outputs = [
      await phi(0, 'verify'),
      await phi(0, 'verify', '--json'),
      await phi(0, 'export', '--out', file, '--json'),
      await phi(0, 'verify', '--export', file, '--public-key', publicKey),
      await phi(0, 'expire', '--dry-run'),
      await phi(0, 'reconcile', '--from', day, '--to', tomorrow(), '--trail', join(folder, 'trail')),
      await phi(
        0,
        'reconcile',
        '--from',
        day,
        '--to',
        tomorrow(),
        '--trail',
        join(folder, 'trail'),
        '--json',
      ),
      ...(await reports()),
      // Files that are not what they are taken for, or were made by somebody else.
      await phi(2, 'verify', '--export', marked('none.ndjson', everything), '--public-key', publicKey),
      await phi(
        1,
        'verify',
        '--export',
        marked('export.ndjson', ...foreignExport()),
        '--public-key',
        publicKey,
      ),
      await phi(2, 'verify', '--export', file, '--public-key', marked('key.pem', everything)),
      await phi(0, 'verify', '--evidence', marked('evidence.log', everything, ...foreignExport())),
      await phi(1, 'reconcile', '--from', day, '--to', tomorrow(), '--trail', join(folder, 'marked')),
    ];
    expect(outputs.join('').length).toBeGreaterThan(2000);
    expect(outputs.filter((output) => search.in(output).length > 0)).toEqual([]);
    expect(search.inFiles(written)).toEqual([]);
  }, 120_000);

  const tomorrow = () => new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();

  async function reports(): Promise<string[]> {
    const outputs: string[] = [];
    for (const format of [[], ['--json'], ['--csv']]) {
      outputs.push(await phi(0, 'report', '--patient', patientId, '--include', 'access', ...format));
      outputs.push(await phi(0, 'report', '--agent', 'tester', ...format));
    }
    return outputs;
  }

  /** @returns where the lines lie, in a file of its own */
  function marked(name: string, ...lines: string[]): string {
    writeTrail(folder, {
      [`marked/${name}`]: lines.map((line) => `${line}\n`).join(''),
      'marked/trail.json': everything,
    });
    return join(folder, 'marked', name);
  }
});
