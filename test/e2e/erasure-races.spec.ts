import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type PatientKeyStore } from '@app/encryption';
import { type PhiKey, type PhiTable } from '@app/phi-table';
import { recordedDuring } from '../support/audit-recording.js';
import { readAuditEvents } from '../support/audit-rows.js';
import {
  type ErasablePatient,
  erasablePatient,
  erasureBody,
  isIdentifierTaken,
  officerScope,
  partitionOf,
  remainsOf,
} from '../support/erasable-patient.js';
import { type Answer, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import { mrn, wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

/** Each runs once: when rows were read, and before they are given to who asked; before a key is made, and before one is destroyed. */
let afterRowsAreRead: (() => Promise<unknown>) | undefined;
let beforeKeyIsMade: (() => Promise<unknown>) | undefined;
let beforeKeysAreDestroyed: (() => Promise<unknown>) | undefined;

/** One side waits until it is given by the other. */
function signal(): { give: () => void; given: Promise<void> } {
  let give = () => {};
  const given = new Promise<void>((resolve) => (give = resolve));
  return { give: () => give(), given };
}

async function interrupt(): Promise<void> {
  const action = afterRowsAreRead;
  afterRowsAreRead = undefined;
  await action?.();
}

function interruptibleTable(table: PhiTable): PhiTable {
  return new Proxy(table, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'batchGet') return member.bind(target);
      return async (keys: readonly PhiKey[]) => {
        const rows = await target.batchGet(keys);
        await interrupt();
        return rows;
      };
    },
  });
}

function interruptibleKeyStore(keyStore: PatientKeyStore): PatientKeyStore {
  return new Proxy(keyStore, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'create' && name !== 'destroy') return member.bind(target);
      return async (patientId: string) => {
        const action = name === 'create' ? beforeKeyIsMade : beforeKeysAreDestroyed;
        if (name === 'create') beforeKeyIsMade = undefined;
        else beforeKeysAreDestroyed = undefined;
        await action?.();
        return target[name](patientId);
      };
    },
  });
}

let service: Service;
let client: PhiClient;
let officer: PhiClient;

beforeAll(async () => {
  service = await startListening({}, undefined, (platform) => ({
    ...platform,
    table: interruptibleTable(platform.table),
    keyStore: interruptibleKeyStore(platform.keyStore),
  }));
  client = await clientOf(service);
  officer = await clientOf(service, { scope: officerScope });
});
afterAll(() => service.stop());

const patient = () => erasablePatient(service, client, randomUUID());
const erase = ({ id, path }: { id: string; path: string }) => officer.post(`${path}/erase`, erasureBody(id));
const alarms = async () =>
  (await readAuditEvents(service.platform.table)).filter(({ type }) => type === 'integrity-alarm');

describe('several requests for the same erasure', () => {
  it('answer one receipt, and it is done once', async () => {
    const erased = await patient();
    let answers: Answer[] = [];
    const events = await recordedDuring(service.platform, async () => {
      answers = await Promise.all(Array.from({ length: 6 }, () => erase(erased)));
    });
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect(answers[0]?.body['destroyed']).toMatchObject({ branchKeyRows: 3, records: 3 });
    const steps = events.map(({ type, erasure }) => erasure?.step ?? type).filter((step) => step !== 'void');
    expect(steps.sort()).toEqual(
      [
        'begun',
        'completed',
        'key-destroy',
        'rows-removed',
        ...Array.from({ length: 5 }, () => 'repeated'),
      ].sort(),
    );
    expect(await remainsOf(service.platform, erased)).toEqual([]);
  });

  it("through two instances of the service do not come in each other's way", async () => {
    const instance = await startListening({}, service.dataFolder);
    const elsewhere = await clientOf(instance, { scope: officerScope });
    try {
      for (let round = 0; round < 3; round++) {
        const erased = await patient();
        const answers = await Promise.all(
          [officer, elsewhere].map((by) => by.post(`${erased.path}/erase`, erasureBody(erased.id))),
        );
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        expect(answers[0]?.body).toEqual(answers[1]?.body);
        expect(await remainsOf(service.platform, erased)).toEqual([]);
        const steps = (await readAuditEvents(service.platform.table))
          .filter(({ patientId }) => patientId === erased.id)
          .flatMap(({ erasure }) => erasure?.step ?? []);
        // Each step that ends something is taken by one of them.
        expect(steps.filter((step) => step === 'begun' || step === 'completed').sort()).toEqual([
          'begun',
          'completed',
        ]);
      }
    } finally {
      await instance.stop();
    }
  });
});

