import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkpointDigest, verifyCheckpoint } from '@app/audit';
import { openChains, proveAll, readSealedTrail, type SealedChain } from '../support/audit-sealing.js';
import { AuditedLoad, unaccounted } from '../support/audited-load.js';
import { environmentOf, pastService } from '../support/deployment.js';
import { CliProcess, type LogLine, ServiceProcess } from '../support/service-process.js';
import { testConfig } from '../support/test.config.js';

const clients = testConfig.load(64);
/** As short as the configuration allows. */
const seconds = { PHI_AUDIT_SEAL_SECONDS: '1', PHI_AUDIT_LEASE_SECONDS: '3' };

let folder: string;
const services: ServiceProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-sealed-'));
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.remove()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<ServiceProcess> {
  const service = await ServiceProcess.start(seconds, folder);
  services.push(service);
  return service;
}

const readTrail = () =>
  pastService(folder, async ({ table, checkpointSigner }) => ({
    chains: await readSealedTrail(table, checkpointSigner),
    open: (await openChains(table)).length,
  }));
const rowsOf = (chains: ReadonlyMap<string, SealedChain>) => [...chains.values()].flatMap(({ rows }) => rows);

/** What `phi audit verify` says of the folder. */
async function verify(): Promise<{ code: number | null; output: string }> {
  const cli = new CliProcess(['audit', 'verify', '--json'], await environmentOf(folder));
  const { code, output } = await cli.ended;
  return { code, output };
}

describe(`${clients} clients at once`, () => {
  it('leave one event an access, each of them sealed and provable, and a chain closed in good order', async () => {
    const service = await start();
    const load = await AuditedLoad.begin(service, clients);
    await load.run(clients, 40);
    load.close();
    expect(await service.terminate()).toEqual({ code: 0, signal: null });

    expect(load.wrong).toEqual([]);
    expect(load.answered).toHaveLength(clients * 40);
    const { chains, open } = await readTrail();
    expect(open).toBe(0);
    const [chain] = [...chains.values()];
    expect([chains.size, chain?.kinds.at(-1)]).toEqual([1, 'closed']);
    const rows = rowsOf(chains);
    expect(chain?.sealedThrough).toBe(rows.length);
    expect(unaccounted(load.answered, rows)).toEqual([]);
    // Beside these: the documents that were made before, the login, and voids of refused commits.
    const others = rows.filter(
      ({ event }) => !load.answered.some(({ requestId }) => requestId === event.origin.requestId),
    );
    expect(others.filter(({ event }) => event.type !== 'void' && event.type !== 'login')).toHaveLength(5);

    const some = rows.filter((_, position) => position % 97 === 0 || position > rows.length - 5);
    const proven = await pastService(folder, ({ table, checkpointSigner }) =>
      proveAll(table, checkpointSigner, some),
    );
    expect(proven).toBe(some.length);
    expect(await verify()).toMatchObject({ code: 0 });
  }, 120_000);

  it('leave every checkpoint in the log as well, signed', async () => {
    const service = await start();
    const load = await AuditedLoad.begin(service, clients);
    await load.run(clients, 10);
    load.close();
    await service.terminate();
    const logged = service.log.filter(({ message }) => message === 'audit checkpoint');
    await pastService(folder, async ({ checkpoints, checkpointSigner }) => {
      const key = createPublicKey(checkpointSigner.publicKey);
      let previous = '';
      for await (const { text, signature, checkpoint } of checkpoints.read()) {
        const line = logged[checkpoint.number - 1];
        expect([line?.['checkpoint'], line?.['signature']]).toEqual([text, signature]);
        expect([verifyCheckpoint({ text, signature, checkpoint }, key), checkpoint.previous]).toEqual([
          true,
          previous,
        ]);
        previous = checkpointDigest(text);
      }
      expect((await checkpoints.head())?.number).toBe(logged.length);
    });
  }, 60_000);
});

describe('a service that is suspended', () => {
  it('is taken for dead, and goes on in another chain when it comes back: nothing is lost', async () => {
    const suspended = await start();
    const load = await AuditedLoad.begin(suspended, clients);
    await load.run(8, 4);
    // Once the last event is sealed it is idle: it must not be stopped while it holds a lock of the store.
    const idleAfter = new Date().toISOString();
    await load.send();
    const seals = (line: LogLine) => String(line['checkpoint']).includes('"kind":"sealed"');
    await suspended.line((line) => seals(line) && String(line['time']) > idleAfter);
    suspended.signal('SIGSTOP');

    const other = await start();
    await other.line(
      ({ message, kind }) =>
        message === 'an audit chain that was left has been sealed' && kind === 'abandoned',
    );
    suspended.signal('SIGCONT');
    await load.run(clients, 4);
    load.close();
    await Promise.all([suspended.terminate(), other.terminate()]);

    expect(load.wrong).toEqual([]);
    const { chains } = await readTrail();
    expect(unaccounted(load.answered, rowsOf(chains))).toEqual([]);
    const kinds = [...chains.values()].map((chain) => chain.kinds.at(-1));
    expect(kinds).toEqual(['abandoned', 'closed']);
    for (const { rows, sealedThrough } of chains.values()) expect(sealedThrough).toBe(rows.length);
    expect(await verify()).toMatchObject({ code: 0 });
  }, 120_000);
});
