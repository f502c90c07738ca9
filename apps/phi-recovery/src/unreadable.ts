/**
 * Something cannot be read, or is not authentic. The message is a fixed sentence: it holds no bytes, no value and no
 * key of what was read, so it may be printed.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** @throws Unreadable with `why` unless `condition` holds */
export function needs(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Unreadable(why);
}
