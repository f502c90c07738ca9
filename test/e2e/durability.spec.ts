import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRow } from '../support/audit-rows.js';
import { pastService } from '../support/deployment.js';
import { HttpClient } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { isNone, isWhole, StoredTraces, type Traces } from '../support/stored-traces.js';
import { testConfig } from '../support/test.config.js';
import { sendAll, type Write, writeMix } from '../support/write-mix.js';

const subject = 'tester';
/** Bodies of answers hold more than the document. */
const added = new Set(['id', 'patientId', 'version', 'createdAt', 'updatedAt', 'screening']);

/** A write as the table shows it after the kill. */
interface Found {
  write: Write;
  traces: Traces;
  made: boolean;
  /** What each of its paths must show from now on. */
  shows: [path: string, document: object | undefined][];
}

/** What one round measured. */
interface Round {
  killedAfter: number;
  acknowledged: number;
  unanswered: number;
  madeUnanswered: number;
  events: number;
}

const { killRounds } = testConfig;
/** From early to late in the thousand, so that rounds meet the service at different work. */
const killPoints = Array.from({ length: killRounds }, (_, n) =>
  Math.round(60 + (n + 0.5) * (840 / killRounds)),
);

describe(`kill -9 in the middle of 1,000 concurrent writes, ${killRounds} times`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-durability-'));
  const expected = new Map<string, object | undefined>();
  const knownChains = new Set<string>();
  const rounds: Round[] = [];
  let service: ServiceProcess;

  beforeEach(async () => {
    service = await ServiceProcess.start({}, folder);
  });

  afterAll(async () => {
    await service.remove();
    rmSync(folder, { recursive: true, force: true });
    if (testConfig.figuresFile !== undefined) writeFileSync(testConfig.figuresFile, JSON.stringify(rounds));
  });

  /** @returns the writes in the order in which they were made or tried, the last thousand cut off by the kill */
  async function writeUntilKilled(killAfter: number): Promise<{ first: Write[]; cut: Write[] }> {
    const { patients, records, writes } = writeMix();
    const authorization = await service.bearer(subject);
    const client = new HttpClient(service.origin, writes.length);
    await sendAll(client, authorization, patients);
    await sendAll(client, authorization, records);
    let answers = 0;
    await sendAll(client, authorization, writes, () => {
      answers += 1;
      if (answers === killAfter) killAfterTurns(service, randomInt(2000));
    });
    await service.ended();
    await service.remove();
    client.close();
    return { first: [...patients, ...records], cut: writes };
  }

  /** What is on disk, seen past the service and before it starts again. */
  async function lookAt(writes: readonly Write[]): Promise<{ found: Found[]; rows: AuditRow[] }> {
    return pastService(folder, async (platform) => {
      const stored = await StoredTraces.read(platform, subject);
      const found: Found[] = [];
      for (const write of writes) {
        const traces = await stored.of(write.intent);
        const made = isWhole(traces);
        found.push({ write, traces, made, shows: await shownBy(write, made, stored) });
      }
      return { found, rows: stored.rows };
    });
  }

  async function shownBy(write: Write, made: boolean, stored: StoredTraces): Promise<Found['shows']> {
    const { intent, documents, before } = write;
    if (intent.kind !== 'post-patient') {
      return Object.entries(documents).map(([path, document]) => [path, made ? document : before[path]]);
    }
    const id = await stored.idBehind(intent.idempotencyKey);
    return id === undefined ? [] : [[`/v1/patients/${id}`, documents['']]];
  }

  /** @returns the paths that do not show what they should */
  async function differences(shows: Iterable<[string, object | undefined]>): Promise<string[]> {
    const authorization = await service.bearer(subject);
    const client = new HttpClient(service.origin, 32);
    const wrong = await Promise.all(
      [...shows].map(async ([path, document]) => {
        const answer = await client.send({ method: 'GET', path, headers: { authorization } });
        if (document === undefined) return answer.status === 404 ? [] : [`${path}: ${answer.status}`];
        const body = Object.entries(answer.json()).filter(([name]) => !added.has(name));
        const same = JSON.stringify(sorted(Object.fromEntries(body))) === JSON.stringify(sorted(document));
        return answer.status === 200 && same ? [] : [`${path}: ${answer.status}, not what was written`];
      }),
    );
    client.close();
    return wrong.flat();
  }

  /** @returns the events of the boot that was killed */
  function newEvents(rows: readonly AuditRow[]): AuditRow[] {
    const fresh = rows.filter(({ chain }) => !knownChains.has(chain));
    for (const { chain } of fresh) knownChains.add(chain);
    return fresh.toSorted((a, b) => a.sequence - b.sequence);
  }

  it.each(killPoints)(
    'loses nothing acknowledged and leaves nothing half done when killed after %d answers',
    async (killAfter) => {
      const { first, cut } = await writeUntilKilled(killAfter);
      const { found, rows } = await lookAt([...first, ...cut]);
      const events = newEvents(rows);

      const acknowledged = found.filter(({ write }) => write.answer !== undefined);
      const refused = acknowledged.filter(({ write }) => (write.answer?.status ?? 0) >= 300);
      const cutFound = found.slice(first.length);
      const unanswered = cutFound.filter(({ write }) => write.answer === undefined);
      expect(refused.map(({ write }) => write.answer?.status)).toEqual([]);
      // It was the middle: some had their answer, some had not.
      expect(cutFound.length - unanswered.length).toBeGreaterThanOrEqual(killAfter);
      expect(unanswered.length).toBeGreaterThan(0);

      const lost = acknowledged.filter(({ made }) => !made);
      expect(lost.map(({ write, traces }) => [write.intent.kind, traces])).toEqual([]);
      const halves = found.filter(({ traces, made }) => !made && !isNone(traces));
      expect(halves.map(({ write, traces }) => [write.intent.kind, traces])).toEqual([]);

      // Each acknowledged write has the event of its own request, and there are as many events as writes.
      const byRequest = new Set(events.map(({ event }) => event.origin.requestId));
      const unrecorded = acknowledged.filter(
        ({ write }) => !byRequest.has(String(write.answer?.headers['x-request-id'])),
      );
      expect(unrecorded.map(({ write }) => write.intent.kind)).toEqual([]);
      const writeEvents = events.filter(({ event }) => /-(create|update)$/.test(event.type));
      const made = found.filter((each) => each.made);
      expect(writeEvents).toHaveLength(made.length);
      // 45 CFR 164.312(b): a gap in the numbers would mean that an event was removed.
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, position) => position + 1));

      for (const [path, document] of found.flatMap((each) => each.shows)) expected.set(path, document);
      rounds.push({
        killedAfter: killAfter,
        acknowledged: cutFound.length - unanswered.length,
        unanswered: unanswered.length,
        madeUnanswered: unanswered.filter((each) => each.made).length,
        events: writeEvents.length,
      });
    },
    60_000,
  );

  it('shows all of it by value after the last restart, and what was not made as it was before', async () => {
    expect(rounds).toHaveLength(killRounds);
    expect(await differences(expected)).toEqual([]);
    expect(await service.terminate()).toEqual({ code: 0, signal: null });
  }, 120_000);
});

/** Answers come in bursts, one for each commit: some turns of the event loop later the service is at other work. */
function killAfterTurns(service: ServiceProcess, turns: number): void {
  if (turns === 0) service.signal('SIGKILL');
  else setImmediate(() => killAfterTurns(service, turns - 1));
}

/** @returns the same JSON with its keys in order */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, sorted(inner)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
