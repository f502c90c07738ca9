import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PhiItem, type QueryInput, type QueryPage } from '@app/phi-table';
import { auditItem, auditKeys } from '../audit-item.js';
import { ownEvent } from '../own-events.js';
import { ForwardingTable, TrailUnderAttack } from './spec-support.js';

let attack: TrailUnderAttack;
let chain: string;
/** Checkpoint 1 opens the chain, 2 seals events 1 to 5, 3 seals 6 to 10, 4 closes it; 5 to 7 are those of another one. */
beforeEach(async () => {
  attack = new TrailUnderAttack();
  chain = await attack.closedChain([5, 5]);
  await attack.closedChain([4]);
});
afterEach(() => attack.close());

/** @returns what verification says, without the names of the chain and the moments that differ from run to run */
async function lines(): Promise<string[]> {
  return (await attack.findings()).map(({ message }) =>
    message
      .replaceAll(chain, 'C')
      .replaceAll(/CHAIN#\S+?(?=[\s:,]|$)/g, 'D')
      .replaceAll(/ of \d{4}-[\d-]+T[\d:.]+Z/g, ''),
  );
}

const stray = () => auditItem(chain, 11, ownEvent('void', Date.now()));

describe('events', () => {
  it.each([1, 5, 6, 10])('names event %d when it was altered', async (sequence) => {
    await attack.alter(chain, sequence, (event) => ({ ...event, count: 99 }));
    const checkpoint = sequence <= 5 ? 2 : 3;
    expect(await lines()).toEqual([
      `event ${sequence} of chain C was altered: its text no longer matches checkpoint ${checkpoint}`,
    ]);
    expect(await attack.verify()).toMatchObject({
      outcome: 'not-intact',
      counts: { 'event-altered': 1 },
      findings: [{ kind: 'event-altered', chain, sequence, checkpoint }],
    });
  });

  it('names an event whose text says the same in other words', async () => {
    await attack.alter(chain, 3, ({ id, ...event }) => ({ ...event, id }));
    expect(await lines()).toEqual([
      'event 3 of chain C was altered: its text no longer matches checkpoint 2',
    ]);
  });

  it.each([
    ['the first', [1], ['event 1 of chain C was removed: checkpoint 2 sealed it']],
    ['one in the middle', [7], ['event 7 of chain C was removed: checkpoint 3 sealed it']],
    ['a range', [4, 5, 6], ['events 4 to 6 of chain C were removed: checkpoint 2 sealed the first of them']],
    [
      'two apart',
      [2, 9],
      [
        'event 2 of chain C was removed: checkpoint 2 sealed it',
        'event 9 of chain C was removed: checkpoint 3 sealed it',
      ],
    ],
    ['the newest', [10], ['event 10 of chain C was removed: checkpoint 3 sealed it']],
  ])('names %s when removed', async (_, removed, expected) => {
    await attack.remove(...removed.map((sequence) => auditKeys.event(chain, sequence)));
    expect(await lines()).toEqual(expected);
  });

  it('names every event of a chain that was removed as a whole', async () => {
    const all = Array.from({ length: 10 }, (_, index) => auditKeys.event(chain, index + 1));
    await attack.remove(...all);
    expect(await lines()).toEqual([
      'events 1 to 10 of chain C were removed: checkpoint 2 sealed the first of them',
    ]);
  });

  it('names one that was inserted behind the end', async () => {
    await attack.put(stray());
    expect(await lines()).toEqual(['event 11 of chain C was inserted: checkpoint 4 had ended the chain']);
  });

  it('names a row between two numbers, and one before the first', async () => {
    await attack.put({ ...stray(), sort: '000000000003x' }, { ...stray(), sort: '000000000000' });
    expect(await lines()).toContain('a row that is no event of the chain was inserted into chain C');
    expect((await attack.verify()).counts).toMatchObject({ 'event-inserted': 2 });
  });

  it('names two that changed places', async () => {
    const [a, b] = [await attack.event(chain, 2), await attack.event(chain, 4)];
    await attack.put(
      { ...a, attributes: b.attributes, indexed: b.indexed! },
      { ...b, attributes: a.attributes, indexed: a.indexed! },
    );
    expect(await lines()).toEqual([
      "events 2 and 4 of chain C changed places: checkpoint 2 sealed each under the other's number",
    ]);
  });

  it('names the one that was removed when those after it moved up', async () => {
    const rows = await Promise.all([8, 9, 10].map((sequence) => attack.event(chain, sequence)));
    await attack.put(...rows.map((row, index) => ({ ...row, sort: auditKeys.event(chain, index + 7).sort })));
    await attack.remove(auditKeys.event(chain, 10));
    expect(await lines()).toEqual([
      'events 7 to 9 of chain C were moved: checkpoint 3 sealed them as events 8 to 10',
      'event 7 of chain C was removed: checkpoint 3 sealed it, and another one stands in its place',
    ]);
  });

  it('names the one that was inserted when those after it moved down', async () => {
    const rows = await Promise.all([8, 9].map((sequence) => attack.event(chain, sequence)));
    await attack.put(
      ...rows.map((row, index) => ({ ...row, sort: auditKeys.event(chain, index + 9).sort })),
      auditItem(chain, 8, ownEvent('void', Date.now())),
    );
    expect(await lines()).toEqual([
      'events 9 to 10 of chain C were moved: checkpoint 3 sealed them as events 8 to 9',
      'event 8 of chain C was inserted: checkpoint 3 sealed no such event',
      'event 10 of chain C was removed: checkpoint 3 sealed it, and another one stands in its place',
    ]);
  });

  it('names a chain that nobody registered', async () => {
    const stranger = auditKeys.chain('instance', randomUUID());
    await attack.put(auditItem(stranger, 1, ownEvent('void', Date.now())));
    const day = new Date().toISOString().slice(0, 10);
    expect(await lines()).toEqual([
      `chain D is in no checkpoint: its events, among them event 1 of ${day}, were inserted, or the checkpoints of the chain were removed`,
    ]);
  });

  it('prints nothing that a terminal would obey', async () => {
    await attack.put(auditItem('CHAIN#\u001b[2J\u202e#b', 1, ownEvent('void', Date.now())));
    const [finding] = await attack.findings();
    expect(finding?.message).toMatch(/^chain CHAIN#\?\[2J\?#b is in no checkpoint/);
  });

  it.each([
    ['no text', { event: 5 }],
    ['no JSON', { event: '{"id":' }],
    ['another JSON', { event: 'null' }],
    ['an event without an origin', { event: '{"id":"a","recordedAt":"2026","type":"void"}' }],
    ['nothing', {}],
  ])('names a row that holds %s', async (_, attributes) => {
    await attack.put({ ...(await attack.event(chain, 3)), attributes: attributes as PhiItem['attributes'] });
    expect(await lines()).toEqual([
      'event 3 of chain C was altered: its text no longer matches checkpoint 2',
    ]);
  });
});

describe('unsealed events', () => {
  it('names a row that holds none', async () => {
    const open = attack.trail();
    await open.append([{ type: 'void', outcome: '4', origin: { networkAddress: '', requestId: '' } }]);
    await attack.put({ ...(await attack.event(open.chain, 1)), attributes: { event: '[]' } });
    expect(await lines()).toEqual(['event 1 of chain D is none: its row holds something else']);
    await open.close();
  });
});

describe('indexes', () => {
  it.each(['day', 'patient', 'agent'] as const)(
    'names an event that was taken out of the index by %s',
    async (index) => {
      const row = await attack.event(chain, 4);
      const { [index]: _, ...indexed } = row.indexed!;
      await attack.put({ ...row, indexed });
      expect(await lines()).toEqual([
        `event 4 of chain C does not stand in the index by ${index} where its text says`,
      ]);
    },
  );

  it.each([
    [
      'lacks an entry',
      (items: PhiItem[]) => items.slice(1),
      'it leads to 4 of 5 events that the chains hold',
    ],
    [
      'leads to another event in the place of one',
      (items: PhiItem[]) => [...items.slice(1), items[1]!],
      'it leads to other events than the chains hold',
    ],
  ])('names a day whose index %s', async (_, change, expected) => {
    const day = '2026-01-05';
    await attack.closedChain([4], { clock: () => Date.parse(`${day}T12:00:00Z`) });
    class EditedIndex extends ForwardingTable {
      override async query(input: QueryInput): Promise<QueryPage> {
        const { items } = await super.query({ ...input, limit: 1000 });
        if (input.index !== 'day') return { items };
        // All of the day's shards in the first one.
        if (input.partition !== `DAY#${day}#0`)
          return { items: input.partition.startsWith(`DAY#${day}`) ? [] : items };
        const shards = Array.from({ length: 8 }, (__, shard) =>
          super.query({ ...input, partition: `DAY#${day}#${shard}` }),
        );
        return { items: change((await Promise.all(shards)).flatMap((page) => page.items)) };
      }
    }
    const { findings } = await attack.verify({}, new EditedIndex(attack.table));
    expect(findings.map(({ message }) => message)).toEqual([`the index of ${day} was altered: ${expected}`]);
    expect((await attack.verify()).outcome).toBe('intact');
  });

  it('names the entry that leads to a checkpoint', async () => {
    await attack.remove(auditKeys.seal(chain, 5));
    await attack.put({ ...auditKeys.seal(chain, 10), attributes: { number: 2 } });
    expect(await lines()).toEqual([
      'the entry that leads from event 5 of chain C to checkpoint 2 was removed',
      'the entry that leads from event 10 of chain C to checkpoint 3 was changed',
    ]);
  });
});
