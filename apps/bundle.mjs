/**
 * Puts each built app and the packages that it uses into a few files, `dist/bin`: Node spends more than half of a start on finding
 * and reading 2,600 small ones. What runs is what `nest build` made; the compiler's checks and decorators are done by then.
 */
import { existsSync, rmSync } from 'node:fs';
import process from 'node:process';
import { build } from 'esbuild';

const apps = { 'phi-api': 'phi-api', phi: 'phi-cli', 'phi-recovery': 'phi-recovery' };

/** Not to be put into a file with others, each with the reason. */
const outside = {
  lmdb: 'finds its native part beside itself',
  '@stdlib/*': 'a list of names, read as data',
  'swagger-ui-dist': 'pages that are served from its folder',
};

/** What frameworks ask for in case it is there; here it is not. */
const absent = [
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer/storage',
  'ts-morph',
];

const entryPoints = Object.fromEntries(
  Object.entries(apps).map(([name, app]) => [name, `dist/apps/${app}/src/main.js`]),
);
const missing = Object.values(entryPoints).filter((entry) => !existsSync(entry));
if (missing.length > 0) {
  process.stderr.write(`${missing.join(', ')}: not there; \`npm run build\` makes them first\n`);
  process.exit(2);
}

rmSync('dist/bin', { recursive: true, force: true });
await build({
  entryPoints,
  outdir: 'dist/bin',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What only the aws platform or one command needs is loaded when it is needed.
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  // Licences that ask for it go along, in a file beside each.
  legalComments: 'linked',
  external: [...Object.keys(outside), ...absent.flatMap((name) => [name, `${name}/*`])],
  // CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
  logLevel: 'warning',
});
