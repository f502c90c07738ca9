import { FILE_NOTE, type KeyStoreFile, type KeyStoreRows } from './key-store-file.js';

/**
 * Removes what LMDB keeps of destroyed keys: a deleted row stays readable in freed pages, and in the slack of pages in
 * use, until something else happens to be written there.
 */
export class KeyStoreCompaction {
  constructor(private readonly file: KeyStoreFile) {}

  /**
   * @returns how many destroyed rows the key store's file may still hold traces of, and since when; `undefined` when none.
   *   It is kept in the file itself, so it survives restarts and counts what other processes destroyed.
   */
  async pending(): Promise<{ destroyedRows: number; since: Date } | undefined> {
    return this.file.read((rows) => {
      const note = rows.get(FILE_NOTE);
      if (note === undefined) return undefined;
      return { destroyedRows: Number(note['rows']?.N), since: new Date(note['since']?.S ?? '') };
    });
  }

  /**
   * Writes all rows into a new file that nothing else ever was in, and removes the old one. Safe beside other processes
   * that have the key store open, and when it is killed at any moment. Writers wait while it runs, and this process does
   * nothing else meanwhile: about three seconds for 100,000 patients.
   * @param progress called now and then with the number of rows copied and of all rows
   */
  async run(
    progress: (copied: number, rows: number) => void = () => undefined,
  ): Promise<{ bytesBefore: number; bytesAfter: number }> {
    const { before, after } = await this.file.replace(progress);
    return { bytesBefore: before, bytesAfter: after };
  }
}

/** Part of the transaction that destroys the rows. */
export function noteDestroyed(rows: KeyStoreRows, count: number): void {
  if (count === 0) return;
  const note = rows.get(FILE_NOTE);
  const since = note?.['since']?.S ?? new Date().toISOString();
  rows.putSync(FILE_NOTE, {
    rows: { N: String(Number(note?.['rows']?.N ?? 0) + count) },
    since: { S: since },
  });
}
