import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Marked values, invented for the tests: whatever holds one of them has leaked. */
export const canaries = {
  family: 'Zyxwquell',
  given: 'Vorbelina',
  contact: 'Thrandomir',
  medicalRecordNumber: 'MRNQX-7741093',
  socialSecurityNumber: '536-90-4481',
  phone: '(415) 555-0187',
  otherPhone: '+1 628 555 0134',
  email: 'vorbelina.zyxwquell@canary-mail.example',
  addressLine: '4417 Quillfeather Lane',
  city: 'Brackenhollow',
  freeText: 'xanthoquill haemorrhage',
  clinicalText: 'osteoplumbic fever',
  jsonKey: 'Quorvintaal',
} as const;

const digitsAtLeast = 9;

/** How a value may look after it went through a URL, a form or a normalization. */
function spellings(value: string): string[] {
  const digits = value.replace(/\D/g, '');
  return [
    value,
    encodeURIComponent(value),
    value.replaceAll(' ', '+'),
    ...(digits.length >= digitsAtLeast ? [digits] : []),
  ];
}

/** Base64 of `text` wherever it stands in a longer text: the characters that do not depend on its neighbours. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, 'utf8')]);
    const whole = bytes.length - (bytes.length % 3);
    const encoded = bytes.subarray(0, whole).toString('base64');
    return encoded.slice(offset === 0 ? 0 : 4);
  });
}

interface Needle {
  name: string;
  /** Searched for in lower case. */
  folded: string[];
  /** Searched for as they are. */
  exact: string[];
}

function needle(name: string, value: string): Needle {
  const words = [
    ...new Set(spellings(value).flatMap((text) => [text, text.toLowerCase(), text.toUpperCase()])),
  ];
  const wide = words.map((word) => Buffer.from(word, 'utf16le').toString('latin1'));
  const hex = words.map((word) => Buffer.from(word, 'utf8').toString('hex'));
  const base64 = words.flatMap(base64Cores);
  return {
    name,
    // Little endian without its last zero byte is big endian without its first.
    folded: [...words, ...wide.map((text) => text.slice(0, -1)), ...hex].map((text) => text.toLowerCase()),
    exact: [...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
  };
}

/** Finds marked values in texts and bytes: as they are, in any case, percent-encoded, Base64, hex, UTF-16. */
export class LeakSearch {
  readonly #needles: Needle[];

  /** @param values by a name that says what they are; the name alone is reported */
  constructor(values: Readonly<Record<string, string>>) {
    this.#needles = Object.entries(values).map(([name, value]) => needle(name, value));
  }

  /** @returns the names of the values that `content` holds */
  in(content: string | Buffer): string[] {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    const text = bytes.toString('latin1');
    const lower = text.toLowerCase();
    return this.#needles
      .filter(
        ({ folded, exact }) =>
          folded.some((word) => lower.includes(word)) || exact.some((word) => text.includes(word)),
      )
      .map(({ name }) => name);
  }

  /** @returns `<file>: <name>` for each value in the name or the bytes of a file below `folder` */
  inFiles(folder: string): string[] {
    return filesBelow(folder).flatMap((file) =>
      [...this.in(file), ...this.in(readFileSync(join(folder, file)))].map((name) => `${file}: ${name}`),
    );
  }
}

/** @returns paths relative to `folder` */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
