import { Readable } from 'node:stream';
import { type Disclosure } from '@app/audit';
import { stringify } from 'csv-stringify/sync';

const columns = [
  'date',
  'recipient',
  'recipient issuer',
  'client',
  'what',
  'documents',
  'purpose',
  'purpose code',
  'category',
  'event id',
] as const;

/**
 * @param pages newest first
 * @param failed told when a page cannot be read: the status has left, so the answer can only break off
 * @returns RFC 4180, a header line and a line a disclosure, pulled as fast as the reader takes them
 */
export function csvStream(
  pages: AsyncGenerator<Disclosure[]>,
  failed: (error: unknown) => Promise<void>,
): Readable {
  return Readable.from(lines(pages, failed), { objectMode: false, highWaterMark: 64 * 1024 });
}

async function* lines(
  pages: AsyncGenerator<Disclosure[]>,
  failed: (error: unknown) => Promise<void>,
): AsyncGenerator<string> {
  yield toCsv([columns]);
  try {
    for await (const page of pages) {
      if (page.length > 0) yield toCsv(page.map(cellsOf));
    }
  } catch (error) {
    await failed(error);
    throw error;
  }
}

/** Names of subjects and clients come from tokens: none may become a formula where the file is opened (OWASP, CSV Injection). */
const toCsv = (rows: readonly (readonly string[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    {
      escape_formulas: true,
      quoted: true,
      quoted_empty: true,
      record_delimiter: 'windows',
    },
  );

function cellsOf({
  date,
  recipient,
  description,
  documents,
  purpose,
  category,
  eventId,
}: Disclosure): string[] {
  const named = documents.map(
    ({ type, id, version }) => `${type}/${id}${version === undefined ? '' : ` version ${version}`}`,
  );
  return [
    date,
    recipient.subject,
    recipient.issuer,
    recipient.clientId,
    description,
    named.join('; '),
    purpose?.display ?? 'not stated',
    purpose?.code ?? '',
    category,
    eventId,
  ];
}
