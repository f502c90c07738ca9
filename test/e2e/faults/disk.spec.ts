import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { environmentOf, pastService } from '../../support/deployment.js';
import { expectPromises, type Fault, type Faulted, markedValues, suffer } from '../../support/fault-round.js';
import { markedPatient, outcomeOf } from '../../support/fault-requests.js';
import { CliProcess, ServiceProcess } from '../../support/service-process.js';

const folder = mkdtempSync(join(tmpdir(), 'phi-full-'));
let service: ServiceProcess;
let target: Faulted;
beforeAll(async () => {
  service = await ServiceProcess.start({}, folder);
  const subject = 'tester';
  target = {
    client: service.client(),
    subject,
    authorization: await service.bearer(subject),
    look: (look) => pastService(folder, look),
  };
}, 60_000);
afterAll(async () => {
  target.client.close();
  await service.remove();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * No byte of a file beyond this one can be written, as on a disk that is full: the system refuses (EFBIG for ENOSPC) what LMDB
 * writes, in the running process. @see setrlimit(2), RLIMIT_FSIZE; prlimit(1)
 * @returns what lifts it
 */
function limitFiles(bytes: number): () => void {
  const limit = (value: string) =>
    execFileSync('prlimit', ['--pid', String(service.pid), `--fsize=${value}:`]);
  limit(String(bytes));
  return () => void limit('unlimited');
}

/** LMDB's two meta pages; all data lies behind them. */
const metaPages = 2 * 4096;
const unrecorded = '503 audit-unavailable';

const full: Fault = {
  name: 'the disk takes nothing',
  happen: () => limitFiles(metaPages),
  answers: {
    'warm read': unrecorded,
    'new patient': unrecorded,
    change: unrecorded,
    batch: unrecorded,
    search: unrecorded,
  },
  withinMs: 2_000,
};

describe('a full disk', () => {
  // 45 CFR 164.312(b): a read leaves an event, too.
  it('refuses reads and writes, and is over when there is room, without a restart', async () => {
    expectPromises(await suffer(target, full), full);
  });

  it('while the file cannot grow, keeps what it acknowledged and nothing of what it refused', async () => {
    const send = (method: string, path: string, body?: object) =>
      target.client.send({
        method,
        path,
        headers: { authorization: target.authorization, ...(body && { 'if-none-match': '*' }) },
        ...(body && { body }),
      });
    const large = (id: string) => ({ ...markedPatient(id), notes: 'large '.repeat(10_000) });
    const put = (id: string) => send('PUT', `/v1/patients/${id}`, large(id));
    const lift = limitFiles(statSync(join(folder, 'records.lmdb')).size);
    const made: string[] = [];
    const refused: string[] = [];
    // Pages that were given up before are used first.
    for (let turn = 0; turn < 200 && refused.length < 3; turn++) {
      const id = randomUUID();
      const answer = await put(id);
      if (answer.status === 201) made.push(id);
      else {
        expect(outcomeOf(answer)).toMatch(/^503 (storage|audit|key-service)-unavailable$/);
        refused.push(id);
      }
    }
    expect(refused).toHaveLength(3);
    lift();
    for (const id of made) expect((await send('GET', `/v1/patients/${id}`)).json()).toMatchObject(large(id));
    for (const id of refused) {
      expect(outcomeOf(await send('GET', `/v1/patients/${id}`))).toBe('404 not-found');
      expect((await put(id)).status).toBe(201);
    }
  });

  it('leaves a trail that verifies, and no marked value in a file or the log', async () => {
    expect(await service.terminate()).toEqual({ code: 0, signal: null });
    const environment = await environmentOf(folder);
    const { code, output } = await new CliProcess(['audit', 'verify', '--json'], environment).ended;
    expect({ code, ...(JSON.parse(output) as object) }).toMatchObject({ code: 0, findings: [] });
    expect(markedValues.in(service.logged + service.errors)).toEqual([]);
    expect(markedValues.inFiles(folder)).toEqual([]);
  });
});
