import {
  classKeys,
  environmentKeys,
  letters,
  nameOfTag,
  no,
  otherClasses,
  phiClasses,
  phiKeys,
  productionPattern,
  yes,
} from './tag-words.js';

export type Tags = Readonly<Record<string, string>>;

/** Tags of something that a resource belongs to or comes from. */
export interface InheritedTags {
  from: 'instance' | 'source volume' | 'stack';
  tags: Tags;
}

export interface Classification {
  /** `unclassified`: nothing says what it holds. */
  dataClass: 'PHI' | 'PII' | 'other' | 'unclassified';
  /** Where that was found. */
  by: 'own tag' | 'inherited tag' | 'environment' | 'nothing';
  /** What decided, in fixed words; no value of a tag is repeated. */
  because: string;
}

/**
 * What a resource holds, by its tags and by those of what it belongs to. The first that applies decides:
 * 1. a tag of its own that says PHI (`PHI`, `DataClassification`), against any that says otherwise: a wrong no costs more than a wrong yes;
 * 2. a tag of its own that says otherwise;
 * 3. the same of its instance, its source volume and its stack: PHI in any of them, then otherwise in the first that says so;
 * 4. `Environment`, its own or inherited: production without a class is taken for PHI.
 * @param inherited nearest first
 * @see README.md, "Precedence"
 */
export function classify(own: Tags, inherited: readonly InheritedTags[] = []): Classification {
  const sources = [{ from: undefined, tags: own }, ...inherited];
  const said = sources.map(({ from, tags }) => ({ from, ...saidBy(tags) }));
  const [ofItself, ...ofOthers] = said;
  const decided =
    (ofItself?.dataClass === undefined ? undefined : ofItself) ??
    ofOthers.find(({ dataClass }) => dataClass === 'PHI') ??
    ofOthers.find(({ dataClass }) => dataClass !== undefined);
  if (decided?.dataClass !== undefined) {
    const source = decided.from === undefined ? 'its tag' : `the tag of its ${decided.from}`;
    const by = decided.from === undefined ? 'own tag' : 'inherited tag';
    return { dataClass: decided.dataClass, by, because: `${source} ${decided.tag}` };
  }
  const production = sources.find(({ tags }) => isProduction(tags));
  return production === undefined
    ? { dataClass: 'unclassified', by: 'nothing', because: 'no tag says what it holds' }
    : {
        dataClass: 'PHI',
        by: 'environment',
        because: `no tag says what it holds, and ${production.from === undefined ? 'it' : `its ${production.from}`} belongs to production`,
      };
}

interface Said {
  dataClass?: Exclude<Classification['dataClass'], 'unclassified'>;
  tag?: 'PHI' | 'DataClassification';
}

function saidBy(tags: Tags): Said {
  const all = Object.entries(tags).flatMap(([key, value]) => {
    const one = saidByTag(nameOfTag(key), value);
    return one === undefined ? [] : [one];
  });
  return all.find(({ dataClass }) => dataClass === 'PHI') ?? all[0] ?? {};
}

function saidByTag(name: string, value: string): Said | undefined {
  if (phiKeys.has(name)) {
    const word = letters(value);
    // Whoever calls a tag so and gives it a value that is neither has PHI in mind.
    return { tag: 'PHI', dataClass: no.has(word) && !yes.has(word) ? 'other' : 'PHI' };
  }
  if (!classKeys.has(name)) return undefined;
  const whole = letters(value);
  const words = otherClasses.has(whole) ? [whole] : [whole, ...value.split(/[\s,;/|+&]+/).map(letters)];
  if (words.some((word) => phiClasses.has(word))) return { tag: 'DataClassification', dataClass: 'PHI' };
  if (words.includes('pii')) return { tag: 'DataClassification', dataClass: 'PII' };
  if (words.some((word) => otherClasses.has(word))) return { tag: 'DataClassification', dataClass: 'other' };
  // A class of somebody else's scheme says nothing here.
  return undefined;
}

const isProduction = (tags: Tags): boolean =>
  Object.entries(tags).some(
    ([key, value]) => environmentKeys.has(nameOfTag(key)) && productionPattern.test(letters(value)),
  );
