import { type RowSeal } from '@app/encryption';
import { type PhiItem } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { IntegrityBreach } from './integrity-breach.js';
import { patientIdOf } from './keys.js';

/**
 * What a row says in clear decides access (deleted, restricted, team member): it carries an HMAC over all of it and over
 * its own key. The message is left out: it is bound to the same row by its encryption context.
 */
export function sealItem(rowSeal: RowSeal, item: PhiItem): PhiItem {
  return { ...item, attributes: { ...item.attributes, seal: rowSeal.seal(sealedParts(item)) } };
}

/** @returns the row with `changes`, sealed anew under the active root; absent ones stay as they are */
export function resealItem(rowSeal: RowSeal, item: PhiItem, changes: PhiItem['attributes'] = {}): PhiItem {
  const { seal: _, ...attributes } = item.attributes;
  return sealItem(rowSeal, { ...item, attributes: { ...attributes, ...changes } });
}

/** Rows of this process that were verified: a row is looked at in several places and never changed after it was read. */
const verified = new WeakSet<PhiItem>();

/** @throws Problem `integrity-failure` if anything of the row was changed or moved from another row */
export function verifySeal(rowSeal: RowSeal, item: PhiItem): PhiItem {
  if (verified.has(item)) return item;
  const seal = item.attributes['seal'];
  if (typeof seal !== 'string' || !rowSeal.verify(sealedParts(item), seal)) {
    throw new Problem(problemTypes.integrityFailure, {
      cause: new IntegrityBreach(patientIdOf(item.partition)),
    });
  }
  verified.add(item);
  return item;
}

function sealedParts(item: PhiItem): string[] {
  const clear = Object.entries(item.attributes).filter(([name]) => name !== 'seal' && name !== 'message');
  clear.sort(([a], [b]) => (a < b ? -1 : 1));
  return [item.partition, item.sort, JSON.stringify(clear)];
}
