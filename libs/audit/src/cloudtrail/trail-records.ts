import { UnreadableRecord } from './kms-call.js';

/** The file ends early, or is no trail file. Nothing of what it holds is told. */
export class DamagedTrailFile extends Error {
  override readonly name = 'DamagedTrailFile';
}

/** CloudTrail caps an event at 1 MB; whatever is longer is none, and must not fill the memory. */
const recordBytesAtMost = 2 * 1024 * 1024;
/** What every record of KMS holds: others are not even parsed. */
const kmsMark = Buffer.from('kms.amazonaws.com');

/**
 * Reads a trail file, `{"Records": [...]}`, record by record: files of a busy account hold hundreds of megabytes.
 * @param bytes the file's text, decompressed, in pieces of any length
 * @returns the records that speak of KMS, parsed; an `UnreadableRecord` in the place of one that is no JSON
 * @throws DamagedTrailFile
 * @see AWS CloudTrail User Guide, "CloudTrail log file examples"
 */
export async function* trailRecords(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<object | UnreadableRecord> {
  const cutter = new RecordCutter();
  for await (const piece of bytes) {
    for (const text of cutter.cut(piece)) if (text.includes(kmsMark)) yield parsed(text);
  }
  cutter.end();
}

function parsed(text: Buffer): object | UnreadableRecord {
  try {
    return JSON.parse(text.toString('utf8')) as object;
  } catch {
    return new UnreadableRecord();
  }
}

const head = /^\s*\{\s*"Records"\s*:\s*\[/;
const headBytesAtMost = 200;
const code = { quote: 0x22, backslash: 0x5c, openList: 0x5b, closeList: 0x5d, open: 0x7b, close: 0x7d };

/** Finds where the elements of the list begin and end: braces and brackets outside of texts, counted. */
class RecordCutter {
  #state: 'head' | 'list' | 'ended' = 'head';
  /** Braces and brackets open within the list; 0 between two records. */
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** What came of the head, or of a record that is not complete. */
  #kept: Buffer[] = [];
  #keptBytes = 0;

  /** @returns the records that are complete with this piece */
  cut(bytes: Uint8Array): Buffer[] {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const list = this.#state === 'head' ? this.#afterHead(piece) : piece;
    return this.#state === 'list' ? this.#records(list) : [];
  }

  /** @throws DamagedTrailFile unless the list was there and came to its end */
  end(): void {
    if (this.#state === 'head') throw noTrailFile();
    if (this.#state === 'list') throw new DamagedTrailFile('it ends before the end of its records');
  }

  #afterHead(piece: Buffer): Buffer {
    this.#keep(piece);
    const begun = Buffer.concat(this.#kept);
    const found = head.exec(begun.subarray(0, headBytesAtMost).toString('latin1'));
    if (found === null) {
      if (begun.length >= headBytesAtMost) throw noTrailFile();
      return Buffer.alloc(0);
    }
    this.#state = 'list';
    this.#forget();
    return begun.subarray(found[0].length);
  }

  #records(piece: Buffer): Buffer[] {
    const records: Buffer[] = [];
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (this.#inText) {
        at = this.#passText(piece, at);
      } else if (byte === code.quote) {
        this.#inText = true;
      } else if (byte === code.open || byte === code.openList) {
        if (this.#depth === 0) start = at;
        this.#depth += 1;
      } else if (byte === code.close || byte === code.closeList) {
        this.#depth -= 1;
        if (this.#depth < 0) {
          this.#state = 'ended';
          return records;
        }
        if (this.#depth > 0) continue;
        records.push(Buffer.concat([...this.#kept, piece.subarray(start, at + 1)]));
        this.#forget();
        start = -1;
      }
    }
    if (start >= 0) this.#keep(piece.subarray(start));
    return records;
  }

  /** @returns the last position that was looked at */
  #passText(piece: Buffer, from: number): number {
    for (let at = from; at < piece.length; at++) {
      if (this.#escaped) this.#escaped = false;
      else if (piece[at] === code.backslash) this.#escaped = true;
      else if (piece[at] === code.quote) {
        this.#inText = false;
        return at;
      }
    }
    return piece.length;
  }

  /** A copy: whoever gave the piece may use its memory again. */
  #keep(part: Buffer): void {
    this.#keptBytes += part.length;
    if (this.#keptBytes > recordBytesAtMost)
      throw new DamagedTrailFile('a record is longer than CloudTrail writes any');
    this.#kept.push(Buffer.from(part));
  }

  #forget(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }
}

const noTrailFile = () => new DamagedTrailFile('it is no trail file: it does not begin with {"Records":[');
