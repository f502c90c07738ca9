import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function find(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The folder of package.json, from the sources and from the build alike. */
export const projectFolder = find();
