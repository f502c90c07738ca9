/**
 * Removes from a production `node_modules` what Node never loads there: `node docker/prune-modules.mjs FOLDER`.
 * What is left is what runs, and its licences; a smaller image is pulled faster and gives scanners less to report.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages that npm installs for a production of ours and nothing loads, each with the reason. */
export const unusedPackages = {
  typescript:
    'optional peer of @nestjs/swagger, for its compiler plugin: that has done its work when the image is built',
};

/** Kinds of files, each with the reason. */
const unusedFiles = [
  [/\.d\.(ts|mts|cts)$|\.(ts|mts|cts)$/, 'types and sources: for compilers'],
  [/\.map$/, 'source maps: for debuggers'],
  [/\.(md|markdown)$/i, 'documentation'],
  [/\.(c|cc|cpp|h|gyp|gypi)$/, 'sources of native parts, which are there built'],
  [/\.musl\.node$/, 'built for Alpine Linux; the base image is Debian'],
  [/\.abi\d+\.[a-z]+\.node$/, 'built for one version of Node; the build for every version (napi) stays'],
];

/** Terms travel with the code, whatever the file is called. */
const terms = /^(licen[cs]e|notice|copying|third.?party)/i;

export const isUnused = (name) => !terms.test(name) && unusedFiles.some(([pattern]) => pattern.test(name));

/** @returns bytes that were removed below the folder */
export function prune(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += prune(path);
    else if (entry.isFile() && isUnused(entry.name)) {
      bytes += statSync(path).size;
      rmSync(path);
    }
  }
  return bytes;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , folder = 'node_modules'] = process.argv;
  for (const name of Object.keys(unusedPackages))
    rmSync(join(folder, name), { recursive: true, force: true });
  process.stdout.write(`${Math.round(prune(folder) / 1e6)} MB of files removed\n`);
}
