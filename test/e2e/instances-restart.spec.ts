import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSealedTrail } from '../support/audit-sealing.js';
import { environmentOf, pastService } from '../support/deployment.js';
import { InstanceLoad } from '../support/instance-load.js';
import { Rotation } from '../support/rotation.js';
import { CliProcess, ServiceProcess } from '../support/service-process.js';
import { testConfig } from '../support/test.config.js';

const variables = { PHI_AUDIT_SEAL_SECONDS: '1', PHI_AUDIT_LEASE_SECONDS: '6', PHI_DRAIN_SECONDS: '1' };
const clients = 8;

describe('instances under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-restart-'));
  const services: ServiceProcess[] = [];
  let rotation: Rotation;
  let load: InstanceLoad;

  const start = async () => {
    const service = await ServiceProcess.start(variables, folder);
    services.push(service);
    return service;
  };

  beforeAll(async () => {
    rotation = new Rotation([await start(), await start()]);
    const authorization = (await services[0]?.bearer()) ?? '';
    load = new InstanceLoad((request) => rotation.send(request), authorization, clients);
  }, 60_000);
  afterAll(async () => {
    rotation.close();
    await Promise.all(services.map((service) => service.remove()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('are restarted one after the other without a failed request', async () => {
    load.start();
    await load.reaches(100);
    for (const old of services.slice()) {
      const before = load.answered;
      rotation.add(await start());
      await load.reaches(before + 50);
      expect(await old.terminate()).toEqual({ code: 0, signal: null });
      rotation.remove(old);
      await load.reaches(load.answered + 50);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    const { requests, answered: all } = load;
    expect(requests).toBe(all);
    // Each instance had its part, and of every part each request was answered.
    for (const service of services) {
      const answered = service.log.filter(
        ({ message, route }) => message === 'request' && route?.startsWith('/v1/') === true,
      );
      expect(answered.length).toBeGreaterThan(20);
      expect(new Set(answered.map(({ status }) => String(status).charAt(0)))).toEqual(new Set(['2']));
    }
    expect(await load.readBack()).toEqual([]);
    if (testConfig.figuresFile !== undefined) {
      const instances = services.map(({ log }) => log.filter(({ message }) => message === 'request').length);
      writeFileSync(
        testConfig.figuresFile,
        JSON.stringify({ requests, failed: load.failures.length, instances }),
      );
    }
  }, 90_000);

  it('lose nothing that they acknowledged when one is killed, and the other ends and seals its chain', async () => {
    const [survivor, killed] = services.slice(-2) as [ServiceProcess, ServiceProcess];
    load.start();
    await load.reaches(load.answered + 100);
    await killed.kill();
    rotation.remove(killed);
    await load.reaches(load.answered + 50);
    await load.stop();
    // What was under way at the killed one broke off, and nothing else.
    expect(load.failures.length).toBeLessThanOrEqual(clients);
    expect(load.failures.filter((failure) => !/ECONNRESET|socket hang up|broke off/.test(failure))).toEqual(
      [],
    );
    expect(await load.readBack()).toEqual([]);

    await survivor.line(({ kind }) => kind === 'abandoned');
    expect(await survivor.terminate()).toEqual({ code: 0, signal: null });
    const chains = await pastService(folder, ({ table, checkpointSigner }) =>
      readSealedTrail(table, checkpointSigner),
    );
    const ends = [...chains.values()].map(({ kinds }) => kinds.at(-1));
    expect(ends.filter((end) => end === 'abandoned')).toHaveLength(1);
    expect(ends.filter((end) => end !== 'abandoned' && end !== 'closed')).toEqual([]);
    for (const { rows, sealedThrough } of chains.values()) expect(sealedThrough).toBe(rows.length);
    const verified = await new CliProcess(['audit', 'verify', '--json'], await environmentOf(folder)).ended;
    expect(verified).toMatchObject({ code: 0 });
  }, 90_000);
});
