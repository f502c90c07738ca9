import { describe, expect, it } from '@jest/globals';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, relative } from 'node:path';
import { isUnused, loadedPackages, pruneModules, unusedPackages } from '../../docker/prune-modules.mjs';
import { isProduction, repositoryFiles } from '../support/source-files.js';
import { dockerfileStages, dockerignore, type Stage, textsOf } from './dockerfile.js';

const base = 'node:24-bookworm-slim';
const stages = dockerfileStages('Dockerfile');
const [modules, build, image] = stages as [Stage, Stage, Stage];
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Words of an instruction in its exec form: no shell between it and the process. */
const words = (text: string | undefined) => JSON.parse(text ?? 'null') as string[];

describe('the Dockerfile', () => {
  it('builds in stages on one base', () => {
    expect(stages.map(({ base: from, name }) => [from, name])).toEqual([
      [base, 'modules'],
      [base, 'build'],
      [base, undefined],
    ]);
  });

  it('has development dependencies in the build alone', () => {
    expect(textsOf(modules, 'RUN')).toEqual([expect.stringMatching(/^npm ci --omit=dev && /)]);
    expect(textsOf(build, 'RUN')[0]).toBe('npm ci');
    const taken = textsOf(image, 'COPY').filter((text) => text.startsWith('--from='));
    expect(taken).toEqual([
      '--from=modules /app/node_modules node_modules',
      '--from=build /app/dist/bin dist/bin',
    ]);
    expect(textsOf(image, 'RUN').filter((text) => /\bnpm (ci|i|install|run|exec)\b/.test(text))).toEqual([]);
  });

  it('gives the build every folder that its sources import from', () => {
    const sources = repositoryFiles().filter(
      (file) => isProduction(file) && /^(apps|libs)\//.test(file.path),
    );
    const folders = new Set(
      sources.flatMap(({ path, text }) =>
        [...text.matchAll(/from '(\.\.\/[^']+)'/g)].map(
          ([, to = '']) => normalize(join(dirname(path), to)).split('/')[0] ?? '',
        ),
      ),
    );
    const copied = textsOf(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1));
    expect([...folders].filter((folder) => !copied.includes(folder))).toEqual([]);
    const lets = dockerignore('.dockerignore');
    for (const folder of folders) expect([folder, lets(`${folder}/index.ts`)]).toEqual([folder, true]);
  });

  it('runs as user 1000, whom nothing belongs to', () => {
    expect(textsOf(image, 'USER')).toEqual(['1000:1000']);
    expect(textsOf(image, 'COPY').filter((text) => /--ch(own|mod)/.test(text))).toEqual([]);
    const order = image.instructions.map(({ name }) => name);
    expect(order.lastIndexOf('USER')).toBeGreaterThan(
      Math.max(order.lastIndexOf('RUN'), order.lastIndexOf('COPY')),
    );
  });

  it('starts the service itself, so that it is who gets SIGTERM', () => {
    expect(words(textsOf(image, 'ENTRYPOINT')[0])).toEqual([]);
    const [program, script = '', ...more] = words(textsOf(image, 'CMD')[0]);
    expect([program, more]).toEqual(['node', []]);
    expect(script).toBe('dist/bin/phi-api.mjs');
    expect(existsSync(script)).toBe(true);
  });

  it('is production: nothing is kept inside the container by mistake', () => {
    expect(textsOf(image, 'ENV')).toEqual(['NODE_ENV=production']);
    expect(textsOf(image, 'VOLUME')).toEqual([]);
  });

  it('asks for its health without a shell and without curl', () => {
    const [health = ''] = textsOf(image, 'HEALTHCHECK');
    expect(words(/CMD (\[.*\])$/.exec(health)?.[1])).toEqual(['phi-healthy']);
    // The probe itself waits three seconds.
    expect(Number(/--timeout=(\d+)s/.exec(health)?.[1])).toBeGreaterThan(3);
  });

  it.each(['phi', 'phi-recovery', 'phi-healthy'])('has %s on the path, a file that can be run', (name) => {
    const links = textsOf(image, 'RUN').join(' && ');
    const [, target = ''] = new RegExp(`ln -s /app/(\\S+) /usr/local/bin/${name}(?: |$)`).exec(links) ?? [];
    expect(textsOf(image, 'COPY').some((text) => target.startsWith(`${text.split(' ')[0]}/`))).toBe(true);
    accessSync(target, constants.X_OK);
    expect(readFileSync(target, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  // https://github.com/opencontainers/image-spec/blob/main/annotations.md
  it('says what it is', () => {
    const labels = Object.fromEntries(
      [...(textsOf(image, 'LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.(\w+)="([^"]*)"/g)].map(
        ([, name, value]) => [name, value],
      ),
    );
    expect(labels).toMatchObject({
      title: 'Healthcare Security Platform',
      version: '$VERSION',
      revision: '$REVISION',
      source: '$SOURCE',
      licenses: 'MIT',
    });
    expect(textsOf(image, 'ARG')).toEqual([`VERSION=${version}`, 'REVISION=unknown', 'SOURCE=unknown']);
  });

  it('takes no secret in, as argument, variable or file', () => {
    for (const stage of stages) {
      const given = [...textsOf(stage, 'ARG'), ...textsOf(stage, 'ENV'), ...textsOf(stage, 'LABEL')];
      expect(given.filter((text) => /token|secret|password|credential|_key/i.test(text))).toEqual([]);
      expect(textsOf(stage, 'ADD')).toEqual([]);
      expect(textsOf(stage, 'COPY').filter((text) => /(^| )(\.|\*|\/)( |$)/.test(text))).toEqual([]);
    }
  });
});

describe('.dockerignore', () => {
  const lets = dockerignore('.dockerignore');
  const copied = stages.flatMap((stage) =>
    textsOf(stage, 'COPY')
      .filter((text) => !text.startsWith('--from='))
      .flatMap((text) => text.split(' ').slice(0, -1)),
  );

  it('lets through what is copied', () => {
    expect(copied.length).toBeGreaterThan(8);
    expect(copied.filter((path) => !existsSync(path) || !lets(path))).toEqual([]);
  });

  it('lets nothing else through', () => {
    const sent = repositoryFiles().filter(({ path }) => lets(path));
    const used = (path: string) => copied.some((one) => path === one || path.startsWith(`${one}/`));
    expect(sent.map(({ path }) => path).filter((path) => !used(path))).toEqual([]);
  });

  it.each([
    '.env',
    'apps/.env',
    '.data/keys/kms-root-key',
    'apps/phi-api/.data/keys/issuer-key',
    '.git/config',
    'cert.pem',
    'test/fixtures/vectors/v1/vectors.json',
    'libs/audit/src/trail.spec.ts',
    'apps/phi-cli/test/built-cli.ts',
    'node_modules/fastify/package.json',
    'libs/tls/node_modules/x/index.js',
    'infra/cdk.json',
  ])('keeps %s out', (path) => expect(lets(path)).toBe(false));

  it.each([
    'package.json',
    '.npmrc',
    'apps/phi-api/src/main.ts',
    'apps/phi-cli/bin/phi.mjs',
    'libs/tls/src/index.ts',
  ])('lets %s through', (path) => expect(lets(path)).toBe(true));
});

describe('pruning of the image', () => {
  it.each(['types.d.ts', 'index.d.mts', 'main.ts', 'main.js.map', 'README.md', 'binding.gyp', 'lmdb.cpp'])(
    'removes %s',
    (name) => expect(isUnused(name)).toBe(true),
  );
  it.each(['node.abi127.glibc.node', 'node.napi.musl.node'])('removes %s', (name) =>
    expect(isUnused(name)).toBe(true),
  );

  it.each([
    'index.js',
    'index.mjs',
    'index.cjs',
    'package.json',
    'data.json',
    'swagger-ui.css',
    'node.napi.glibc.node',
  ])('keeps %s', (name) => expect(isUnused(name)).toBe(false));
  it.each(['LICENSE', 'LICENSE.md', 'license.markdown', 'NOTICE.md', 'ThirdPartyNotices.md'])(
    'keeps the terms in %s',
    (name) => expect(isUnused(name)).toBe(false),
  );

  it('keeps of a package that runs from the bundle its name, its version and its terms', () => {
    const modules = mkdtempSync(join(tmpdir(), 'phi-modules-'));
    for (const [name, manifest] of [
      ['lmdb', { dependencies: { needed: '1.0.0' } }],
      ['needed', {}],
      ['@scope/bundled', {}],
    ] as const) {
      mkdirSync(join(modules, name, 'lib'), { recursive: true });
      writeFileSync(join(modules, name, 'package.json'), JSON.stringify(manifest));
      for (const file of ['index.js', 'LICENSE', 'lib/more.js'])
        writeFileSync(join(modules, name, file), 'x');
    }
    expect(pruneModules(modules)).toBe(2);
    const left = readdirSync(modules, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(modules, join(entry.parentPath, entry.name)));
    rmSync(modules, { recursive: true });
    const whole = ['LICENSE', 'index.js', 'lib/more.js', 'package.json'];
    expect(left.sort()).toEqual(
      [
        ...['LICENSE', 'package.json'].map((name) => `@scope/bundled/${name}`),
        ...['lmdb', 'needed'].flatMap((name) => whole.map((path) => `${name}/${path}`)),
      ].sort(),
    );
  });

  it('keeps the store, its native part and the pages of Swagger UI', () => {
    const loaded = loadedPackages('node_modules');
    expect([...loaded]).toEqual(expect.arrayContaining(['lmdb', 'msgpackr', 'swagger-ui-dist']));
    expect([...loaded].filter((name) => name.startsWith('@lmdb/')).length).toBeGreaterThan(0);
    expect(loaded.has('@nestjs/core')).toBe(false);
  });

  it('takes no package away that production names', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
    expect(Object.keys(unusedPackages).filter((name) => name in dependencies)).toEqual([]);
  });
});

describe('the bill of materials', () => {
  const text = readFileSync('docs/sbom.cdx.json', 'utf8');
  const sbom = JSON.parse(text) as {
    bomFormat: string;
    components: { name: string; version: string; purl: string; hashes?: { alg: string }[] }[];
  };
  const names = new Set(sbom.components.map(({ name }) => name));

  it('names what production installs, less what is pruned, and nothing else', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { version: string; dev?: boolean }>;
    };
    const installed = Object.entries(packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path, one]) => [path.slice(path.lastIndexOf('node_modules/') + 13), one.version] as const)
      .filter(([name]) => unusedPackages[name] === undefined);
    expect(sbom.bomFormat).toBe('CycloneDX');
    expect(new Set(sbom.components.map(({ name, version: is }) => `${name}@${is}`))).toEqual(
      new Set(installed.map(([name, is]) => `${name}@${is}`)),
    );
  });

  it('names what production names, and nothing of development', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    for (const name of Object.keys(dependencies)) expect([name, names.has(name)]).toEqual([name, true]);
    for (const name of ['jest', 'aws-cdk-lib', '@nestjs/cli', ...Object.keys(unusedPackages)]) {
      expect([name, name in devDependencies, names.has(name)]).toEqual([name, true, false]);
    }
  });

  it('has a hash for each, but for builds of other platforms whose hash the lockfile does not know', () => {
    const without = sbom.components.filter(({ hashes }) => !hashes?.some(({ alg }) => alg === 'SHA-512'));
    expect(without.map(({ name }) => name).filter((name) => !/-(darwin|win32|linux)-/.test(name))).toEqual(
      [],
    );
    expect(without.length).toBeLessThan(10);
  });

  it('says nothing of when and where it was made', () => {
    expect(text).not.toMatch(/timestamp|serialNumber|https?:|node_modules|\/home\//);
  });
});
