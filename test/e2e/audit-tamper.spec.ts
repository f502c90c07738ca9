import { hash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { publicKeysByName, type VerificationReport, verifyTrail } from '@app/audit';
import { recordCensus } from '@app/patient-records';
import { type PhiItem, type PhiKey, type TableWrite } from '@app/phi-table';
import {
  erasablePatient,
  type ErasablePatient,
  erasureBody,
  officerScope,
} from '../support/erasable-patient.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';

let service: Service;
let client: PhiClient;
/** A patient at version 2 with an observation at version 2, a condition at version 1 and a deleted record. */
let living: ErasablePatient;
let deleted: string;
let erased: ErasablePatient;
/** What the erased patient's rows were. */
let erasedRows: PhiItem[];

beforeAll(async () => {
  service = await startListening();
  client = await clientOf(service);
  living = await erasablePatient(service, client, 'tamper-1');
  deleted = (await succeeded(client.post('/v1/patients', {}))).body.id;
  await succeeded(client.delete(`/v1/patients/${deleted}`, { 'if-match': '"1"' }));
  erased = await erasablePatient(service, client, 'tamper-2');
  erasedRows = await rowsOf(erased.id);
  const officer = await clientOf(service, { scope: officerScope });
  await succeeded(officer.post(`${erased.path}/erase`, erasureBody(erased.id)));
  await service.platform.audit.seal();
});
afterAll(() => service.stop());

const at = (patientId: string, sort: string): PhiKey => ({
  table: 'records',
  partition: `PATIENT#${patientId}`,
  sort,
});

async function rowsOf(patientId: string): Promise<PhiItem[]> {
  const query = { table: 'records', partition: `PATIENT#${patientId}`, limit: 1000 } as const;
  return (await service.platform.table.query(query)).items;
}

async function row(key: PhiKey): Promise<PhiItem> {
  const item = await service.platform.table.get(key);
  if (item === undefined) throw new Error('there is no such row');
  return item;
}

/** What was there before a test touched it. */
let before: { key: PhiKey; item: PhiItem | undefined }[] = [];
afterEach(async () => {
  const writes = before.map(({ key, item }): TableWrite =>
    item === undefined ? { type: 'delete', key } : { type: 'put', item },
  );
  before = [];
  if (writes.length > 0) await service.platform.table.transactWrite(writes);
  if ((await verify()).outcome !== 'intact')
    throw new Error('the rows are not what they were before the test');
});

/** Writes past the service, as somebody does who holds the store. */
async function write(...writes: TableWrite[]): Promise<void> {
  for (const entry of writes) {
    const { table, partition, sort } = entry.type === 'put' ? entry.item : entry.key;
    const key = { table, partition, sort };
    before.push({ key, item: await service.platform.table.get(key) });
  }
  await service.platform.table.transactWrite(writes);
}

const put = (item: PhiItem): TableWrite => ({ type: 'put', item });
const remove = (key: PhiKey): TableWrite => ({ type: 'delete', key });

function verify(): Promise<VerificationReport> {
  const { table, checkpointSigner } = service.platform;
  return verifyTrail(
    {
      table,
      publicKeys: publicKeysByName([checkpointSigner.publicKey]),
      records: recordCensus(service.platform),
    },
    { retentionDays: 2192, indexLagSeconds: 0 },
  );
}

/** @returns what verification says of the records */
async function lines(): Promise<string[]> {
  const { findings } = await verify();
  return findings.map(({ message }) =>
    message
      .replaceAll(living.id, 'P')
      .replaceAll(living.records.observation, 'R')
      .replaceAll(erased.id, 'E')
      .replaceAll(deleted, 'D'),
  );
}

describe('records that nobody touched', () => {
  it('are what the trail says: created, changed, deleted and erased ones', async () => {
    expect(await verify()).toMatchObject({
      outcome: 'intact',
      findings: [],
      // Two versions of the living patient, of his observation and of the deleted record, one condition; two of the deleted patient; one mark.
      records: { patients: 3, documents: 7 + 2 + 1, unattested: 0 },
    });
  });
});

// 45 CFR 164.312(c)(2), authentication of PHI.
describe('a row that somebody rolled back', () => {
  it("is named: the patient's own, to an older genuine version", async () => {
    const old = await row(at(living.id, 'VERSION#PROFILE#0000000001'));
    await write(put({ ...old, sort: 'PROFILE' }));
    expect(await lines()).toEqual([
      'patient P: version 2 was rolled back to version 1, which is an older genuine one',
    ]);
  });

  it('is named: a record, with every trace of the newer version gone', async () => {
    const { observation } = living.records;
    const old = await row(at(living.id, `VERSION#${observation}#0000000001`));
    const head = await row(at(living.id, `RECORD#${observation}`));
    await write(put({ ...old, sort: head.sort, indexed: head.indexed! }), remove(old));
    expect(await lines()).toEqual([
      'record R of patient P: version 2 was rolled back to version 1, which is an older genuine one',
    ]);
  });

  it('is named: a deleted patient who is there again', async () => {
    const old = await row(at(deleted, 'VERSION#PROFILE#0000000001'));
    await write(put({ ...old, sort: 'PROFILE' }));
    expect(await lines()).toEqual([
      'patient D: version 2 was rolled back to version 1, which is an older genuine one',
    ]);
  });

  it('is named: a version whose message is the one of before its key was replaced', async () => {
    const old = await row(at(living.id, 'PROFILE'));
    // As `phi keys re-encrypt` does it: another message of the same version, and its event.
    const message = Buffer.concat([old.attributes['message'] as Uint8Array, Buffer.from([0])]);
    const entity = {
      type: 'Patient',
      id: living.id,
      version: 2,
      messageSha256: hash('sha256', message, 'base64'),
    };
    const origin = { networkAddress: '', requestId: '' };
    await service.platform.audit.transactWrite(
      [put({ ...old, attributes: { ...old.attributes, message } })],
      [{ type: 'record-re-encrypt', outcome: '0', origin, patientId: living.id, entities: [entity] }],
    );
    expect(await lines()).toEqual([]);
    await write(put(old));
    expect(await lines()).toEqual([
      'patient P: version 2 was rolled back to the message that it had before it was encrypted or screened again',
    ]);
  });
});

describe('a row that somebody changed', () => {
  it('is named: the message', async () => {
    const head = await row(at(living.id, 'PROFILE'));
    const message = Buffer.from(head.attributes['message'] as Uint8Array);
    message[message.length - 1]! ^= 1;
    await write(put({ ...head, attributes: { ...head.attributes, message } }));
    expect(await lines()).toEqual([
      'patient P: version 2 was altered: its message is not the one that the trail names',
    ]);
  });

  it('is named: a superseded version', async () => {
    const old = await row(at(living.id, `VERSION#${living.records.observation}#0000000001`));
    await write(put({ ...old, attributes: { ...old.attributes, message: Buffer.from('x') } }));
    expect(await lines()).toEqual([
      'record R of patient P: version 1 was altered: its message is not the one that the trail names',
    ]);
  });

  it('is named: the mark of a deletion', async () => {
    const head = await row(at(deleted, 'PROFILE'));
    await write(put({ ...head, attributes: { ...head.attributes, deleted: false } }));
    expect(await lines()).toEqual(['patient D: version 2 was put back: the trail says that it was deleted']);
  });
});

describe('a row that somebody removed', () => {
  it('is named: a record', async () => {
    const { observation } = living.records;
    await write(remove(at(living.id, `RECORD#${observation}`)));
    expect(await lines()).toEqual([
      'record R of patient P was removed: only superseded versions of it are left',
    ]);
    await write(remove(at(living.id, `VERSION#${observation}#0000000001`)));
    expect(await lines()).toEqual(['record R of patient P was removed: the trail knows versions up to 2']);
  });

  it('is named: a superseded version', async () => {
    await write(remove(at(living.id, 'VERSION#PROFILE#0000000001')));
    expect(await lines()).toEqual(['patient P: version 1 was removed']);
  });

  it('is named: everything of a patient', async () => {
    await write(...(await rowsOf(living.id)).map(remove));
    const said = await lines();
    expect(said).toContain(
      'patient P was removed: the trail says that he was created, and nothing of him is left',
    );
    expect(said).toContain('patient P was removed: the trail knows versions up to 2');
  });
});

describe('a row that somebody put there', () => {
  it('is named: a record that nobody wrote', async () => {
    const id = '5f0c6f0e-8f0e-4a53-9d7c-2f6f6a0e4b11';
    const head = await row(at(living.id, `RECORD#${living.records.observation}`));
    await write(put({ ...head, sort: `RECORD#${id}` }));
    expect(await lines()).toContain(
      `record ${id} of patient P: version 2 was inserted: no event of the trail wrote it`,
    );
  });

  it('is named: a version that nobody wrote', async () => {
    const head = await row(at(living.id, 'PROFILE'));
    await write(put({ ...head, attributes: { ...head.attributes, version: 3 } }));
    expect((await lines())[0]).toBe('patient P: version 3 was inserted: no event of the trail wrote it');
  });

  it('is named: the rows of a patient who was erased', async () => {
    const records = erasedRows.filter(({ sort }) => sort.startsWith('RECORD#'));
    await write(...records.map(put));
    const said = await lines();
    expect(said).toHaveLength(3);
    for (const line of said)
      expect(line).toMatch(
        /^record \S+ of patient E was put back: the trail says that the patient was erased$/,
      );
    await write(...erasedRows.filter(({ sort }) => sort === 'PROFILE').map(put));
    expect(await lines()).toContain('patient E was put back: the trail says that the patient was erased');
  });
});
