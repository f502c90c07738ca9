import { type PhiItem, type PhiTable } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';

/** A row of a chain as it is stored, whatever it holds. */
export interface ChainRow {
  sequence: number;
  /** `undefined` where the row holds no text. */
  text: string | undefined;
  indexed: PhiItem['indexed'];
}

const rowsAtOnce = 500;
const number = /^\d{12}$/;
/** Every sort key is at or after it. */
const leastText = '\u0001';

/**
 * Reads the rows of one chain in order, each once, a page at a time. Rows whose key is no number, and rows with a smaller
 * number than was asked for, are kept apart in `strays`: nothing of the trail stands there.
 */
export class ChainReader {
  readonly strays: string[] = [];
  #page: ChainRow[] = [];
  #position = 0;
  #next: string | undefined;
  #ended = false;
  /** Where to look again once the chain has grown. */
  #from: string;

  /** @param first number of the first row that is read; whatever stands before is read too if it is 1 */
  constructor(
    private readonly table: PhiTable,
    readonly chain: string,
    first: number,
  ) {
    this.#from = first === 1 ? leastText : auditKeys.event(chain, first).sort;
  }

  /** @returns the rows with a number from `first` to `last` that are there, in order */
  async take(first: number, last: number): Promise<ChainRow[]> {
    const rows: ChainRow[] = [];
    for (;;) {
      const row = await this.#peek();
      if (row === undefined || row.sequence > last) return rows;
      this.#position += 1;
      if (row.sequence >= first) rows.push(row);
      else this.strays.push(auditKeys.event(this.chain, row.sequence).sort);
    }
  }

  /** Leaves out what comes before: nobody vouches for it. */
  async skip(through: number): Promise<void> {
    for (
      let row = await this.#peek();
      row !== undefined && row.sequence <= through;
      row = await this.#peek()
    ) {
      this.#position += 1;
    }
  }

  /** @returns the next rows, whatever their numbers, a page at most; none at the end of the chain */
  async takePage(): Promise<ChainRow[]> {
    if ((await this.#peek()) === undefined) return [];
    const rows = this.#page.slice(this.#position);
    this.#position = this.#page.length;
    return rows;
  }

  async #peek(): Promise<ChainRow | undefined> {
    while (this.#position >= this.#page.length) {
      // Many chains are open at once: what was read of them is not kept.
      this.#page = [];
      this.#position = 0;
      if (this.#ended && !(await this.#hasGrown())) return undefined;
      if (!this.#ended) await this.#read();
    }
    return this.#page[this.#position];
  }

  /** A chain that is being written has more rows than at the last look. */
  async #hasGrown(): Promise<boolean> {
    await this.#read();
    return this.#position < this.#page.length;
  }

  async #read(): Promise<void> {
    const page = await this.table.query({
      table: 'audit',
      partition: this.chain,
      from: this.#from,
      limit: rowsAtOnce,
      ...(this.#next === undefined ? {} : { after: this.#next }),
    });
    this.#page = page.items.flatMap((item) => this.#row(item));
    this.#position = 0;
    this.#next = page.next;
    this.#ended = page.next === undefined;
    const last = page.items.at(-1);
    // The least text after the last row's.
    if (this.#ended && last !== undefined) this.#from = `${last.sort}${leastText}`;
  }

  #row(item: PhiItem): ChainRow[] {
    if (!number.test(item.sort)) {
      this.strays.push(item.sort);
      return [];
    }
    const { event } = item.attributes;
    const text = typeof event === 'string' ? event : undefined;
    return [{ sequence: Number(item.sort), text, indexed: item.indexed }];
  }
}
