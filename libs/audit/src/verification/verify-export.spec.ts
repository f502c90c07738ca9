import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalCheckpointSigner } from '../local-checkpoint-signer.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportOptions, exportTrail } from './export-trail.js';
import { readEvents, TrailUnderAttack } from './spec-support.js';
import { NoExport, verifyExport } from './verify-export.js';

let attack: TrailUnderAttack;
let chain: string;
let file: string[];
/** Line 1 is the header, 2 checkpoint 1 (opened), 3 checkpoint 2, 4 to 8 events 1 to 5, 9 checkpoint 3, 10 to 14 events 6 to 10, 15 checkpoint 4. */
beforeEach(async () => {
  attack = new TrailUnderAttack();
  chain = await attack.closedChain([5, 5]);
  await attack.closedChain([4]);
  file = await exported();
});
afterEach(() => attack.close());

async function exported(options: Partial<ExportOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  await exportTrail(attack.table, { publicKeys: [attack.signer.publicKey], ...options }, async (line) => {
    lines.push(line);
  });
  return lines;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const verify = (lines: readonly string[]) =>
  verifyExport(each(lines), { publicKeys: [attack.signer.publicKey] });

async function said(lines: readonly string[]): Promise<string[]> {
  const { findings } = await verify(lines);
  return findings.map(({ message }) =>
    message
      .replaceAll(chain, 'C')
      .replaceAll(/CHAIN#\S+?(?=[\s:,]|$)/g, 'D')
      .replaceAll(/ of \d{4}-[\d-]+T[\d:.]+Z/g, ''),
  );
}

/** @param from the first line is 1 */
const without = (from: number, count = 1) => file.toSpliced(from - 1, count);

describe('an export', () => {
  it('is intact as it was written, with the public key alone', async () => {
    expect(await verify(file)).toMatchObject({
      outcome: 'intact',
      findings: [],
      checkpoints: { verified: 7, first: 1, last: 7 },
      events: { sealed: 14, unsealed: 0, expired: 0 },
      chains: { open: 0, closed: 2, abandoned: 0 },
    });
  });

  it('says so when the key was taken from the file itself', async () => {
    const { outcome, notices } = await verifyExport(each(file));
    expect(outcome).toBe('intact');
    expect(notices[0]).toMatch(/^the signatures were checked with the key in the file itself/);
  });

  it.each([
    ['by number', { fromCheckpoint: 3 }],
    ['by time', { since: new Date(0) }],
  ])('may begin anywhere: %s', async (_, options) => {
    expect(await verify(await exported(options))).toMatchObject({ outcome: 'intact', findings: [] });
  });

  it('serves as evidence against the trail that it came from', async () => {
    expect(await attack.verify({ evidence: each(file) })).toMatchObject({
      outcome: 'intact',
      notices: ['the evidence holds 7 signed checkpoints'],
    });
  });
});

describe('an export that was tampered with', () => {
  it('names an event that was altered', async () => {
    file[5] = file[5]!.replace('127.0.0.1', '127.0.0.2');
    expect(await said(file)).toEqual([
      'event 3 of chain C was altered: its text no longer matches checkpoint 2',
    ]);
  });

  it('names an event that was removed', async () => {
    expect(await said(without(6))).toEqual([
      'the last line of the file speaks of 7 checkpoints and 14 events; it holds 7 and 13',
      'event 3 of chain C was removed: checkpoint 2 sealed it',
    ]);
  });

  it('names an event that was inserted', async () => {
    const copy = file[5]!.replace('"sequence":3', '"sequence":6');
    expect(await said(file.toSpliced(8, 0, copy))).toEqual([
      'event 6 stands behind checkpoint 2, which did not seal it there',
      'the last line of the file speaks of 7 checkpoints and 14 events; it holds 7 and 15',
    ]);
    expect(await said(file.toSpliced(1, 0, copy))).toContain(
      'line 3 of the file, or one after it, is none of an export',
    );
  });

  it('names events that changed places', async () => {
    const [a, b] = [file[4]!, file[6]!];
    file[4] = b.replace('"sequence":4', '"sequence":2');
    file[6] = a.replace('"sequence":2', '"sequence":4');
    expect(await said(file)).toEqual([
      "events 2 and 4 of chain C changed places: checkpoint 2 sealed each under the other's number",
    ]);
  });

  it('names a checkpoint that was removed with its events', async () => {
    expect((await said(without(9, 6))).slice(0, 2)).toEqual([
      'checkpoint 3 was removed: the register goes on after checkpoint 2',
      'events 6 to 10 of chain C are sealed by no checkpoint that is left: checkpoint 4 goes on behind',
    ]);
  });

  it('names a file that was cut off', async () => {
    expect(await said(file.slice(0, 12))).toEqual([
      'the file ends before its last line: it was cut off',
      'events 9 to 10 of chain C were removed: checkpoint 3 sealed the first of them',
    ]);
  });

  it('names one that another key signed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-key-'));
    const { publicKey } = LocalCheckpointSigner.open(join(folder, 'key'));
    rmSync(folder, { recursive: true });
    const { findings } = await verifyExport(each(file), { publicKeys: [publicKey] });
    expect(findings[0]?.message).toMatch(
      /^checkpoint 1 of \S+ is signed with a key that is not the service's$/,
    );
  });

  it.each([
    ['no JSON', '{'],
    ['JSON that is no object', '[1]'],
    ['an object of another kind', '{"a":1}'],
    ['a checkpoint without a number', '{"number":"1"}'],
  ])('goes on behind a line that is %s', async (_, line) => {
    const [first] = await said(file.toSpliced(8, 0, line));
    expect(first).toBe('line 9 of the file, or one after it, is none of an export');
  });

  it('names lines that follow the last', async () => {
    expect(await said([...file, file[3]!])).toHaveLength(1);
  });
});

describe('a file that is no export', () => {
  it.each([
    ['empty', []],
    ['no JSON', ['hello']],
    ['another format', ['{"format":"other/1"}']],
    ['a damaged header', ['{"format":"phi-audit-export/1","from":0}']],
    ['a key that is none', ['{"format":"phi-audit-export/1","from":1,"publicKeys":["x"]}']],
  ])('is refused: %s', async (_, lines) => {
    await expect(verifyExport(each(lines))).rejects.toThrow(NoExport);
  });

  it('is judged with events that nobody put there', async () => {
    const open = attack.trail();
    await open.append(readEvents(3));
    expect((await verify(await exported())).events).toEqual({ sealed: 14, unsealed: 0, expired: 0 });
    await open.close();
  });
});
