import { InvalidArgumentError } from 'commander';

/** @returns milliseconds since the epoch */
export function parseTime(text: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/;
  const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;
  const time = day.test(text) || moment.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('It must be a date (UTC) or a time with its zone: 2026-11-21T08:00:00Z.');
  }
  return time;
}

/** @returns a number from 1 on */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,12}$/.test(text) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

/** @returns the path @throws InvalidArgumentError if it is empty */
export function parsePath(text: string): string {
  if (text !== '' && !text.includes('\0')) return text;
  throw new InvalidArgumentError('It must be the path of a file.');
}