describe('an erasure in the middle of many writes to the patient', () => {
  // Each kind of write at least once.
  const count = testConfig.load(50);
  it.each([0, Math.floor(count / 5), Math.floor(count / 2), count - 1])(
    'leaves nothing of any of them, begun as number %d',
    async (position) => {
      const erased = await patient();
      const names = Array.from({ length: count }, () => randomUUID());
      const writes = names.map((name, n) => () => write(erased, name, n));
      let erasure: Promise<Answer> | undefined;
      const answers = await Promise.all(
        writes.map((send, n) => {
          if (n === position) erasure = erase(erased);
          return send();
        }),
      );
      expect((await erasure)?.status).toBe(200);
      // Made before it, or refused because of it or of each other; never failed.
      for (const { status } of answers) expect([200, 201, 204, 404, 409, 410, 412]).toContain(status);
      expect(await remainsOf(service.platform, erased)).toEqual([]);
      const taken = await Promise.all(names.map((name) => isIdentifierTaken(service.platform, name)));
      expect(taken).toEqual(names.map(() => false));
      const found = await client.post('/v1/patients/search', { identifier: mrn(erased.mrn) });
      expect([found.status, found.body.items]).toEqual([200, []]);
    },
  );

  function write({ path, records }: ErasablePatient, name: string, n: number): Promise<Answer> {
    const any = { 'if-match': '*' };
    const observation = { recordType: 'Observation', content: { name } };
    const kinds = [
      () => client.put(path, wholePatient(name), any),
      () => client.patch(path, { identifier: [mrn(name)] }, any),
      () => client.post(`${path}/records`, observation),
      () => client.put(`${path}/records/${records.observation}`, observation, any),
      () => client.put(`${path}/care-team`, { members: [] }, any),
      () => client.post(`${path}/records/batch`, { records: [observation, observation] }),
      () => client.delete(`${path}/records/${records.condition}`, any),
      () => client.put(path, wholePatient(name), { 'if-none-match': '*' }),
    ];
    return kinds[n % kinds.length]!();
  }
});

/** The request has read the patient as he was; when it goes on, he is erased. */
describe('a request that an erasure overtakes', () => {
  const observation = { recordType: 'Observation', content: {} };
  const any = { 'if-match': '*' };
  const requests: [string, (erased: ErasablePatient) => Promise<Answer>][] = [
    ['a read', ({ path }) => client.get(path)],
    ['a read of a version', ({ path }) => client.get(`${path}/history/1`)],
    ['a read of a record', ({ path, records }) => client.get(`${path}/records/${records.condition}`)],
    ['an export', ({ path }) => client.get(`${path}/export`)],
    ['a read of the care team', ({ path }) => client.get(`${path}/care-team`)],
    ['a change', ({ path }) => client.put(path, {}, any)],
    ['a patch', ({ path }) => client.patch(path, {}, any)],
    ['a new record', ({ path }) => client.post(`${path}/records`, observation)],
    [
      'a change of a record',
      ({ path, records }) => client.put(`${path}/records/${records.observation}`, observation, any),
    ],
    ['a change of the care team', ({ path }) => client.put(`${path}/care-team`, { members: [] }, any)],
    ['a deletion', ({ path }) => client.delete(path, any)],
    [
      'a deletion of a record',
      ({ path, records }) => client.delete(`${path}/records/${records.condition}`, any),
    ],
  ];

  it.each(requests)('%s answers that he is gone, and leaves nothing', async (_, request) => {
    const erased = await patient();
    const before = (await alarms()).length;
    afterRowsAreRead = () => erase(erased);
    const { status, body } = await request(erased);
    expect(afterRowsAreRead).toBeUndefined();
    expect([status, body['type']]).toEqual([410, '/problems/gone']);
    expect(await remainsOf(service.platform, erased)).toEqual([]);
    // It is no sign of tampering.
    expect(await alarms()).toHaveLength(before);
  });

  it.each<[string, (value: string) => Promise<Answer>]>([
    ['a search', (value) => client.post('/v1/patients/search', { identifier: mrn(value) })],
    ['a list', () => client.get('/v1/patients?limit=50')],
  ])('%s answers without him', async (_, request) => {
    const erased = await patient();
    afterRowsAreRead = () => erase(erased);
    const { status, body } = await request(erased.mrn);
    expect(afterRowsAreRead).toBeUndefined();
    expect([status, body.items.filter(({ id }) => id === erased.id)]).toEqual([200, []]);
  });
});

/** The request has read the patient as he was; when it commits, he is marked as erased, and his rows are still there. */
describe('a write that meets an erasure in its middle', () => {
  const any = { 'if-match': '*' };
  it.each<[string, (erased: ErasablePatient) => Promise<Answer>]>([
    ['a change of the care team', ({ path }) => client.put(`${path}/care-team`, { members: [] }, any)],
    [
      'a deletion of a record',
      ({ path, records }) => client.delete(`${path}/records/${records.condition}`, any),
    ],
    [
      'a change of a record',
      ({ path, records }) =>
        client.put(`${path}/records/${records.condition}`, { recordType: 'Condition', content: {} }, any),
    ],
  ])('is refused: %s', async (_, request) => {
    const erased = await patient();
    const marked = signal();
    const written = signal();
    beforeKeysAreDestroyed = () => {
      marked.give();
      return written.given;
    };
    let erasure: Promise<Answer> | undefined;
    afterRowsAreRead = () => {
      erasure = erase(erased);
      return marked.given;
    };
    const { status } = await request(erased);
    written.give();
    expect([409, 410, 412]).toContain(status);
    expect((await erasure)?.status).toBe(200);
    expect(await remainsOf(service.platform, erased)).toEqual([]);
  });
});

describe('a creation under an id that is created and erased meanwhile', () => {
  it('is refused, and leaves no key behind', async () => {
    const id = randomUUID();
    const path = `/v1/patients/${id}`;
    const create = () => client.put(path, {}, { 'if-none-match': '*' });
    const meanwhile: number[] = [];
    beforeKeyIsMade = async () => {
      meanwhile.push((await create()).status, (await erase({ id, path })).status);
    };
    expect((await create()).status).toBe(412);
    expect(meanwhile).toEqual([201, 200]);
    expect(await service.platform.keyStore.activeVersion(id)).toBeUndefined();
    expect(await partitionOf(service.platform.table, id)).toHaveLength(1);
  });
});
