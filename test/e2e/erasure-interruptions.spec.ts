import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditTrail } from '@app/audit';
import { type PatientKeyStore } from '@app/encryption';
import { type PhiTable, TableUnavailable } from '@app/phi-table';
import { type Platform } from '@app/platform';
import { Problem, problemTypes } from '@app/problem-details';
import { ErasureUpkeep } from '../../apps/phi-api/src/patients/erasure-upkeep.js';
import { readAuditEvents } from '../support/audit-rows.js';
import {
  destroyedOf,
  type ErasablePatient,
  erasablePatient,
  erasureBody,
  officerScope,
  remainsOf,
} from '../support/erasable-patient.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

/** The ports of a service that stops in the middle: from one write on, nothing reaches them any more. */
class Breakdown {
  /** Writes that still go through, those of the key store among them. */
  writesLeft = Number.POSITIVE_INFINITY;
  #down = false;

  apply(platform: Platform): Platform {
    const table = this.#through(
      platform.table,
      ['transactWrite'],
      () => new TableUnavailable('marked failure'),
    );
    const keyStore = this.#through(
      platform.keyStore,
      ['destroy'],
      () => new Problem(problemTypes.keyServiceUnavailable),
    );
    return {
      ...platform,
      table,
      keyStore,
      audit: new AuditTrail({ table, signer: platform.checkpointSigner, instance: randomUUID() }),
    };
  }

  #through<Port extends PhiTable | PatientKeyStore>(
    port: Port,
    writing: readonly (string | symbol)[],
    failure: () => Error,
  ): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || name === 'close') {
          return typeof member === 'function' ? (member.bind(target) as unknown) : member;
        }
        return async (...parameters: unknown[]) => {
          if (this.#down) throw failure();
          if (!writing.includes(name)) return Reflect.apply(member, target, parameters) as unknown;
          // Half a write more: it is made, and nobody hears of it.
          const heard = this.writesLeft >= 1;
          if (this.writesLeft <= 0.5) this.#down = true;
          if (this.writesLeft <= 0) throw failure();
          this.writesLeft -= 1;
          const answer: unknown = await Reflect.apply(member, target, parameters);
          if (!heard) throw failure();
          return answer;
        };
      },
    });
  }
}

const folders: string[] = [];
function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'phi-interrupted-')));
  return folders.at(-1) as string;
}
let service: Service | undefined;
const stop = async () => {
  await service?.stop();
  service = undefined;
};
afterEach(stop);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function start(folder: string, change?: (platform: Platform) => Platform): Promise<Service> {
  service = await startListening({}, folder, change);
  return service;
}
const officerOf = (running: Service) => clientOf(running, { scope: officerScope });
const erase = (officer: PhiClient, { id, path }: ErasablePatient) =>
  officer.post(`${path}/erase`, erasureBody(id));

/** @returns the steps of the patient's erasure as the trail has them */
async function stepsOf(running: Service, id: string): Promise<string[]> {
  const events = (await readAuditEvents(running.platform.table)).filter(({ patientId }) => patientId === id);
  return events
    .filter(({ type }) => type === 'patient-erase' || type === 'key-destroy')
    .map(({ type, erasure }) => erasure?.step ?? type)
    .sort();
}
const allSteps = ['begun', 'completed', 'key-destroy', 'rows-removed'];

/** The writes of an erasure, in their order. */
const writes = ['the mark', 'the keys', 'the note that they are destroyed', 'the rows', 'the receipt'];
const interruptions = writes.flatMap((write, made) => [
  [`before ${write}`, made] as const,
  [`after ${write}, unheard`, made + 0.5] as const,
]);

describe('an erasure that is interrupted', () => {
  it.each(interruptions)('%s is completed at the next start', async (_, writesLeft) => {
    const folder = newFolder();
    const breakdown = new Breakdown();
    const broken = await start(folder, (platform) => breakdown.apply(platform));
    const patient = await erasablePatient(broken, await clientOf(broken), randomUUID());
    const officer = await officerOf(broken);
    // The first use of a token leaves an event of its own.
    await officer.get(patient.path);
    breakdown.writesLeft = writesLeft;
    const answer = await erase(officer, patient);
    expect([answer.status, answer.headers['content-type']]).toEqual([
      503,
      expect.stringMatching(/^application\/problem\+json/),
    ]);
    await stop();

    const restarted = await start(folder);
    await restarted.app.get(ErasureUpkeep).run();
    const status = (await (await clientOf(restarted)).get(patient.path)).status;
    if (writesLeft === 0) {
      // Nothing was acknowledged, and nothing happened.
      expect([status, await stepsOf(restarted, patient.id)]).toEqual([200, []]);
      return;
    }
    expect([status, await remainsOf(restarted.platform, patient)]).toEqual([410, []]);
    expect(await stepsOf(restarted, patient.id)).toEqual(allSteps);
    const { body } = await succeeded(erase(await officerOf(restarted), patient));
    // How many keys there were is known to who destroyed them; he could not say it any more.
    const keysUncounted = writesLeft > 1 && writesLeft <= 2;
    const expected = destroyedOf(patient);
    expect(body['destroyed']).toEqual(keysUncounted ? { ...expected, branchKeyRows: 0 } : expected);
  });
});

