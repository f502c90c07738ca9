import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder: the same whether this runs as source (tests) or compiled below `dist`. */
export const repositoryFolder = folderOf(dirname(fileURLToPath(import.meta.url)), 'package-lock.json');

function folderOf(start: string, file: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return folder;
    if (folder === dirname(folder)) throw new Error(`No folder above ${start} holds ${file}`);
  }
}

/**
 * @param source a folder below `infra/lambda`, or the path of one that lies elsewhere: `apps/compliance-alerter/src`
 * @returns the path of a Lambda's entry, TypeScript: esbuild reads the source, whoever synthesizes
 */
export const lambdaEntry = (source: string): string =>
  join(repositoryFolder, source.includes('/') ? source : join('infra', 'lambda', source), 'handler.ts');

/** @returns `context` of cdk.json: the feature flags, for apps that the CDK command does not start */
export function cdkContext(): Record<string, unknown> {
  const text = readFileSync(join(repositoryFolder, 'infra', 'cdk.json'), 'utf8');
  return (JSON.parse(text) as { context: Record<string, unknown> }).context;
}
