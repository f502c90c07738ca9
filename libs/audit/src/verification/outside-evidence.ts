import { type KeyObject } from 'node:crypto';
import { type PhiTable } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';
import { verifyCheckpoint } from '../checkpoint.js';
import { parseObject, readCheckpoint } from './checkpoint-text.js';
import { type Findings } from './findings.js';

/**
 * Holds checkpoints that were kept elsewhere against the trail: each that the service signed must be in its register as it was.
 * This is what shows that the newest part of a trail was cut off, whoever holds the store and the key.
 * @param lines JSON lines with `checkpoint` (its text) and `signature`; others are skipped
 */
export async function compareWithEvidence(
  table: PhiTable,
  publicKeys: ReadonlyMap<string, KeyObject>,
  lines: AsyncIterable<string>,
  findings: Findings,
  notices: string[],
): Promise<void> {
  let held = 0;
  let unsigned = 0;
  for await (const line of lines) {
    const { checkpoint: text, signature } =
      (line.includes('checkpoint') ? parseObject(line) : undefined) ?? {};
    const checkpoint = readCheckpoint(text);
    if (checkpoint === undefined || typeof text !== 'string' || typeof signature !== 'string') continue;
    const key = publicKeys.get(checkpoint.keyId);
    if (key === undefined || !verifyCheckpoint({ checkpoint, text, signature }, key)) {
      unsigned += 1;
      continue;
    }
    held += 1;
    const { number, at, chain } = checkpoint;
    const row = await table.get(auditKeys.checkpoint(number));
    if (row?.attributes['checkpoint'] === text) continue;
    const what = row === undefined ? 'was removed from the trail' : 'was replaced in the trail';
    findings.add({
      kind: 'evidence-missing',
      message: `checkpoint ${number} of ${at}, which the evidence holds, ${what}`,
      checkpoint: number,
      chain,
    });
  }
  notices.push(`the evidence holds ${held} signed ${held === 1 ? 'checkpoint' : 'checkpoints'}`);
  if (unsigned > 0)
    notices.push(
      `${unsigned} checkpoints of the evidence are not signed with a key of the service and prove nothing`,
    );
}
