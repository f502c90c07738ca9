import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PhiItem } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';
import { checkpointDigest } from '../checkpoint.js';
import { readEvents, TrailUnderAttack } from './spec-support.js';

let attack: TrailUnderAttack;
let chain: string;
let evidence: string[];
/** Checkpoint 1 opens the chain, 2 seals events 1 to 5, 3 seals 6 to 10, 4 closes it; 5 to 7 are those of another one. */
beforeEach(async () => {
  attack = new TrailUnderAttack();
  chain = await attack.closedChain([5, 5]);
  const other = attack.trail();
  evidence = [];
  other.checkpoints.onAppended(({ text, signature }) =>
    evidence.push(JSON.stringify({ level: 30, msg: 'audit checkpoint', checkpoint: text, signature })),
  );
  await other.append(readEvents(4));
  await other.seal();
  await other.close();
});
afterEach(() => attack.close());

async function lines(): Promise<string[]> {
  return messages((await attack.findings()).map(({ message }) => message));
}

const messages = (said: string[]): string[] =>
  said.map((message) =>
    message
      .replaceAll(chain, 'C')
      .replaceAll(/CHAIN#\S+?(?=[\s:,]|$)/g, 'D')
      .replaceAll(/ of \d{4}-[\d-]+T[\d:.]+Z/g, ''),
  );

const checkpointRow = (number: number): Promise<PhiItem> => attack.row(auditKeys.checkpoint(number));

/** Writes a checkpoint anew with changes, signed by whoever. */
async function resign(
  number: number,
  change: object,
  signer: (text: string) => Promise<Uint8Array> | Uint8Array,
): Promise<void> {
  const row = await checkpointRow(number);
  const text = JSON.stringify({ ...JSON.parse(row.attributes['checkpoint'] as string), ...change });
  const signature = Buffer.from(await signer(text)).toString('base64');
  await attack.put({ ...row, attributes: { ...row.attributes, checkpoint: text, signature } });
}

describe('the register', () => {
  it('names a checkpoint whose text was changed', async () => {
    const row = await checkpointRow(3);
    const text = (row.attributes['checkpoint'] as string).replace('"first":6', '"first":7');
    await attack.put({ ...row, attributes: { ...row.attributes, checkpoint: text } });
    expect(await lines()).toEqual([
      'checkpoint 3 was altered: its signature does not fit its text',
      'events 6 to 10 of chain C are sealed by no checkpoint that is left: checkpoint 4 goes on behind',
    ]);
  });

  it('names a checkpoint that was signed with another key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await resign(3, {}, (text) => sign('sha256', Buffer.from(text), privateKey));
    expect(await lines()).toEqual(['checkpoint 3 was altered: its signature does not fit its text']);
    await resign(3, { keyId: 'f'.repeat(32) }, (text) => sign('sha256', Buffer.from(text), privateKey));
    expect(await lines()).toEqual(["checkpoint 3 is signed with a key that is not the service's"]);
  });

  it("names one that was signed anew with the service's own key", async () => {
    await resign(3, { at: '2026-01-01T00:00:00.000Z' }, (text) => attack.signer.sign(text));
    expect(await lines()).toEqual([
      'checkpoint 3 was replaced: checkpoint 4 holds the digest of another text',
    ]);
    await resign(3, { at: '2026-01-02T00:00:00.000Z' }, (text) => attack.signer.sign(text));
  });

  it("names the newest one when it was signed anew with the service's own key", async () => {
    await resign(7, { at: '2026-01-01T00:00:00.000Z' }, (text) => attack.signer.sign(text));
    expect(await lines()).toEqual([
      'checkpoint 7 was replaced: the head of the register holds the digest of another text',
    ]);
  });

  it.each([
    [
      2,
      [
        'checkpoint 2 was removed: the register goes on after checkpoint 1',
        'events 1 to 5 of chain C are sealed by no checkpoint that is left: checkpoint 3 goes on behind',
      ],
    ],
    [
      4,
      [
        'checkpoint 4 was removed: the register goes on after checkpoint 3',
        'chain C is open and has no lease: its last checkpoints or its lease were removed',
      ],
    ],
    [
      7,
      [
        'checkpoint 7 was removed: the register goes on after checkpoint 6',
        'chain D is open and has no lease: its last checkpoints or its lease were removed',
      ],
    ],
    [1, ['checkpoint 1 was removed', 'chain C was never opened: checkpoint 2 is the first to name it']],
  ])('names checkpoint %d when it was removed', async (number, expected) => {
    await attack.remove(auditKeys.checkpoint(number));
    expect(await lines()).toEqual(expected);
  });

  it.each([
    ['no text', { checkpoint: 7 }],
    ['no JSON', { checkpoint: '{' }],
    ['null', { checkpoint: 'null' }],
    ['wrong types', { checkpoint: '{"format":"phi-audit-checkpoint/1","number":"3"}' }],
    ['nothing', {}],
  ])('names a row that holds %s, and goes on', async (_, attributes) => {
    const before = await checkpointRow(3);
    await attack.put({ ...before, attributes: attributes as PhiItem['attributes'] });
    expect(await lines()).toEqual([
      'checkpoint 3 was altered: its row holds no checkpoint',
      'events 6 to 10 of chain C are sealed by no checkpoint that is left: checkpoint 4 goes on behind',
    ]);
  });

  it.each([
    ['no text', 5],
    ['no base64', '%%%'],
    ['no DER', Buffer.from('garbage').toString('base64')],
    ['nothing', ''],
  ])('names a signature that is %s', async (_, signature) => {
    const row = await checkpointRow(3);
    await attack.put({ ...row, attributes: { ...row.attributes, signature } });
    expect(await lines()).toEqual(['checkpoint 3 was altered: its signature does not fit its text']);
  });

  it('names a row that stands among the checkpoints', async () => {
    await attack.put({ ...(await checkpointRow(3)), sort: '000000000003x' });
    expect(await lines()).toEqual(['a row that is no checkpoint was inserted into the register']);
  });

  it('names a checkpoint that stands in the place of another', async () => {
    await attack.put({ ...(await checkpointRow(2)), sort: auditKeys.checkpoint(3).sort });
    expect((await lines())[0]).toBe('checkpoint 3 was replaced by checkpoint 2');
  });

  it.each([
    ['changed', (leaves: Uint8Array) => Buffer.from(leaves).fill(7, 32, 64)],
    ['cut', (leaves: Uint8Array) => leaves.slice(0, 64)],
  ])('still judges a batch whose list of hashes was %s', async (_, change) => {
    const row = await checkpointRow(2);
    await attack.put({
      ...row,
      attributes: { ...row.attributes, leaves: change(row.attributes['leaves'] as Uint8Array) },
    });
    const changed = 'the list of event hashes beside checkpoint 2 was changed or removed';
    expect(await lines()).toEqual([changed]);
    await attack.alter(chain, 2, (event) => ({ ...event, count: 99 }));
    expect(await lines()).toEqual([
      changed,
      'events 1 to 5 of chain C are not what checkpoint 2 sealed; which of them was changed cannot be told, because the list of their hashes was changed as well',
    ]);
  });
});

