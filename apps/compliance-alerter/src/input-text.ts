/** An input that is not one of those that are agreed upon. It names the place, as a JSON pointer, and never the value. */
export class InputRefused extends Error {
  override readonly name = 'InputRefused';

  constructor(readonly place: string) {
    super(`not what was agreed at ${place === '' ? 'the whole input' : place}`);
  }
}

/** How a text has to look: every character, and how many. */
export interface TextShape {
  pattern: RegExp;
  atMost: number;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fits = (text: string, { pattern, atMost }: TextShape): boolean =>
  text.length <= atMost && pattern.test(text);

/** @throws InputRefused unless the value is a text of the shape */
export function requiredText(value: unknown, place: string, shape: TextShape): string {
  if (typeof value !== 'string' || !fits(value, shape)) throw new InputRefused(place);
  return value;
}

/**
 * What may be absent: an input transformer leaves an empty text where the event has nothing.
 * @returns the text, or that there was one which does not have the shape
 * @throws InputRefused if it is no text at all
 */
export function optionalText(
  value: unknown,
  place: string,
  shape: TextShape,
): { value?: string; isWithheld: boolean } {
  if (value === undefined || value === null || value === '') return { isWithheld: false };
  if (typeof value !== 'string') throw new InputRefused(place);
  return fits(value, shape) ? { value, isWithheld: false } : { isWithheld: true };
}
