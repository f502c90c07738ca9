/**
 * Writes docs/sbom.cdx.json: what the image is made of, beside its base (CycloneDX 1.5, from the lockfile alone).
 * `--check` tells whether the file is of this lockfile. The same lockfile gives the same bytes on every machine and with every npm:
 * no time, no serial number, no version of the tool, no place on a disk, no address of a registry.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unusedPackages } from './prune-modules.mjs';

const file = 'docs/sbom.cdx.json';
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * @returns manifest and lockfile as if there were no development: what `npm ci --omit=dev` installs, less what is pruned.
 *   `npm sbom --omit=dev` leaves out what development needs as well, also where production needs it (npm 10.8 and 11.19).
 */
function ofProduction() {
  const { devDependencies: _, ...manifest } = read('package.json');
  const { packages, ...lockfile } = read('package-lock.json');
  const { devDependencies: __, ...root } = packages[''];
  const installed = Object.entries(packages).filter(
    ([path, { dev }]) => dev !== true && unusedPackages[path.replace(/^node_modules\//, '')] === undefined,
  );
  return { manifest, lockfile: { ...lockfile, packages: { ...Object.fromEntries(installed), '': root } } };
}

/** @returns the document of npm @throws when npm cannot read the lockfile */
function npmSbom({ manifest, lockfile }) {
  const folder = mkdtempSync(join(tmpdir(), 'phi-sbom-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockfile));
    const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
    return JSON.parse(
      execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const byName = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
/** A version that lies in several places is one component. */
const once = (all, nameOf) =>
  [...new Map(all.map((one) => [nameOf(one), one])).values()].sort((a, b) => byName(nameOf(a), nameOf(b)));

function component({ 'bom-ref': reference, type, name, version, scope, purl, hashes, licenses }) {
  return { 'bom-ref': reference, type, name, version, scope, purl, hashes, licenses };
}

function document() {
  const production = ofProduction();
  const { name, version, description } = production.manifest;
  const { bomFormat, specVersion, metadata, components, dependencies } = npmSbom(production);
  return {
    bomFormat,
    specVersion,
    version: 1,
    metadata: {
      // npm takes the name of the folder, and calls what has no main program a library.
      component: { ...component(metadata.component), type: 'application', name, version, description },
    },
    components: once(components.map(component), (one) => one['bom-ref']),
    dependencies: once(
      dependencies.map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.toSorted(byName) })),
      ({ ref }) => ref,
    ),
  };
}

const text = `${JSON.stringify(document(), undefined, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write(`${file} is not of this lockfile: run npm run sbom\n`);
  process.exitCode = 1;
}
