import { needs, Unreadable } from './unreadable.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads fields one after another and never beyond the end, whatever lengths the bytes claim. Big-endian. */
export class ByteReader {
  #position = 0;

  constructor(private readonly content: Buffer) {}

  get position(): number {
    return this.#position;
  }

  get left(): number {
    return this.content.length - this.#position;
  }

  /** @returns a view of the same memory */
  bytes(length: number): Buffer {
    needs(length <= this.left, 'The bytes end too early.');
    this.#position += length;
    return this.content.subarray(this.#position - length, this.#position);
  }

  uint8(): number {
    return this.bytes(1).readUInt8();
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE();
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  /** A length of 8 bytes; one beyond the end is refused before it becomes a number that is rounded. */
  longLength(): number {
    const length = this.bytes(8).readBigUInt64BE();
    needs(length <= BigInt(this.left), 'The bytes end too early.');
    return Number(length);
  }

  /** A field behind its length of 2 bytes. */
  prefixed(): Buffer {
    return this.bytes(this.uint16());
  }

  text(): string {
    try {
      return utf8.decode(this.prefixed());
    } catch (error) {
      throw error instanceof Unreadable ? error : new Unreadable('A text is not UTF-8.');
    }
  }

  /** @returns everything read since `start` */
  since(start: number): Buffer {
    return this.content.subarray(start, this.#position);
  }
}