describe('the newest part', () => {
  /** Takes the trail back to where it was after checkpoint 4: rows, head, everything. */
  async function cutOff(): Promise<void> {
    const { chain: other } = JSON.parse((await checkpointRow(6)).attributes['checkpoint'] as string) as {
      chain: string;
    };
    const text = (await checkpointRow(4)).attributes['checkpoint'] as string;
    await attack.remove(
      ...[5, 6, 7].map((number) => auditKeys.checkpoint(number)),
      ...[1, 2, 3, 4].map((sequence) => auditKeys.event(other, sequence)),
      auditKeys.seal(other, 4),
    );
    await attack.put({ ...auditKeys.head, attributes: { number: 4, digest: checkpointDigest(text) } });
  }

  it('is missed by the head when only the audit table was cut off', async () => {
    const head = await attack.row(auditKeys.head);
    await cutOff();
    await attack.put(head);
    expect(await lines()).toEqual([
      'checkpoints 5 to 7 were removed: the register goes on after checkpoint 4',
    ]);
  });

  it('is missed by evidence from elsewhere when everything was cut off', async () => {
    async function* log(): AsyncGenerator<string> {
      yield 'no JSON at all, checkpoint';
      yield JSON.stringify({ msg: 'request', checkpoint: 'no checkpoint', signature: 'none' });
      yield* evidence;
    }
    expect(await attack.verify({ evidence: log() })).toMatchObject({
      outcome: 'intact',
      notices: ['the evidence holds 3 signed checkpoints'],
    });
    await cutOff();
    expect(await lines()).toEqual([]);
    const report = await attack.verify({ evidence: log() });
    expect(messages(report.findings.map(({ message }) => message))).toEqual([
      'checkpoint 5, which the evidence holds, was removed from the trail',
      'checkpoint 6, which the evidence holds, was removed from the trail',
      'checkpoint 7, which the evidence holds, was removed from the trail',
    ]);
  });

  it('is not believed to be missing by evidence that nobody signed', async () => {
    await cutOff();
    async function* log(): AsyncGenerator<string> {
      for (const line of evidence) yield line.replace('"signature":"', '"signature":"AA');
    }
    expect(await attack.verify({ evidence: log() })).toMatchObject({
      outcome: 'intact',
      notices: [
        'the evidence holds 0 signed checkpoints',
        '3 checkpoints of the evidence are not signed with a key of the service and prove nothing',
      ],
    });
  });

  it('is missed by a lease that knows more', async () => {
    const open = attack.trail();
    await open.append(readEvents(3));
    await open.seal();
    const { checkpoint } = JSON.parse(JSON.stringify((await checkpointRow(8)).attributes)) as {
      checkpoint: string;
    };
    await attack.remove(
      auditKeys.checkpoint(9),
      ...[1, 2, 3].map((n) => auditKeys.event(open.chain, n)),
      auditKeys.seal(open.chain, 3),
    );
    await attack.put({ ...auditKeys.head, attributes: { number: 8, digest: checkpointDigest(checkpoint) } });
    expect(await lines()).toEqual([
      'checkpoints of chain D were removed: its lease says that it is sealed through event 3, the register ends at 0',
    ]);
    await attack.remove(auditKeys.checkpoint(8));
    const before = (await checkpointRow(7)).attributes['checkpoint'] as string;
    await attack.put({ ...auditKeys.head, attributes: { number: 7, digest: checkpointDigest(before) } });
    expect(await lines()).toEqual([
      'chain D holds a lease and was never opened: its checkpoints were removed',
    ]);
  });

  it.each([
    ['removed', undefined, ['the head of the register was rolled back or removed: checkpoints follow it']],
    ['rolled back', 4, ['the head of the register was rolled back to checkpoint 4: checkpoints follow it']],
  ])('is judged although the head was %s', async (_, number, expected) => {
    if (number === undefined) await attack.remove(auditKeys.head);
    else {
      const text = (await checkpointRow(number)).attributes['checkpoint'] as string;
      await attack.put({ ...auditKeys.head, attributes: { number, digest: checkpointDigest(text) } });
    }
    await attack.alter(chain, 3, (event) => ({ ...event, count: 99 }));
    const altered = 'event 3 of chain C was altered: its text no longer matches checkpoint 2';
    expect(new Set(await lines())).toEqual(new Set([...expected, altered]));
  });
});
