/** A time series: a value at each time, `undefined` where there is none. */
export type TimeSeries = readonly (number | undefined)[];

/**
 * Works out an expression of CloudWatch's metric math, as far as ours go: numbers, ids, `+ - * /`, parentheses, FILL and EPOCH. A value is missing where one
 * that it needs is missing, or where it would be divided by 0.
 * @param times seconds since 1970, one a value
 * @throws Error if the expression is none, or names an id that is not there
 * @see Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics", syntax and functions
 */
export function evaluate(
  expression: string,
  series: Readonly<Record<string, TimeSeries>>,
  times: readonly number[],
): TimeSeries {
  const tokens = tokensOf(expression);
  let at = 0;
  const take = (text: string): boolean => {
    if (tokens[at] !== text) return false;
    at += 1;
    return true;
  };
  const expect = (text: string): void => {
    if (!take(text)) throw new Error(`${text} is missing in ${expression}`);
  };

  const sum = (): TimeSeries => {
    let value = product();
    for (;;) {
      if (take('+')) value = combined(value, product(), (a, b) => a + b);
      else if (take('-')) value = combined(value, product(), (a, b) => a - b);
      else return value;
    }
  };
  const product = (): TimeSeries => {
    let value = factor();
    for (;;) {
      if (take('*')) value = combined(value, factor(), (a, b) => a * b);
      else if (take('/')) value = combined(value, factor(), (a, b) => (b === 0 ? undefined : a / b));
      else return value;
    }
  };
  const factor = (): TimeSeries => {
    if (take('(')) {
      const value = sum();
      expect(')');
      return value;
    }
    const token = tokens[at] ?? '';
    at += 1;
    if (/^\d/.test(token)) return times.map(() => Number(token));
    if (token === 'FILL') {
      expect('(');
      const value = sum();
      expect(',');
      const fill = sum();
      expect(')');
      return value.map((one, index) => one ?? fill[index]);
    }
    if (token === 'EPOCH') {
      expect('(');
      sum();
      expect(')');
      // Never sparse: of the times, whether or not there is a value.
      return times;
    }
    const named = series[token];
    if (named === undefined) throw new Error(`${token || 'an operand'} is not known in ${expression}`);
    return named;
  };

  const result = sum();
  if (at < tokens.length) throw new Error(`${tokens[at]} is too much in ${expression}`);
  return result;
}

function tokensOf(expression: string): string[] {
  const tokens = expression.match(/\d+(?:\.\d+)?|[A-Za-z]\w*|[-+*/(),]|\S/g) ?? [];
  const unknown = tokens.find((token) => !/^(\d+(\.\d+)?|[A-Za-z]\w*|[-+*/(),])$/.test(token));
  if (unknown !== undefined) throw new Error(`${unknown} is not known in ${expression}`);
  return tokens;
}

const combined = (
  left: TimeSeries,
  right: TimeSeries,
  combine: (a: number, b: number) => number | undefined,
): TimeSeries =>
  left.map((a, index) => {
    const b = right[index];
    return a === undefined || b === undefined ? undefined : combine(a, b);
  });
