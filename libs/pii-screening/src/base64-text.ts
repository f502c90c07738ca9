import { isUtf8 } from 'node:buffer';
import { screenedString, type ScreenedString } from './screened-string.js';

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Shorter ones say too little to tell a code from an encoded text. */
const shortestUnits = 12;
/** An opaque value of this length is a file, whatever it is called. */
const shortestFileUnits = 256;
// Controls do not occur in text; a NUL alone gives a binary file away.
const control = /(?![\t-\r\u0080-\u009f])\p{Cc}/u;

/** @returns the text behind base64, or undefined if it is not base64 of UTF-8 text */
export function decodeText(encoded: string): string | undefined {
  const compact = /\s/.test(encoded) ? encoded.replace(/\s+/g, '') : encoded;
  if (compact === '') return '';
  if (compact.length % 4 !== 0 || !base64.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  if (!isUtf8(bytes)) return undefined;
  // A byte order mark is no part of the text.
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  return control.test(text) ? undefined : text;
}

/** A text in base64, screened as the text and encoded again. */
export function screenedBase64(text: string): ScreenedString {
  const inner = screenedString(text);
  return {
    parts: inner.parts,
    rewrite: (findings) => Buffer.from(inner.rewrite(findings), 'utf8').toString('base64'),
  };
}

/** What a string in some undeclared place turns out to be: an encoded text, an encoded file, or neither. */
export function recognizeBase64(value: string): { text: string } | 'file' | undefined {
  if (value.length < shortestUnits || value.length % 4 !== 0 || !base64.test(value)) return undefined;
  // Words and sequences of bases use the same letters; encoded data has all kinds of them.
  if (!/[0-9+/=]/.test(value) || !/[A-Z]/.test(value) || !/[a-z]/.test(value)) return undefined;
  const text = decodeText(value);
  if (text !== undefined) return { text };
  return value.length >= shortestFileUnits ? 'file' : undefined;
}