describe('an erasure whose key store fails', () => {
  const unreachable = () => Promise.reject(new Problem(problemTypes.keyServiceUnavailable));

  async function begunWithoutKeyStore() {
    let fails = true;
    const running = await start(newFolder(), (platform) => {
      const destroy = (patientId: string) => (fails ? unreachable() : platform.keyStore.destroy(patientId));
      return { ...platform, keyStore: replacing(platform.keyStore, { destroy }) };
    });
    const patient = await erasablePatient(running, await clientOf(running), randomUUID());
    const officer = await officerOf(running);
    const refused = await erase(officer, patient);
    return { running, patient, officer, refused, mend: () => (fails = false) };
  }

  it('has begun, says so, and keeps the patient unreadable', async () => {
    const { running, patient, refused } = await begunWithoutKeyStore();
    expect([refused.status, refused.body]).toEqual([
      503,
      {
        type: '/problems/key-service-unavailable',
        title: expect.any(String),
        status: 503,
        detail: expect.stringMatching(/^The erasure has begun and the patient can no longer be read\./),
        instance: refused.headers['x-request-id'],
      },
    ]);
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect((await (await clientOf(running)).get(patient.path)).status).toBe(410);
    // Nothing of him is removed before his keys are: what is left can still be counted.
    expect(await remainsOf(running.platform, patient)).toContain('branch key');
  });

  it('is completed when the request is repeated', async () => {
    const { running, patient, officer, mend } = await begunWithoutKeyStore();
    expect((await erase(officer, patient)).status).toBe(503);
    mend();
    const { status, body } = await erase(officer, patient);
    expect([status, body['destroyed']]).toEqual([200, destroyedOf(patient)]);
    expect(await remainsOf(running.platform, patient)).toEqual([]);
    expect(await stepsOf(running, patient.id)).toEqual([...allSteps, 'repeated', 'repeated'].sort());
  });

  it('is completed by the service itself', async () => {
    const { running, patient, mend } = await begunWithoutKeyStore();
    const upkeep = running.app.get(ErasureUpkeep);
    await upkeep.run();
    expect(running.logged()).toContain('an erasure could not be completed');
    expect(await remainsOf(running.platform, patient)).toContain('branch key');
    mend();
    await upkeep.run();
    expect(running.logged()).toContain('erasures completed');
    expect(await remainsOf(running.platform, patient)).toEqual([]);
  });

  it('is not reported as done when the key is still there', async () => {
    const running = await start(newFolder(), (platform) => ({
      ...platform,
      keyStore: replacing(platform.keyStore, { destroy: () => Promise.resolve(3) }),
    }));
    const patient = await erasablePatient(running, await clientOf(running), randomUUID());
    expect((await erase(await officerOf(running), patient)).status).toBe(503);
  });
});

/** @returns the key store with methods of the test's in the place of its own */
function replacing(keyStore: PatientKeyStore, methods: Partial<PatientKeyStore>): PatientKeyStore {
  return new Proxy(keyStore, {
    get(target, name) {
      const member: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

describe('a pending erasure that nobody asked for', () => {
  it('destroys nothing: the head must say, under its seal, that the patient was erased', async () => {
    const running = await start(newFolder());
    const client = await clientOf(running);
    const patient = await erasablePatient(running, client, randomUUID());
    const forged = { table: 'records', partition: 'ERASURES', sort: `PENDING#${patient.id}` } as const;
    await running.platform.table.transactWrite([
      { type: 'put', item: { ...forged, attributes: { patientId: patient.id } } },
    ]);
    await running.app.get(ErasureUpkeep).run();
    expect(running.logged()).toContain('an erasure could not be completed');
    expect((await client.get(patient.path)).status).toBe(200);
    expect(await remainsOf(running.platform, patient)).toContain('branch key');
  });
});
