/**
 * Removes from a production `node_modules` what Node never loads there: `node docker/prune-modules.mjs FOLDER`. Most packages run from the
 * bundle (`apps/bundle.mjs`): their names, versions and licences stay. A smaller image is pulled faster and gives scanners less to report.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unbundled } from '../apps/unbundled.mjs';

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

/** Of a package that runs from the bundle. */
export const isOnlyCode = (name) => !terms.test(name) && name !== 'package.json';

/** @returns names of the packages that are loaded from their folder: the unbundled ones, and what they depend on */
export function loadedPackages(modules) {
  const loaded = new Set();
  const add = (name) => {
    const manifest = join(modules, name, 'package.json');
    if (loaded.has(name) || !existsSync(manifest)) return;
    loaded.add(name);
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) add(needed);
  };
  for (const name of Object.keys(unbundled)) add(name);
  return loaded;
}

const packagesIn = (modules) =>
  readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );

/** @returns bytes that were removed below a folder `node_modules` */
export function pruneModules(modules) {
  const loaded = loadedPackages(modules);
  return packagesIn(modules)
    .filter((name) => statSync(join(modules, name)).isDirectory())
    .reduce((bytes, name) => bytes + prune(join(modules, name), loaded.has(name) ? isUnused : isOnlyCode), 0);
}

/** @returns bytes that were removed below the folder */
function prune(folder, isRemoved) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += prune(path, isRemoved);
    else if (entry.isFile() && isRemoved(entry.name)) {
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
  process.stdout.write(`${Math.round(pruneModules(folder) / 1e6)} MB of files removed\n`);
}
