import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readSealedTrail, type SealedChain } from '../support/audit-sealing.js';
import { type AnsweredAccess, AuditedLoad, unaccounted } from '../support/audited-load.js';
import { environmentOf, pastService } from '../support/deployment.js';
import { CliProcess, ServiceProcess } from '../support/service-process.js';
import { testConfig } from '../support/test.config.js';

const clients = 64;
const { killRounds } = testConfig;
const seconds = { PHI_AUDIT_SEAL_SECONDS: '1', PHI_AUDIT_LEASE_SECONDS: '3' };
/** From the first seconds of a chain, with nothing sealed yet, to several checkpoints later. */
const killPoints = Array.from(
  { length: killRounds },
  (_, round) => 150 + Math.round((round * 3000) / killRounds),
);

/** What one round measured. */
interface Round {
  killedAfter: number;
  answered: number;
}

describe(`kill -9 under ${clients} clients, ${killRounds} times`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-audit-kill-'));
  const answered: AnsweredAccess[] = [];
  const rounds: Round[] = [];
  let service: ServiceProcess | undefined;

  afterAll(async () => {
    await service?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(killPoints)(
    'answers everything right until it is killed after %d answers',
    async (killAfter) => {
      const started = await ServiceProcess.start(seconds, folder);
      service = started;
      const load = await AuditedLoad.begin(started, clients);
      let isDoomed = false;
      await load.run(clients, Number.POSITIVE_INFINITY, () => {
        if (!isDoomed && load.answered.length >= killAfter) {
          isDoomed = true;
          killAfterTurns(started, randomInt(200));
        }
        return !started.isRunning;
      });
      await started.ended();
      await started.remove();
      load.close();
      expect(load.wrong).toEqual([]);
      answered.push(...load.answered);
      rounds.push({ killedAfter: killAfter, answered: load.answered.length });
    },
    60_000,
  );

  it('has one event for each access, and every chain is ended and sealed by the next starts', async () => {
    service = await ServiceProcess.start(seconds, folder);
    const lastKilled = await newestChain();
    await service.line(({ chain, kind }) => chain === lastKilled && kind === 'abandoned');
    expect(await service.terminate()).toEqual({ code: 0, signal: null });

    const chains = await readChains();
    expect(chains.size).toBe(killRounds);
    for (const { kinds, sealedThrough, rows } of chains.values()) {
      expect([kinds.at(-1), rows.at(-1)?.event.type]).toEqual(['abandoned', 'chain-end']);
      expect(sealedThrough).toBe(rows.length);
    }
    const rows = [...chains.values()].flatMap((chain) => chain.rows);
    expect(unaccounted(answered, rows)).toEqual([]);
    // The rest are documents made before, logins, and requests that were under way when the service was killed.
    const own = ['void', 'chain-end', 'login'];
    const accesses = rows.filter(({ event }) => !own.includes(event.type)).length;
    const unanswered = accesses - answered.length - killRounds * 5;
    expect(unanswered).toBeGreaterThanOrEqual(0);
    expect(unanswered).toBeLessThanOrEqual(killRounds * clients);

    const cli = new CliProcess(['audit', 'verify', '--json'], await environmentOf(folder));
    expect(await cli.ended).toMatchObject({ code: 0 });
    const figures = { rounds, answered: answered.length, events: rows.length, unanswered };
    if (testConfig.figuresFile !== undefined) writeFileSync(testConfig.figuresFile, JSON.stringify(figures));
  }, 120_000);

  async function readChains(): Promise<Map<string, SealedChain>> {
    return pastService(folder, ({ table, checkpointSigner }) => readSealedTrail(table, checkpointSigner));
  }

  async function newestChain(): Promise<string> {
    return [...(await readChains()).keys()].at(-1)!;
  }
});

/** Answers come in bursts, one for each commit: some turns of the event loop later the service is at other work. */
function killAfterTurns(service: ServiceProcess, turns: number): void {
  if (turns === 0) service.signal('SIGKILL');
  else setImmediate(() => killAfterTurns(service, turns - 1));
}
