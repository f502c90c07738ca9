import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Scopes } from '@app/authorization';
import { BlindIndex, KeyedHash, RowSeal, type VersionedRoots } from '@app/encryption';
import { type Caller, openPatientRecords } from '@app/patient-records';
import { type Problem } from '@app/problem-details';
import { ParametersRefresh } from '../../apps/phi-api/src/parameters-refresh.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { type Service, startService } from '../support/service.js';
import { storedIndexRoot } from '../support/stored-index-root.js';

const roots = { 1: randomBytes(32), 2: randomBytes(32) };

/** What the parameter says at each step of a reindex. */
const states: VersionedRoots[] = [
  { active: 1, roots: { 1: roots[1] } },
  { active: 1, roots },
  { active: 2, roots },
  { active: 2, roots, retired: [1] },
];
/** An instance follows a moment later than another: these meet. */
const neighbours = states.slice(1).flatMap((state, n) => [
  { from: n, a: states[n] as VersionedRoots, b: state },
  { from: n, a: state, b: states[n] as VersionedRoots },
]);

describe('two instances of which one has not read the index roots yet', () => {
  let service: Service;
  const caller: Caller = {
    principal: {
      issuer: 'test',
      subject: 'tester',
      clientId: 'test',
      scopes: ['system/*.cruds'],
      tokenId: 'test',
      expiresAt: Number.MAX_SAFE_INTEGER,
    },
    scopes: new Scopes(['system/*.cruds']),
    origin: { networkAddress: '', requestId: 'steps' },
  };
  const screening = { outcome: 'clean' as const, findings: [] };

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  function instance(known: VersionedRoots) {
    const ports = { ...service.platform, blindIndex: new BlindIndex(known), rowSeal: new RowSeal(known) };
    const records = openPatientRecords(ports, [], { keyCacheTtlSeconds: 60, keyStoreBackupDays: 0 });
    const hash = new KeyedHash(known, 'idempotent-request');
    return {
      ...records,
      create: (mrn: string, id = randomUUID(), idempotencyKey?: string) => {
        const resource = { identifier: [{ system: 'urn:mrn', value: mrn }] };
        const idempotency = idempotencyKey && {
          tokens: hash.hashes([idempotencyKey]),
          bodyHashes: hash.hashes(['body', mrn]),
        };
        const made = records.patients.create(caller, id, { resource, screening }, idempotency || undefined);
        return made.then(
          () => id,
          (error: Problem) => error.type.name,
        );
      },
      find: async (mrn: string) => {
        const query = { identifier: { system: 'urn:mrn', value: mrn } };
        return (await records.directory.search(caller, query, 10, undefined)).items.map(({ id }) => id);
      },
      replay: (mrn: string, idempotencyKey: string) =>
        records.patients.replayOf({
          tokens: hash.hashes([idempotencyKey]),
          bodyHashes: hash.hashes(['body', mrn]),
        }),
    };
  }

  it.each(neighbours)('find and refuse the same, at step $from', async ({ a, b }) => {
    const [one, other] = [instance(a), instance(b)];
    const [mrn, freed] = [randomUUID(), randomUUID()];
    const id = await one.create(mrn);
    // Who follows later has not seen the last walk: nobody searches under a root before everybody stands there.
    expect(await one.find(mrn)).toEqual([id]);
    expect(await other.find(mrn)).toEqual([id]);
    expect(await other.create(mrn)).toBe('identifier-taken');

    const resource = { identifier: [{ system: 'urn:mrn', value: freed }] };
    await other.patients.replace(caller, id, 1, { resource, screening });
    expect(await one.find(freed)).toEqual([id]);
    expect(await one.create(freed)).toBe('identifier-taken');
    const second = await one.create(mrn);
    expect(await other.find(mrn)).toEqual([second]);
    await one.patients.remove(caller, id, 2);
    expect(await other.find(freed)).toEqual([]);
  });

  it.each(neighbours)('take a repeated request for one, at step $from', async ({ a, b }) => {
    const [one, other] = [instance(a), instance(b)];
    const [mrn, key] = [randomUUID(), randomUUID()];
    const id = await one.create(mrn, randomUUID(), key);
    expect(await other.replay(mrn, key)).toMatchObject({ patientId: id });
    await expect(other.replay('another body', key)).rejects.toMatchObject({
      type: { name: 'idempotency-key-reused' },
    });
    const [another, repeated] = [randomUUID(), randomUUID()];
    const answers = await Promise.all([
      one.create(another, randomUUID(), repeated),
      other.create(another, randomUUID(), repeated),
    ]);
    expect(answers.filter((answer) => answer === 'concurrent-write')).toHaveLength(1);
  });
});

describe('a service between two roots', () => {
  let service: Service;
  let client: PhiClient;
  beforeEach(async () => {
    service = await startListening();
    client = await clientOf(service);
  });
  afterEach(() => service.stop());

  /** As much as a patient may have: 25 index rows under each root. */
  const fullBody = (mark: string) => ({
    identifier: Array.from({ length: 10 }, (_, n) => ({ system: 'urn:mrn', value: `${mark}-${n}` })),
    telecom: Array.from({ length: 10 }, (_, n) => ({ system: 'email', value: `${mark}-${n}@example.org` })),
    name: Array.from({ length: 5 }, (_, n) => ({ family: `${mark}-${n}` })),
    birthDate: '1970-01-01',
  });
  const findMail = async (mark: string) => {
    const found = await succeeded(client.post('/v1/patients/search', { email: `${mark}-3@example.org` }));
    return found.body.items.map(({ id }) => id);
  };

  it('changes everything of a patient at once, again and again, and then deletes him', async () => {
    const { indexRoots } = service.platform;
    await indexRoots.replace({ active: 1, roots: { ...indexRoots.roots, 2: randomBytes(32) } });
    const { id } = (await succeeded(client.post('/v1/patients', fullBody('mark-0')))).body;
    const path = `/v1/patients/${id}`;
    for (let version = 1; version < 8; version++) {
      await succeeded(client.put(path, fullBody(`mark-${version}`), { 'if-match': `"${version}"` }));
      expect(await findMail(`mark-${version}`)).toEqual([id]);
      expect(await findMail(`mark-${version - 1}`)).toEqual([]);
    }
    // Identifiers are free at once, whatever else is left for later.
    await succeeded(client.post('/v1/patients', { identifier: fullBody('mark-6').identifier }));
    await succeeded(client.delete(path, { 'if-match': '"8"' }));
    await succeeded(client.post('/v1/patients', { identifier: fullBody('mark-7').identifier }));
  });

  it('keeps the last good roots when the parameter is damaged, says so in the log, and does not start with it', async () => {
    const mrn = { system: 'urn:mrn', value: 'kept' };
    const { id } = (await succeeded(client.post('/v1/patients', { identifier: [mrn] }))).body;
    const stored = await storedIndexRoot(service);
    stored.write(`${stored.read()}MARKEDCONTENT`);
    await service.app.get(ParametersRefresh).run();
    expect(service.logged()).toContain('the last good ones stay in use');
    expect(service.logged()).not.toContain('MARKEDCONTENT');
    expect((await client.get(`/v1/patients/${id}`)).status).toBe(200);
    expect((await client.post('/v1/patients/search', { identifier: mrn })).body.items).toHaveLength(1);
    const started = startService({}, service.dataFolder);
    await expect(started).rejects.toThrow(/index-root must be JSON/);
    stored.write(' ');
    await service.app.get(ParametersRefresh).run();
    expect((await client.get(`/v1/patients/${id}`)).status).toBe(200);
  });
});
