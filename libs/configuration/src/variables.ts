/** How one environment variable is read. `parse` throws `Expected` with what was expected, never with what it got. */
export interface Variable<T> {
  readonly meaning: string;
  /** Text used when the variable is absent or empty; `undefined` makes it optional. */
  readonly fallback: string | undefined;
  /** What a right value looks like, as a phrase: "a whole number from 1 to 65535". */
  readonly expects: string;
  /** @returns the value, or `undefined` where the text is not what is expected */
  readonly parse: (text: string) => T | undefined;
}

export function text(meaning: string, fallback: string | undefined, pattern: RegExp, expects: string) {
  const parse = (value: string) => (pattern.test(value) ? value : undefined);
  return { meaning, fallback, expects, parse } satisfies Variable<string>;
}

export function oneOf<const T extends string>(meaning: string, fallback: T, choices: readonly T[]) {
  const parse = (value: string) => choices.find((choice) => choice === value);
  return { meaning, fallback, expects: `one of ${choices.join(', ')}`, parse } satisfies Variable<T>;
}

export function wholeNumber(meaning: string, fallback: number, from: number, to: number) {
  const parse = (value: string) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= from && number <= to ? number : undefined;
  };
  const expects = `a whole number from ${from} to ${to}`;
  return { meaning, fallback: String(fallback), expects, parse } satisfies Variable<number>;
}

export function list(meaning: string, fallback: string | undefined, itemPattern: RegExp, expects: string) {
  const parse = (value: string) => {
    const items = value.split(',').map((item) => item.trim());
    return items.every((item) => itemPattern.test(item)) ? items : undefined;
  };
  return { meaning, fallback, expects, parse } satisfies Variable<string[]>;
}

/** The configuration is wrong: `message` names every wrong variable and what it should be, and no value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
