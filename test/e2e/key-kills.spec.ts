import { randomInt, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedConfiguration } from '@app/configuration';
import { type MaintenanceJobReport, type KeyStatus } from '@app/patient-records';
import { openPlatform, type Platform } from '@app/platform';
import { BuiltCli } from '../../apps/phi-cli/test/built-cli.js';
import { messagesWithoutTheirHash } from '../support/stored-rows.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';

const patients = 24;
const variables = { PHI_KEY_CACHE_TTL_SECONDS: '1', PHI_PARAMETER_REFRESH_SECONDS: '1' };
const rounds = Number(process.env['PHI_TEST_KILL_ROUNDS'] ?? 2);
/** After each kill the next run waits for the lease of the one before. */
const longestRunMilliseconds = 60_000;

/** One data folder, looked at past the command that works on it. */
interface Folder {
  platform: Platform;
  ids: string[];
  phi(args: string[], killWhen?: () => Promise<boolean>): ReturnType<BuiltCli['run']>;
}

/** `kill -9` whenever the work has come as far as some patient, then the same command again until it is done. */
describe('a key command that is killed', () => {
  const cli = new BuiltCli();
  const seed = mkdtempSync(join(tmpdir(), 'phi-kill-'));
  const ids = Array.from({ length: patients }, () => randomUUID());

  beforeAll(async () => {
    const service = await startListening({}, join(seed, 'data'));
    const client = await clientOf(service);
    const record = { recordType: 'Observation', content: {}, recordedAt: '2026-01-05T09:30:00.000Z' };
    for (const id of ids) {
      const path = `/v1/patients/${id}`;
      const body = { identifier: [{ system: 'urn:mrn', value: id }], name: [{ family: 'Doe' }] };
      await succeeded(client.put(path, body, { 'if-none-match': '*' }));
      await succeeded(client.put(path, { ...body, birthDate: '1970-01-01' }, { 'if-match': '"1"' }));
      await succeeded(client.post(`${path}/records`, record));
    }
    await succeeded(client.delete(`/v1/patients/${ids[0]}`, { 'if-match': '*' }));
    await service.stop();
  });
  afterAll(() => {
    cli.remove();
    rmSync(seed, { recursive: true, force: true });
  });

  async function inFolder<T>(name: string, work: (folder: Folder) => Promise<T>): Promise<T> {
    const data = join(seed, name);
    cpSync(join(seed, 'data'), data, { recursive: true });
    const { config } = await fixedConfiguration({ ...variables, PHI_DATA_DIR: data });
    const platform = await openPlatform(config);
    const phi: Folder['phi'] = async (args, killWhen) => {
      const run = { ended: false };
      let watch: Promise<void> | undefined;
      const environment = { ...variables, PHI_DATA_DIR: data };
      const answer = await cli.run(['keys', ...args, '--json'], environment, (kill) => {
        if (killWhen !== undefined) watch = killOnce(killWhen, run, kill);
      });
      run.ended = true;
      await watch;
      return answer;
    };
    try {
      return await work({ platform, ids, phi });
    } finally {
      await platform.close();
    }
  }

  /** @returns the report of the run that came to its end */
  async function untilDone(
    { phi }: Folder,
    args: string[],
    reached: (patientsDone: number) => Promise<boolean>,
  ): Promise<MaintenanceJobReport> {
    let signals = 0;
    for (let round = 0; round < rounds; round++) {
      const goal = randomInt(1, patients - 2);
      const run = await phi(args, () => reached(goal));
      if (run.signal === 'SIGKILL') signals += 1;
      else expect(run).toMatchObject({ exitCode: 0 });
    }
    expect(signals).toBeGreaterThan(0);
    const last = await phi(args);
    expect({ ...last, stdout: '' }).toMatchObject({ exitCode: 0, signal: null });
    return JSON.parse(last.stdout) as MaintenanceJobReport;
  }

  async function statusOf({ phi }: Folder): Promise<KeyStatus> {
    return JSON.parse((await phi(['status', '--rate', '100000'])).stdout) as KeyStatus;
  }

  it.concurrent(
    'rotate and re-encrypt go on where they were',
    async () => {
      await inFolder('rotated', async (folder) => {
        const { platform } = folder;
        const versions = () => Promise.all(ids.map((id) => platform.keyStore.activeVersion(id)));
        const before = await versions();
        const rotatedSoFar = async () =>
          (await versions()).filter((version, n) => version !== before[n]).length;
        const rotated = await untilDone(folder, ['rotate', '--rate', '40'], async (goal) => {
          return (await rotatedSoFar()) >= goal;
        });
        expect(rotated).toMatchObject({ outcome: 'done', patients, failed: 0 });
        expect(await rotatedSoFar()).toBe(patients);

        const encryptedSoFar = async () => {
          const heads = ids.map(
            (id) => ({ table: 'records', partition: `PATIENT#${id}`, sort: 'PROFILE' }) as const,
          );
          const rows = await platform.table.batchGet(heads);
          return rows.filter((row) => row?.attributes['rewritten'] !== undefined).length;
        };
        await untilDone(
          folder,
          ['re-encrypt', '--rate', '150'],
          async (goal) => (await encryptedSoFar()) >= goal,
        );
        const status = await statusOf(folder);
        expect(status).toMatchObject({ damaged: 0, messages: { underOlderKey: 0 } });
        expect(status.messages.underActiveKey).toBe(3 * patients);
        expect(await messagesWithoutTheirHash(platform)).toEqual([]);
      });
    },
    longestRunMilliseconds,
  );

  it.concurrent(
    'reindex goes on where it was',
    async () => {
      await inFolder('reindexed', async (folder) => {
        const { platform } = folder;
        const sealedSoFar = async () => {
          const heads = ids.map(
            (id) => ({ table: 'records', partition: `PATIENT#${id}`, sort: 'TEAM' }) as const,
          );
          const rows = await platform.table.batchGet(heads);
          return rows.filter((row) => String(row?.attributes['seal']).startsWith('2.')).length;
        };
        const report = await untilDone(folder, ['reindex', '--rate', '100'], async (goal) => {
          return (await sealedSoFar()) >= goal || (goal < 5 && rootsIn(join(seed, 'reindexed')) === 2);
        });
        expect(report).toMatchObject({ outcome: 'waiting', failed: 0 });
        const status = await statusOf(folder);
        expect(status).toMatchObject({
          damaged: 0,
          indexRoot: { active: 2, versions: [1, 2], retired: [1] },
        });
        expect(Object.keys(status.seals)).toEqual(['2']);
        // Identifier, and name with birth date; one patient is deleted and stands nowhere.
        expect(status.indexRows).toEqual({ 2: 2 * (patients - 1) });
      });
    },
    longestRunMilliseconds,
  );
});

/** Looks once a turn of the event loop. */
async function killOnce(
  when: () => Promise<boolean>,
  run: { ended: boolean },
  kill: () => void,
): Promise<void> {
  while (!run.ended && !(await when())) await new Promise(setImmediate);
  kill();
}

function rootsIn(folder: string): number {
  const [file = ''] = readdirSync(join(folder, 'parameters')).sort().toReversed();
  const { roots } = JSON.parse(readFileSync(join(folder, 'parameters', file), 'utf8')) as { roots: object };
  return Object.keys(roots).length;
}
