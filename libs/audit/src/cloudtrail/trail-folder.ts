import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CloudTrailUnavailable } from './cloudtrail-source.js';
import { TrailStore } from './trail-files.js';

/** Trail files in a folder of this machine: a copy of the bucket, or some of its files. */
export class TrailFolder extends TrailStore {
  constructor(private readonly folder: string) {
    super();
  }

  override async *list(folder: string): AsyncGenerator<string> {
    const entries = await this.#entries(folder);
    // In order of time, as the bucket lists them. Links are not followed: one may lead back up.
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.isDirectory()) yield `${folder}${entry.name}/`;
      else if (entry.isFile()) yield `${folder}${entry.name}`;
    }
  }

  override async open(path: string): Promise<Readable> {
    return createReadStream(join(this.folder, path));
  }

  async #entries(folder: string) {
    try {
      return await readdir(join(this.folder, folder), { withFileTypes: true });
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      throw new CloudTrailUnavailable(`the trail's folder cannot be read (${code})`, { cause: error });
    }
  }
}
