type JsonObject = { readonly [name: string]: unknown };

/**
 * Whether a rule of EventBridge with this pattern takes an event: fields of a pattern are all of them needed, values of a list are
 * alternatives, and a list in the event matches by any of its elements.
 * @throws Error at anything of a pattern that is not documented
 * @see Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison operators for use in event patterns"
 */
export function matchesPattern(pattern: JsonObject, event: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or') return alternatives(wanted).some((one) => matchesPattern(one, event));
    if (Array.isArray(wanted)) return matchesLeaf(wanted, valuesAt(event, name));
    if (!isObject(wanted)) throw new Error(`${name}: a pattern has lists and objects alone`);
    const inside = valuesAt(event, name).filter((value) => isObject(value));
    // One element has to match by itself. Where there is none, everything below is absent.
    return inside.length > 0
      ? inside.some((value) => matchesPattern(wanted, value))
      : matchesPattern(wanted, undefined);
  });
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function alternatives(wanted: unknown): JsonObject[] {
  if (Array.isArray(wanted) && wanted.length > 0 && wanted.every(isObject)) return wanted;
  throw new Error('$or: a list of patterns');
}

/** @returns the values of a field, those of a list one by one; none if it is absent */
function valuesAt(event: unknown, name: string): unknown[] {
  if (!isObject(event) || !Object.hasOwn(event, name)) return [];
  return [event[name]].flat(Infinity) as unknown[];
}

function matchesLeaf(wanted: readonly unknown[], present: readonly unknown[]): boolean {
  if (wanted.length === 0) throw new Error('an empty list matches nothing');
  // Comparisons are for values; an object is none.
  const values = present.filter((value) => !isObject(value));
  return wanted.some((one) => {
    if (isObject(one) && 'exists' in one) return one['exists'] === values.length > 0;
    return values.some((value) => matchesValue(one, value));
  });
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  if (!isObject(wanted)) return wanted === value;
  const [[operator, operand] = [''], ...others] = Object.entries(wanted);
  if (others.length > 0) throw new Error('one comparison an object');
  switch (operator) {
    case 'prefix':
    case 'suffix':
    case 'wildcard':
    case 'equals-ignore-case':
      return typeof value === 'string' && matchesText(operator, operand, value);
    case 'anything-but':
      return !isAmong(operand, value);
    case 'numeric':
      return typeof value === 'number' && matchesNumber(operand, value);
    case 'cidr':
      return typeof value === 'string' && isInBlock(String(operand), value);
    default:
      throw new Error(`${operator}: not a comparison of EventBridge`);
  }
}

function matchesText(operator: string, operand: unknown, text: string): boolean {
  if (isObject(operand)) {
    const folded = operand['equals-ignore-case'];
    if (typeof folded !== 'string' || !['prefix', 'suffix'].includes(operator))
      throw new Error(`${operator}: a text, or one without regard to case`);
    return matchesText(operator, folded.toLowerCase(), text.toLowerCase());
  }
  if (typeof operand !== 'string') throw new Error(`${operator}: a text`);
  switch (operator) {
    case 'prefix':
      return text.startsWith(operand);
    case 'suffix':
      return text.endsWith(operand);
    case 'equals-ignore-case':
      return text.toLowerCase() === operand.toLowerCase();
    default:
      return wildcard(operand).test(text);
  }
}

/** `*` is any characters, `\*` an asterisk; two in a row are refused by EventBridge. */
function wildcard(pattern: string): RegExp {
  if (pattern.replaceAll('\\*', '').includes('**')) throw new Error('wildcard: two asterisks in a row');
  const parts = pattern.split(/(\\[*\\]|\*)/).map((part) => {
    if (part === '*') return '.*';
    return (part.startsWith('\\') ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

/** What "anything but" excludes: values, or texts that begin, end or look like one of these. */
function isAmong(operand: unknown, value: unknown): boolean {
  if (!isObject(operand)) return [operand].flat().includes(value);
  return Object.entries(operand).some(([operator, texts]) => {
    if (!['prefix', 'suffix', 'wildcard', 'equals-ignore-case'].includes(operator))
      throw new Error(`anything-but ${operator}: not a comparison of EventBridge`);
    return typeof value === 'string' && [texts].flat().some((text) => matchesText(operator, text, value));
  });
}

function matchesNumber(operand: unknown, value: number): boolean {
  if (!Array.isArray(operand) || operand.length % 2 !== 0)
    throw new Error('numeric: pairs of sign and number');
  for (let at = 0; at < operand.length; at += 2) {
    const [sign, limit] = [String(operand[at]), Number(operand[at + 1])];
    const holds = {
      '=': value === limit,
      '<': value < limit,
      '<=': value <= limit,
      '>': value > limit,
      '>=': value >= limit,
    }[sign];
    if (holds === undefined) throw new Error(`numeric ${sign}: not a comparison of EventBridge`);
    if (!holds) return false;
  }
  return true;
}

function isInBlock(block: string, address: string): boolean {
  const [network = '', bits = '32'] = block.split('/');
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(address)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(network) / size);
}
