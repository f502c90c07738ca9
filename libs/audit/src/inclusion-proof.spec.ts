import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LmdbPhiTable, type PhiItem } from '@app/phi-table';
import { openTrail, readEvent, readSealedTrail } from '../../../test/support/audit-sealing.js';
import { auditKeys, auditRow, type AuditRow } from './audit-item.js';
import type { AuditTrail } from './audit-trail.js';
import { type InclusionProof, inclusionProof, verifyInclusion } from './inclusion-proof.js';
import { LocalCheckpointSigner } from './local-checkpoint-signer.js';

const folder = mkdtempSync(join(tmpdir(), 'phi-proof-'));
const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
const signer = LocalCheckpointSigner.open(join(folder, 'key'));
const key = createPublicKey(signer.publicKey);

let trail: AuditTrail;
let rows: AuditRow[];

beforeAll(async () => {
  trail = openTrail(table, signer);
  // Ranges of 7, 1 and 5 events, and two that wait.
  for (const size of [7, 1, 5, 2]) {
    await trail.append(Array.from({ length: size }, () => readEvent()));
    if (size !== 2) await trail.seal();
  }
  rows = (await readSealedTrail(table, signer)).get(trail.chain)!.rows;
});
afterAll(async () => {
  await table.close();
  rmSync(folder, { recursive: true });
});

const proofOf = (row: AuditRow) => inclusionProof(trail.checkpoints, row);
const rowAt = (sequence: number) => rows[sequence - 1]!;

describe('an inclusion proof', () => {
  it.each([
    [1, 0, 7],
    [7, 6, 7],
    [8, 0, 1],
    [9, 0, 5],
    [11, 2, 5],
    [13, 4, 5],
  ])('of event %d shows it as leaf %d of %d', async (sequence, leafIndex, treeSize) => {
    const proof = (await proofOf(rowAt(sequence)))!;
    expect(proof).toMatchObject({ leafIndex, treeSize, checkpoint: { checkpoint: { chain: trail.chain } } });
    expect(verifyInclusion(proof, rowAt(sequence), key)).toBe(true);
  });

  it('is not there as long as the event is not sealed', async () => {
    expect(await proofOf(rowAt(14))).toBeUndefined();
    expect(await proofOf(rowAt(15))).toBeUndefined();
  });

  it('does not depend on where the parts come from: JSON text will do', async () => {
    const proof = JSON.parse(JSON.stringify(await proofOf(rowAt(3)))) as InclusionProof;
    expect(verifyInclusion(proof, rowAt(3), key)).toBe(true);
  });

  it('holds for that event alone', async () => {
    const proof = (await proofOf(rowAt(3)))!;
    for (const row of rows) expect(verifyInclusion(proof, row, key)).toBe(row.sequence === 3);
    const { text } = rowAt(3);
    expect(
      verifyInclusion(proof, { ...rowAt(3), text: text.replace('patient-read', 'patient-send') }, key),
    ).toBe(false);
    expect(verifyInclusion(proof, { ...rowAt(3), text: `${text} ` }, key)).toBe(false);
    expect(verifyInclusion(proof, { ...rowAt(3), sequence: 4 }, key)).toBe(false);
    expect(verifyInclusion(proof, { ...rowAt(3), chain: `${trail.chain}1` }, key)).toBe(false);
  });

  it('holds unchanged alone', async () => {
    const row = rowAt(3);
    const proof = (await proofOf(row))!;
    const other = (await proofOf(rowAt(9)))!;
    const spare = randomBytes(32).toString('base64');
    const changed: InclusionProof[] = [
      { ...proof, leafIndex: 3 },
      { ...proof, treeSize: 8 },
      { ...proof, treeSize: 6 },
      { ...proof, leaf: spare },
      { ...proof, path: proof.path.slice(1) },
      { ...proof, path: [...proof.path, spare] },
      { ...proof, path: proof.path.toReversed() },
      { ...proof, path: proof.path.with(0, spare) },
      { ...proof, path: proof.path.with(0, '') },
      { ...proof, checkpoint: other.checkpoint },
      { ...proof, checkpoint: { ...proof.checkpoint, text: other.checkpoint.text } },
      { ...proof, checkpoint: { ...proof.checkpoint, signature: other.checkpoint.signature } },
      { ...proof, checkpoint: { ...proof.checkpoint, signature: 'AAAA' } },
      { ...proof, checkpoint: { ...proof.checkpoint, signature: '' } },
    ];
    for (const each of changed) expect(verifyInclusion(each, row, key)).toBe(false);
    const stranger = LocalCheckpointSigner.open(join(folder, 'stranger-key'));
    expect(verifyInclusion(proof, row, createPublicKey(stranger.publicKey))).toBe(false);
  });

  it('goes by what was signed, whatever stands beside it', async () => {
    const proof = (await proofOf(rowAt(3)))!;
    const { checkpoint } = proof;
    const beside = { ...checkpoint, checkpoint: { ...checkpoint.checkpoint, first: 2, root: 'x' } };
    expect(verifyInclusion({ ...proof, checkpoint: beside }, rowAt(3), key)).toBe(true);
  });

  it('is refused of an event that was altered, and of hashes that were', async () => {
    const altered = { ...rowAt(3), text: rowAt(3).text.replace('patient-read', 'patient-send') };
    await expect(proofOf(altered)).rejects.toMatchObject({ type: { name: 'integrity-failure' } });

    const sealed = (await proofOf(rowAt(9)))!.checkpoint;
    const place = auditKeys.checkpoint(sealed.checkpoint.number);
    const stored = (await table.get(place)) as PhiItem;
    const leaves = Buffer.from(stored.attributes['leaves'] as Uint8Array);
    leaves.fill(0, 32, 64);
    const put = (item: PhiItem) => table.transactWrite([{ type: 'put', item }]);
    await put({ ...stored, attributes: { ...stored.attributes, leaves } });
    // Its own leaf is what it was, but no path made of these leads to the root.
    await expect(proofOf(rowAt(9))).rejects.toMatchObject({ type: { name: 'integrity-failure' } });
    await put({ ...stored, attributes: { ...stored.attributes, checkpoint: '{' } });
    await expect(proofOf(rowAt(9))).rejects.toMatchObject({ name: 'CorruptCheckpoint' });
    await put(stored);
    expect(verifyInclusion((await proofOf(rowAt(9)))!, rowAt(9), key)).toBe(true);
  });

  it('leads from the stored item to its row', async () => {
    const item = (await table.get(auditKeys.event(trail.chain, 5))) as PhiItem;
    expect(auditRow(item)).toEqual(rowAt(5));
  });
});
