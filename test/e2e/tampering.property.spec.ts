import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scopes } from '@app/authorization';
import { type Caller, ClinicalRecords, parsedVersion } from '@app/patient-records';
import { Problem, problemTypes } from '@app/problem-details';
import type { PhiItem, PhiKey } from '@app/phi-table';
import fc from 'fast-check';
import { readAuditEvents } from '../support/audit-rows.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';
import { testConfig } from '../support/test.config.js';

/** FHIR R4 AuditEvent.outcome of an integrity alarm. */
const alarmOutcome = '12';
/** In every document: it must not come back in any answer to a tampered row. */
const secret = 'kestrel';

/** A row that holds a document's version, and the requests that would show it. */
interface Place {
  row: PhiItem;
  patientId: string;
  paths: string[];
}

const statusOf = ({ row }: Place) => (row.attributes['deleted'] === true ? 410 : 200);

let service: Service;
let client: PhiClient;
let places: Place[];

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  places = [...(await store(1)), ...(await store(2))];
});
afterAll(() => service.stop());

const idOf = async (answer: ReturnType<PhiClient['post']>) => (await succeeded(answer)).body.id;
const ifMatch = (version: number) => ({ 'if-match': `"${version}"` });

/** Two patients alike: a profile of three versions, records of two types in several versions, one of them deleted. */
async function store(serial: number): Promise<Place[]> {
  const patient = (version: number) => ({ name: [{ family: secret, given: [`${secret}${version}`] }] });
  const id = await idOf(client.post('/v1/patients', patient(1)));
  const path = `/v1/patients/${id}`;
  for (const version of [2, 3]) await succeeded(client.put(path, patient(version), ifMatch(version - 1)));
  const record = async (recordType: string, versions: number) => {
    const body = (version: number) => ({ recordType, content: { value: `${secret} ${serial} ${version}` } });
    const recordId = await idOf(client.post(`${path}/records`, body(1)));
    for (let version = 2; version <= versions; version++) {
      await succeeded(client.put(`${path}/records/${recordId}`, body(version), ifMatch(version - 1)));
    }
    return recordId;
  };
  const records = [
    await record('Observation', 3),
    await record('Observation', 1),
    await record('Condition', 2),
  ];
  const deleted = await record('Condition', 1);
  await succeeded(client.delete(`${path}/records/${deleted}`, ifMatch(1)));
  return Promise.all([
    place(id, 'PROFILE', [path]),
    ...[1, 2].map((n) => place(id, versionRow('PROFILE', n), [`${path}/history/${n}`])),
    ...records.map((recordId) =>
      place(id, `RECORD#${recordId}`, [`${path}/records/${recordId}`, `${path}/records`]),
    ),
    ...[1, 2].map((n) =>
      place(id, versionRow(records[0] ?? '', n), [
        `${path}/records/${records[0]}/history/${n}`,
        `${path}/records/${records[0]}/history`,
      ]),
    ),
    place(id, `RECORD#${deleted}`, [`${path}/records/${deleted}`]),
    place(id, versionRow(deleted, 1), [`${path}/records/${deleted}/history/1`]),
  ]);
}

const versionRow = (id: string, version: number) => `VERSION#${id}#${String(version).padStart(10, '0')}`;

async function place(patientId: string, sort: string, paths: string[]): Promise<Place> {
  const key: PhiKey = { table: 'records', partition: `PATIENT#${patientId}`, sort };
  const row = await service.platform.table.get(key);
  if (row === undefined) throw new Error(`the test expects a row ${sort.split('#')[0]}`);
  return { row, patientId, paths };
}

type Attributes = PhiItem['attributes'];
const put = (row: PhiItem, attributes: Attributes = row.attributes) =>
  service.platform.table.transactWrite([{ type: 'put', item: { ...row, attributes } }]);

/** Everything that the intruder's change did to the requests; then the row is as it was. */
const requests: { instance: unknown; patientId: string }[] = [];

async function expectRefused({ row, patientId, paths }: Place, attributes: Attributes): Promise<void> {
  await put(row, attributes);
  try {
    for (const path of paths) {
      const { status, body, text } = await client.get(path);
      expect({ status, type: body['type'] }).toEqual({ status: 500, type: '/problems/integrity-failure' });
      expect(text).not.toContain(secret);
      requests.push({ instance: body.instance, patientId });
    }
  } finally {
    await put(row);
  }
}

const withMessage = () => places.filter(({ row }) => row.attributes['message'] !== undefined);
const messageOf = ({ row }: Place) => row.attributes['message'] as Uint8Array;
const anyOf = (some: Place[]) => fc.constantFrom(...some);
const anyTwoOf = (some: Place[]) =>
  fc.tuple(anyOf(some), anyOf(some)).filter(([one, other]) => one !== other);

