import { classify, type Classification, type InheritedTags } from '@app/data-classification';
import type { ConfigurationItem } from './configuration-item.js';
import { encryptionAtRest, isJudged } from './encryption-at-rest.js';
import type { KeyOwner } from './key-owner.js';

export interface Verdict {
  compliance: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
  /** Why, in fixed words: at most 256 characters, no value of a tag. */
  annotation: string;
}

/** What the rule has to ask for. */
export interface Surroundings {
  /** Tags of what the resource belongs to or comes from, nearest first. */
  inheritedTags(item: ConfigurationItem): Promise<InheritedTags[]>;
  keyOwner(keyId: string, account: string): Promise<KeyOwner>;
}

/** @see AWS Config API Reference, Evaluation */
const ANNOTATION_AT_MOST = 256;

/**
 * Whether what holds PHI is encrypted under a key of the customer's, which alone lets him say who decrypts, see each use, and destroy
 * (45 CFR 164.312(a)(2)(iv), 164.312(e)(2)(ii)). What cannot be seen counts as not encrypted.
 */
export async function verdictOn(item: ConfigurationItem, surroundings: Surroundings): Promise<Verdict> {
  if (!isJudged(item.resourceType)) return notApplicable('This rule does not judge resources of this type');
  if (/Deleted/.test(item.status)) return notApplicable('The resource was deleted');
  if (item.status === 'ResourceNotRecorded')
    return notApplicable('AWS Config does not record the resource any more');
  const held = await classification(item, surroundings);
  const because = held.because;
  if (held.dataClass === 'unclassified') return notApplicable(`Not held to hold PHI: ${because}`);
  if (held.dataClass !== 'PHI') return notApplicable(`Holds no PHI (${because})`);
  const encryption = encryptionAtRest(item);
  switch (encryption.state) {
    case 'none':
      return broken(because, 'is not encrypted');
    case 'unseen':
      return broken(because, 'its configuration does not show that it is encrypted');
    case 'by the service':
      return broken(because, 'is encrypted under a key of AWS, not under a customer-managed key');
    case 'under a key':
      return underKey(await surroundings.keyOwner(encryption.keyId, item.account), because);
  }
}

function underKey(owner: KeyOwner, because: string): Verdict {
  switch (owner) {
    case 'customer':
      return verdict('COMPLIANT', `Holds PHI (${because}); encrypted under a customer-managed key`);
    case 'AWS':
      return broken(because, 'is encrypted under a key of AWS, not under a customer-managed key');
    case 'gone':
      return broken(because, 'is encrypted under a key that does not exist any more');
  }
}

/** Asks for the tags of others only where its own do not decide. */
async function classification(item: ConfigurationItem, surroundings: Surroundings): Promise<Classification> {
  const own = classify(item.tags);
  return own.by === 'own tag' ? own : classify(item.tags, await surroundings.inheritedTags(item));
}

const broken = (because: string, what: string) => verdict('NON_COMPLIANT', `Holds PHI (${because}); ${what}`);
const notApplicable = (why: string) => verdict('NOT_APPLICABLE', why);
const verdict = (compliance: Verdict['compliance'], annotation: string): Verdict => ({
  compliance,
  annotation: annotation.slice(0, ANNOTATION_AT_MOST),
});
