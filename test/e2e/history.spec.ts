import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PhiTable, QueryInput } from '@app/phi-table';
import { allPages, clientOf, type PhiClient, startListening } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
/** Runs once, in the middle of the next request: between the read of the head and the query of the versions before. */
let beforeVersionsAreRead: (() => Promise<unknown>) | undefined;

function interruptible(table: PhiTable): PhiTable {
  return new Proxy(table, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'query') return member.bind(target);
      return async (input: QueryInput) => {
        const interrupt = input.prefix?.startsWith('VERSION#') ? beforeVersionsAreRead : undefined;
        if (interrupt !== undefined) {
          beforeVersionsAreRead = undefined;
          await interrupt();
        }
        return target.query(input);
      };
    },
  });
}

beforeAll(async () => {
  service = await startListening({}, undefined, (platform) => ({
    ...platform,
    table: interruptible(platform.table),
  }));
  client = await clientOf(service);
});
afterAll(() => service.stop());

/** A resource with `count` versions: what is written, where, and how a version is told by its body. */
interface Subject {
  path: string;
  bodyOf: (version: number) => object;
}

async function patient(): Promise<Subject> {
  const path = `/v1/patients/${randomUUID()}`;
  return { path, bodyOf: (version) => ({ name: [{ family: `Version-${version}` }] }) };
}

async function record(): Promise<Subject> {
  const { body } = await client.post('/v1/patients', {});
  const path = `/v1/patients/${body.id}/records/${randomUUID()}`;
  const bodyOf = (version: number) => ({
    recordType: 'Observation',
    content: { version },
    recordedAt: '2026-01-05T09:30:00.000Z',
  });
  return { path, bodyOf };
}

async function write({ path, bodyOf }: Subject, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++) {
    const condition: Record<string, string> =
      version === 1 ? { 'if-none-match': '*' } : { 'if-match': `"${version - 1}"` };
    const { status } = await client.put(path, bodyOf(version), condition);
    expect(status).toBe(version === 1 ? 201 : 200);
  }
}

const versionsOf = (items: { version: number }[]) => items.map(({ version }) => version);
const downFrom = (highest: number, lowest = 1) =>
  Array.from({ length: highest - lowest + 1 }, (_, n) => highest - n);

describe.each([
  ['a patient', patient],
  ['a record', record],
])('the history of %s', (_, make) => {
  it('shows every version that was, newest first, each as it was answered when it was written', async () => {
    const subject = await make();
    await write(subject, 1, 4);

    const { status, body } = await client.get(`${subject.path}/history`);

    expect(status).toBe(200);
    expect(versionsOf(body.items)).toEqual([4, 3, 2, 1]);
    for (const item of body.items) {
      expect(item).toMatchObject(subject.bodyOf(item.version));
      expect(item.createdAt).toBe(body.items[3]?.updatedAt);
      const one = await client.get(`${subject.path}/history/${item.version}`);
      expect(one).toMatchObject({ status: 200, headers: { etag: `"${item.version}"` } });
      expect(one.body).toEqual(item);
    }
    expect(body.items[0]).toEqual((await client.get(subject.path)).body);
    expect(body).not.toHaveProperty('nextCursor');
  });

  it('comes in pages', async () => {
    const subject = await make();
    await write(subject, 1, 9);
    for (const limit of [1, 2, 4, 8, 9, 50]) {
      const items = await allPages((cursor) =>
        client.get(
          `${subject.path}/history?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
        ),
      );
      expect(versionsOf(items)).toEqual(downFrom(9));
    }
  });

  it('shows no version twice although another is written meanwhile', async () => {
    const subject = await make();
    await write(subject, 1, 3);
    beforeVersionsAreRead = () => write(subject, 4, 5);

    const { body } = await client.get(`${subject.path}/history`);

    expect(versionsOf(body.items)).toEqual([3, 2, 1]);
  });

  it('is there after the deletion, which is a version of its own', async () => {
    const subject = await make();
    await write(subject, 1, 2);
    await client.delete(subject.path, { 'if-match': '"2"' });

    const { body } = await client.get(`${subject.path}/history`);

    expect(versionsOf(body.items)).toEqual([3, 2, 1]);
    expect(body.items[0]).toMatchObject({ deleted: true });
    const { id, patientId, createdAt, updatedAt } = body.items[0] ?? {};
    const place = patientId === undefined ? { id } : { id, patientId };
    expect(body.items[0]).toEqual({ ...place, version: 3, createdAt, updatedAt, deleted: true });
    expect((await client.get(`${subject.path}/history/2`)).body).toMatchObject(subject.bodyOf(2));
    expect((await client.get(`${subject.path}/history/3`)).body).toMatchObject({ deleted: true });
    expect((await client.get(subject.path)).status).toBe(410);
  });

  it('answers 404 for versions that never were, 400 for what is no version', async () => {
    const subject = await make();
    await write(subject, 1, 2);
    for (const version of ['3', '100', '9999999999']) {
      expect((await client.get(`${subject.path}/history/${version}`)).status).toBe(404);
    }
    for (const version of ['0', '-1', '01', '1.0', 'current', '99999999999']) {
      const refused = await client.get(`${subject.path}/history/${version}`);
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: 'path:version' }] } });
    }
  });

  it('answers 404 for what never was', async () => {
    const absent = (await make()).path;
    expect((await client.get(`${absent}/history`)).status).toBe(404);
    expect((await client.get(`${absent}/history/1`)).status).toBe(404);
  });

  it('does not grow by a write that was refused', async () => {
    const subject = await make();
    await write(subject, 1, 2);
    await client.put(subject.path, subject.bodyOf(9), { 'if-match': '"1"' });
    await client.put(subject.path, subject.bodyOf(9), { 'if-none-match': '*' });
    expect(versionsOf((await client.get(`${subject.path}/history`)).body.items)).toEqual([2, 1]);
  });
});

describe('the history of the records of a deleted patient', () => {
  it('stays as well', async () => {
    const subject = await record();
    await write(subject, 1, 2);
    const [patientPath] = subject.path.split('/records/');
    await client.delete(patientPath as string, { 'if-match': '"1"' });

    expect((await client.get(subject.path)).status).toBe(410);
    expect(versionsOf((await client.get(`${subject.path}/history`)).body.items)).toEqual([2, 1]);
    expect((await client.get(`${subject.path}/history/1`)).body).toMatchObject(subject.bodyOf(1));
  });
});
