/**
 * Puts each built app and the packages that it uses into a few files, `dist/bin`: Node spends more than half of a start on finding
 * and reading 2,600 small ones. What runs is what `nest build` made; the compiler's checks and decorators are done by then.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import process from 'node:process';
import { build } from 'esbuild';
import { unbundled } from './unbundled.mjs';

const apps = { 'phi-api': 'phi-api', phi: 'phi-cli', 'phi-recovery': 'phi-recovery' };

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

/** It asks for class-validator past every bundler, which would bring a second one beside that of the bundle. */
const mappedTypes = {
  name: 'mapped-types',
  setup({ onLoad }) {
    onLoad({ filter: /@nestjs\/mapped-types\/dist\/type-helpers\.utils\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(/^const require = createRequire\(import\.meta\.url\);$/m, '');
      if (contents === text) throw new Error('@nestjs/mapped-types asks for its packages in another way now');
      return { contents };
    });
  },
};

rmSync('dist/bin', { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
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
  // Of a package in CommonJS, `import()` would give its default alone.
  mainFields: ['module', 'main'],
  sourcemap: true,
  sourcesContent: false,
  // Licences that ask for it go along, in a file beside each.
  legalComments: 'linked',
  external: [
    ...Object.keys(unbundled),
    ...Object.keys(unbundled).map((name) => `${name}/*`),
    ...absent.flatMap((name) => [name, `${name}/*`]),
  ],
  // CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
  plugins: [mappedTypes],
  logLevel: 'warning',
});

// What the image leaves out must not be asked for (docker/prune-modules.mjs).
const packageOf = (path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/');
const expected = new Set([...Object.keys(unbundled), ...absent.map(packageOf)]);
const asked = Object.values(metafile.outputs).flatMap(({ imports }) =>
  imports.filter(({ external }) => external),
);
const unexpected = asked
  .map(({ path }) => packageOf(path))
  .filter((name) => !isBuiltin(name) && !expected.has(name));
if (unexpected.length > 0) {
  process.stderr.write(
    `the bundle asks for ${[...new Set(unexpected)].join(', ')}, which apps/unbundled.mjs does not name\n`,
  );
  process.exit(1);
}