// 45 CFR 164.312(c)(2): what was altered is told from what was not.
describe('rows of any kind, changed in any way', () => {
  it('are read while nobody touches them', async () => {
    for (const untouched of places) {
      for (const path of untouched.paths) {
        const { status, text } = await client.get(path);
        expect([path, status]).toEqual([path, statusOf(untouched)]);
        expect(text.includes(secret)).toBe(status === 200);
      }
    }
  });

  it('are refused with the message of another patient, type, record or version', async () => {
    const property = fc.asyncProperty(anyTwoOf(withMessage()), async ([target, source]) => {
      await expectRefused(target, { ...target.row.attributes, message: messageOf(source) });
    });
    await fc.assert(property, { numRuns: testConfig.load(150) });
  });

  it('are refused with everything that another row holds, or all of it but the seal', async () => {
    const property = fc.asyncProperty(anyTwoOf(places), fc.boolean(), async ([target, source], sealToo) => {
      const { seal } = (sealToo ? source : target).row.attributes;
      await expectRefused(target, { ...source.row.attributes, seal: seal as string });
    });
    await fc.assert(property, { numRuns: testConfig.load(150) });
  });

  it('are refused when two have changed places', async () => {
    const property = fc.asyncProperty(anyTwoOf(places), async ([one, other]) => {
      await put(other.row, one.row.attributes);
      try {
        await expectRefused(one, other.row.attributes);
        await expectRefused(other, one.row.attributes);
      } finally {
        await put(other.row);
      }
    });
    await fc.assert(property, { numRuns: testConfig.load(60) });
  });

  it('are refused with any bit of the message flipped, any of it cut off, anything added or in its place', async () => {
    const damages = fc.oneof(
      fc.nat().map((at) => (message: Uint8Array) => {
        const bit = at % (message.length * 8);
        return message.with(bit >> 3, (message[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      }),
      fc.nat().map((at) => (message: Uint8Array) => message.subarray(0, at % message.length)),
      bytes().map((tail) => (message: Uint8Array) => Buffer.concat([message, tail])),
      bytes().map((foreign) => () => foreign),
      fc.constantFrom('', 'text', true, 7, []).map((other) => () => other),
    );
    const property = fc.asyncProperty(anyOf(withMessage()), damages, async (target, damage) => {
      await expectRefused(target, { ...target.row.attributes, message: damage(messageOf(target)) });
    });
    await fc.assert(property, { numRuns: testConfig.load(200) });
  });

  it('are refused without their message', async () => {
    for (const target of withMessage()) {
      const { message: _, ...others } = target.row.attributes;
      await expectRefused(target, others);
    }
  });

  it('are refused with any clear attribute changed, removed or added, the seal among them', async () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.nat(), fc.array(fc.string(), { maxLength: 3 }));
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((word) => word !== '__proto__');
    const changes = fc.record({
      at: fc.nat(),
      name,
      value,
      what: fc.constantFrom('change', 'remove', 'add'),
    });
    const property = fc.asyncProperty(anyOf(places), changes, async (target, { at, what, ...added }) => {
      const { message, ...clear } = target.row.attributes;
      const names = Object.keys(clear);
      const changed = what === 'add' ? added.name : (names[at % names.length] ?? '');
      fc.pre(what !== 'add' || (changed !== 'message' && !names.includes(changed)));
      const attributes = { ...clear, [changed]: added.value };
      if (what === 'remove') delete attributes[changed];
      fc.pre(JSON.stringify(attributes) !== JSON.stringify(clear));
      await expectRefused(target, message === undefined ? attributes : { ...attributes, message });
    });
    await fc.assert(property, { numRuns: testConfig.load(200) });
  });

  it('left one alarm for each request, which names the patient of the row', async () => {
    const events = await readAuditEvents(service.platform.table);
    const alarms = events.filter(({ type }) => type === 'integrity-alarm');
    const named = alarms.map(({ origin, patientId }) => ({ instance: origin.requestId, patientId }));
    const ordered = (all: { instance: unknown }[]) =>
      all.toSorted((a, b) => String(a.instance).localeCompare(String(b.instance)));
    expect(requests.length).toBeGreaterThan(testConfig.load(700));
    expect(ordered(named)).toEqual(ordered(requests));
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({ outcome: alarmOutcome, refusal: { status: 500 } });
    }
  });

  it('are all as they were', async () => {
    for (const untouched of places) {
      expect((await client.get(untouched.paths[0] ?? '')).status).toBe(statusOf(untouched));
    }
  });
});

describe('any record', () => {
  it('comes back as it was, in each of its versions', async () => {
    const records = service.app.get(ClinicalRecords);
    const patientId = await idOf(client.post('/v1/patients', { name: [{ family: 'Round' }] }));
    const screening = { outcome: 'clean', findings: [] } as const;
    const content = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    const notes = fc.option(fc.string({ unit: 'binary', maxLength: 2000 }), { nil: undefined });
    const resources = fc.record({ content, notes });
    const property = fc.asyncProperty(resources, resources, async (first, second) => {
      const id = randomUUID();
      const stored = [first, second].map((resource) => ({
        id,
        resource: asJson({ ...resource, recordType: 'Observation', recordedAt: '2026-01-01T00:00:00.000Z' }),
        screening: { ...screening, findings: [] },
      }));
      const [one, two] = stored as [(typeof stored)[0], (typeof stored)[0]];
      await records.create(caller, patientId, [one], new Problem(problemTypes.preconditionFailed));
      await records.replace(caller, patientId, id, 1, two);
      const read = await records.read(caller, patientId, id);
      expect(parsedVersion(read).resource).toEqual(two.resource);
      expect((await records.version(caller, patientId, id, 1)).resource).toEqual(one.resource);
    });
    await fc.assert(property, { numRuns: testConfig.load(100) });
  });
});

const bytes = () => fc.uint8Array({ minLength: 1, maxLength: 500 });
/** What JSON can say of it: no `undefined`, no negative zero. */
const asJson = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;

/** Past HTTP, because screening changes texts that look like identifiers. */
const principal = {
  issuer: 'urn:test',
  subject: 'tester',
  clientId: 'test',
  scopes: ['system/*.cruds'],
  tokenId: 'test',
  expiresAt: 0,
};
const caller: Caller = {
  principal,
  scopes: new Scopes(principal.scopes),
  origin: { networkAddress: '127.0.0.1', requestId: 'tampering' },
};
