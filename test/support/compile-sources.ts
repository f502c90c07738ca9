import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

/**
 * Sources as they are now, as JavaScript that plain Node runs as a process of its own: compiled into a temporary
 * folder whose `dist` has the layout of the build.
 */
export class CompiledSources {
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-compiled-'));
  readonly #done = new Set<string>();

  constructor() {
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}');
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.folder, 'node_modules'));
  }

  /**
   * Compiles a source and what it imports; `@app/...` becomes a relative path, as in the build.
   * @param source path from the project folder
   * @returns path of the JavaScript file
   */
  add(source: string): string {
    const target = join(this.folder, 'dist', source.replace(/\.ts$/, '.js'));
    if (this.#done.has(source)) return target;
    this.#done.add(source);
    const { code } = transformSync(readFileSync(source, 'utf8'), {
      filename: source,
      swcrc: false,
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        target: 'es2022',
      },
      module: { type: 'es6' },
    });
    const imports = /(from |import\(|import )(['"])(\.{1,2}\/[^'"]+|@app\/[a-z-]+)\2/g;
    const text = code.replace(imports, (whole, keyword: string, quote: string, specifier: string) => {
      const imported = sourceOf(specifier, source);
      if (!existsSync(imported)) return whole;
      this.add(imported);
      const path = relative(dirname(source), imported).replace(/\.ts$/, '.js');
      return `${keyword}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function sourceOf(specifier: string, importer: string): string {
  return specifier.startsWith('@app/')
    ? `libs/${specifier.slice('@app/'.length)}/src/index.ts`
    : join(dirname(importer), specifier).replace(/\.js$/, '.ts');
}
