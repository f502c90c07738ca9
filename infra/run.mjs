#!/usr/bin/env node
/**
 * Compiles an entry of the infrastructure and runs it: `node infra/run.mjs bin/nag --env prod`. esbuild needs a tenth of a second
 * where the type checker needs ten, because the CDK's declarations are large; `npm run check` checks the types.
 */
import { build } from 'esbuild';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const infra = dirname(fileURLToPath(import.meta.url));
const [entry] = process.argv.splice(2, 1);
if (entry === undefined) throw new Error('Say which entry: node infra/run.mjs bin/phi');

const compiled = join(infra, '..', 'dist', 'infra', `${entry}.js`);
const written = `${compiled}.${process.pid}`;
await build({
  entryPoints: [join(infra, `${entry}.ts`)],
  outfile: written,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
// Whoever runs the same entry at the same time reads a whole file.
renameSync(written, compiled);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(compiled).href);
