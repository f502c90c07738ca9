/** @returns where a sticky pattern that matches at `at` ends, undefined if it does not match there */
export function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
