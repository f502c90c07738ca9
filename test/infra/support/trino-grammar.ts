import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @returns what is wrong with `sql`, with its place; empty if it is Trino */
export type TrinoGrammar = (sql: string) => string[];

interface TrinoParser {
  validate(sql: string): { startLine: number; startColumn: number; message: string }[];
}

/**
 * Trino's grammar, the dialect of Athena. The parser is published as modules without file extensions, which Node does not
 * resolve: so it is bundled first.
 */
export async function loadTrinoGrammar(): Promise<TrinoGrammar> {
  const folder = mkdtempSync(join(tmpdir(), 'phi-trino-'));
  try {
    const bundle = join(folder, 'trino.cjs');
    await build({
      stdin: { contents: "export { TrinoSQL } from 'dt-sql-parser';", resolveDir: process.cwd() },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: bundle,
      logLevel: 'error',
    });
    const { TrinoSQL } = createRequire(import.meta.url)(bundle) as { TrinoSQL: new () => TrinoParser };
    const parser = new TrinoSQL();
    return (sql) =>
      parser
        .validate(sql)
        .map(({ startLine, startColumn, message }) => `${startLine}:${startColumn} ${message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
