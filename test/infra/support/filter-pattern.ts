/**
 * Whether a metric filter with this pattern counts a JSON line: the part of the syntax that our filters use. A comparison with a field that is
 * not there does not hold, `!=` neither: a filter that relies on it would rely on what is not documented.
 * @throws Error at anything else
 * @see Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail",
 *   terms in JSON log events
 */
export function matchesFilter(pattern: string, line: unknown): boolean {
  const inside = /^\{ (.*) \}$/s.exec(pattern)?.[1];
  if (inside === undefined) throw new Error('a JSON pattern stands in braces');
  const terms = new Terms(tokensOf(inside), line);
  const holds = terms.either();
  terms.end();
  return holds;
}

const token =
  /\s*(?:(\(|\)|&&|\|\|)|(\$\.[\w.[\]-]+)|(!=|>=|<=|=|>|<)|"([^"]*)"|(NOT EXISTS|IS NULL|IS TRUE|IS FALSE)|(-?\d+(?:\.\d+)?))/y;

interface Token {
  kind: 'sign' | 'path' | 'comparison' | 'text' | 'state' | 'number';
  text: string;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const kinds = ['sign', 'path', 'comparison', 'text', 'state', 'number'] as const;
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const at = token.lastIndex;
    const found = token.exec(text)?.slice(1);
    const index = found?.findIndex((part) => part !== undefined) ?? -1;
    const kind = kinds[index];
    if (found === undefined || kind === undefined)
      throw new Error(`not understood: ${text.slice(at, at + 40)}`);
    tokens.push({ kind, text: found[index] ?? '' });
  }
  return tokens;
}

class Terms {
  #at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly line: unknown,
  ) {}

  /** `&&` binds closer than `||`. Both sides are read, so that a fault in the second is found too. */
  either(): boolean {
    let holds = this.#both();
    while (this.#take('||')) holds = [this.#both(), holds].some(Boolean);
    return holds;
  }

  #both(): boolean {
    let holds = this.#term();
    while (this.#take('&&')) holds = [this.#term(), holds].every(Boolean);
    return holds;
  }

  #term(): boolean {
    if (this.#take('(')) {
      const holds = this.either();
      if (!this.#take(')')) throw new Error('a bracket is not closed');
      return holds;
    }
    const value = valueAt(this.line, this.#next('path').text);
    const token = this.#next('comparison', 'state');
    return token.kind === 'state' ? isState(token.text, value) : this.#compare(token.text, value);
  }

  #compare(comparison: string, value: unknown): boolean {
    const wanted = this.#next('text', 'number');
    if (value === undefined || value === null) return false;
    if (wanted.kind === 'number') {
      if (typeof value !== 'number') return false;
      const limit = Number(wanted.text);
      const holds = {
        '=': value === limit,
        '!=': value !== limit,
        '>': value > limit,
        '>=': value >= limit,
        '<': value < limit,
        '<=': value <= limit,
      };
      return holds[comparison as keyof typeof holds];
    }
    if (comparison !== '=' && comparison !== '!=') throw new Error(`${comparison}: not of texts`);
    if (typeof value !== 'string') return false;
    const escaped = wanted.text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${escaped}$`, 's').test(value) === (comparison === '=');
  }

  #next(...kinds: Token['kind'][]): Token {
    const token = this.tokens[this.#at];
    if (token === undefined || !kinds.includes(token.kind)) throw new Error(`expected ${kinds.join(' or ')}`);
    this.#at += 1;
    return token;
  }

  #take(sign: string): boolean {
    const token = this.tokens[this.#at];
    const is = token?.kind === 'sign' && token.text === sign;
    if (is) this.#at += 1;
    return is;
  }

  end(): void {
    if (this.#at < this.tokens.length) throw new Error('more than one expression');
  }
}

function isState(state: string, value: unknown): boolean {
  switch (state) {
    case 'NOT EXISTS':
      return value === undefined;
    case 'IS NULL':
      return value === null;
    case 'IS TRUE':
      return value === true;
    default:
      return value === false;
  }
}

function valueAt(line: unknown, path: string): unknown {
  return path
    .slice(2)
    .split(/[.[\]]+/)
    .filter((name) => name !== '')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], line);
}
