import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../lib/repository.js';
import { readVendors } from '../lib/vendor-register.js';
import { citationsIn } from './citations.js';
import { compliancePage } from './compliance-page.js';
import type { Deployment } from './deployment.js';
import { evidenceOf } from './evidence.js';
import { type ComponentDefinition, componentDefinition } from './oscal.js';
import { readSecurityRule } from './paragraphs.js';

export interface EvidenceDocuments {
  /** By their path. */
  files: Record<string, string>;
  /** What a reviewer has to mend: a sentence each. */
  faults: string[];
}

const PAGE = 'docs/compliance.md';
const DEFINITION = 'docs/compliance.oscal.json';

/**
 * Gathers the evidence and writes it down. The definition keeps the time of the one that is there as long as it says the same.
 * @param now of a definition that says something else
 */
export function evidenceDocuments(deployment: Deployment, now: Date): EvidenceDocuments {
  const evidence = evidenceOf(readSecurityRule(), citationsIn(repositoryFolder), deployment);
  const { version } = JSON.parse(read('package.json') ?? '{}') as { version: string };
  const before = read(DEFINITION);
  const lastModified = before && lastModifiedOf(before);
  const definition = (time: string) =>
    `${JSON.stringify(componentDefinition(evidence, version, time), undefined, 2)}\n`;
  const isSame = before !== undefined && lastModified !== undefined && definition(lastModified) === before;
  return {
    files: {
      [PAGE]: compliancePage(evidence, readVendors()),
      [DEFINITION]: isSame ? before : definition(now.toISOString()),
    },
    faults: evidence.faults,
  };
}

/** @returns which of the files in the repository are not these */
export const staleAmong = ({ files }: EvidenceDocuments): string[] =>
  Object.entries(files).flatMap(([path, text]) => (read(path) === text ? [] : [path]));

function read(path: string): string | undefined {
  const whole = join(repositoryFolder, path);
  return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined;
}

function lastModifiedOf(definition: string): string | undefined {
  try {
    return (JSON.parse(definition) as ComponentDefinition)['component-definition'].metadata['last-modified'];
  } catch {
    // Half a file, or none of ours: it is written anew.
    return undefined;
  }
}
