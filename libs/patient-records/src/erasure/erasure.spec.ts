import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PhiItem, type TableWrite } from '@app/phi-table';
import { erasureBody, officerScope } from '../../../../test/support/erasable-patient.js';
import { clientOf, succeeded } from '../../../../test/support/phi-client.js';
import { type Service, startService } from '../../../../test/support/service.js';
import { finalTimes, remainingAfter } from './erasure-receipt.js';
import { keys } from '../keys.js';
import { sealItem } from '../sealed-item.js';

describe('the times of a receipt', () => {
  const destroyedAt = Date.parse('2026-02-27T23:30:00.000Z');

  it('follow from the moment in which the key was destroyed', () => {
    const terms = { keyCacheTtlSeconds: 3600, keyStoreBackupDays: 35 };
    expect(finalTimes(destroyedAt, terms, new Date('2026-02-28T10:00:00.000Z'))).toEqual({
      thisInstance: '2026-02-27T23:30:00.000Z',
      otherInstances: '2026-02-28T00:30:00.000Z',
      keyStoreFile: '2026-02-28T10:00:00.000Z',
      keyStoreBackups: '2026-04-03T23:30:00.000Z',
    });
  });

  it('name no file where the key store is none, and no wait for backups that are not made', () => {
    const terms = { keyCacheTtlSeconds: 300, keyStoreBackupDays: 0 };
    expect(finalTimes(destroyedAt, terms, undefined)).toEqual({
      thisInstance: '2026-02-27T23:30:00.000Z',
      otherInstances: '2026-02-27T23:35:00.000Z',
      keyStoreBackups: '2026-02-27T23:30:00.000Z',
    });
  });
});

describe('what a receipt says of backups of the key store', () => {
  const sentences = (days: number, compaction = true) =>
    remainingAfter({ keyCacheTtlSeconds: 300, keyStoreBackupDays: days }, compaction).join('\n');

  it('is the truth of the deployment', () => {
    expect(sentences(35)).toMatch(/Backups of the key store can still open copies/);
    expect(sentences(0)).toMatch(/declares that it keeps no backups of the key store/);
    expect(sentences(35)).toMatch(/freed pages until its next compaction/);
    expect(sentences(35, false)).not.toMatch(/compaction/);
  });
});

describe('a patient with more index rows than one transaction holds', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  /** Writes that are possible only with the key of the seals: rows under two roots may add up to that many. */
  async function addIndexRows(patientId: string, partitions: string[]): Promise<void> {
    const { table, rowSeal } = service.platform;
    const head = (await table.get(keys.profile(patientId))) as PhiItem;
    const { seal: _, ...attributes } = head.attributes;
    const all = [...(attributes['partitions'] as string[]), ...partitions];
    const item = sealItem(rowSeal, { ...head, attributes: { ...attributes, partitions: all } });
    const rows = partitions.map((partition): TableWrite => ({
      type: 'put',
      item: { ...keys.index(partition, patientId), attributes: { patientId } },
    }));
    const writes: TableWrite[] = [{ type: 'put', item }, ...rows];
    for (let start = 0; start < writes.length; start += 100) {
      await table.transactWrite(writes.slice(start, start + 100));
    }
  }

  it('loses all of them', async () => {
    const client = await clientOf(service);
    const telecom = [{ system: 'phone', value: '+1 202 555 0143' }];
    const { id } = (await succeeded(client.post('/v1/patients', { telecom }))).body;
    const partitions = Array.from({ length: 450 }, (_, n) => `INDEX#phone#1#token-${n}`);
    await addIndexRows(id, partitions);
    const officer = await clientOf(service, { scope: officerScope });
    const { body } = await succeeded(officer.post(`/v1/patients/${id}/erase`, erasureBody(id)));
    expect(body['destroyed']).toMatchObject({ indexTokens: 451 });
    const { table } = service.platform;
    const left = await Promise.all(partitions.map((partition) => table.get(keys.index(partition, id))));
    expect(left.filter((row) => row !== undefined)).toEqual([]);
    expect((await table.get(keys.profile(id)))?.attributes['partitions']).toEqual([]);
  });
});
