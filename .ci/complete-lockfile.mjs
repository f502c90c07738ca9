#!/usr/bin/env node
/**
 * Completes package-lock.json after `npm install` on a registry mirror that lacks packages for other platforms.
 * npm then leaves those out of the lockfile, and `npm ci` refuses it as incomplete, on every platform. Each is added by
 * the exact version that its parent names, optional and bound to its platform, so that it is installed only there.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const platforms = new Set([
  'darwin',
  'linux',
  'win32',
  'android',
  'freebsd',
  'openharmony',
  'sunos',
  'aix',
  'openbsd',
  'netbsd',
]);
const processors = {
  x64: 'x64',
  arm64: 'arm64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

/** @returns what the package's name says of where it runs, or `undefined` if it says nothing */
function platformOf(name) {
  const words = name.replace(/^@[^/]+\//, '').split('-');
  const os = words.find((word) => platforms.has(word));
  const cpu = words.map((word) => processors[word]).find((word) => word !== undefined);
  if (name.endsWith('wasm32-wasi')) return { cpu: ['wasm32'] };
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word === 'gnu')
      ? ['glibc']
      : undefined;
  return { cpu: [cpu], os: [os], ...(libc !== undefined && os === 'linux' ? { libc } : {}) };
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const present = lock.packages[`node_modules/${name}`] ?? lock.packages[`${path}/node_modules/${name}`];
    const platform = platformOf(name);
    if (present !== undefined || platform === undefined || !/^\d+\.\d+\.\d+[-.\w]*$/.test(range)) continue;
    const dev = entry.dev === true ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version: range, ...platform, ...dev, optional: true };
    added += 1;
  }
}
const root = lock.packages[''];
delete lock.packages[''];
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = { '': root, ...Object.fromEntries(sorted) };
writeFileSync('package-lock.json', `${JSON.stringify(lock, undefined, 2)}\n`);
process.stderr.write(`${added} packages of other platforms added\n`);
