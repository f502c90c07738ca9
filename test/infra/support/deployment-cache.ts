import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { devApi } from '../../../infra/lib/api-settings.js';
import { prodCompliance } from '../../../infra/lib/compliance-settings.js';
import type { NagReport } from '../../../infra/lib/nag-report.js';
import type { EnvironmentName, Settings } from '../../../infra/lib/settings.js';
import type { TemplateResource } from '../synthesized.js';

/** Which stacks: those of a deployment, the one that has state, or threat detection behind a bare route. */
export type Composition = 'everything' | 'data' | 'threats';

/** What is synthesized. */
export interface Deployment {
  environment: EnvironmentName;
  /** What differs from the environment's settings. */
  change: Partial<Settings>;
  composition: Composition;
  /** Whether cdk-nag is asked too. */
  nag?: true;
}

export interface SynthesizedStack {
  name: string;
  template: { Resources?: Record<string, TemplateResource>; Outputs?: Record<string, unknown> };
  terminationProtection: boolean;
  /** Ids of the stacks that are deployed before it. */
  dependencies: string[];
  /** By logical id. */
  constructs: Record<string, { path: string; isTaggable: boolean }>;
}

/** The answer for a deployment. */
export interface Synthesis {
  stacks: Record<string, SynthesizedStack>;
  report?: NagReport;
}

/** What templates are made of. Lambdas are not bundled here, so that their sources change nothing. */
const sources = ['infra', 'compliance', 'test/infra/support', 'openapi.json', 'package-lock.json'];

/** Changes that several specs look at, or that cost next to nothing beside the others. */
export const withoutDomain: Partial<Settings> = { domainName: undefined, certificateArn: undefined };
export const withoutBedrock: Partial<Settings> = { api: { ...devApi, bedrock: undefined } };
export const withoutCallbacks: Partial<Settings> = { callbackUrls: [] };
export const withLongestStage: Partial<Settings> = { stage: 'a'.repeat(20) };
export const withoutServices: Partial<Settings> = {
  compliance: {
    ...prodCompliance,
    services: { guardDuty: false, securityHub: false, macie: false, accessAnalyzer: false },
  },
};

/** The deployments that most specs look at: whoever needs one gets them all made, in one process. */
const usual: readonly Deployment[] = [
  { environment: 'dev', change: {}, composition: 'everything' },
  { environment: 'dev', change: withoutDomain, composition: 'everything' },
  { environment: 'dev', change: withoutBedrock, composition: 'everything' },
  { environment: 'prod', change: {}, composition: 'everything' },
  { environment: 'dev', change: {}, composition: 'data' },
  { environment: 'dev', change: withoutDomain, composition: 'data' },
  { environment: 'dev', change: withoutCallbacks, composition: 'data' },
  { environment: 'prod', change: {}, composition: 'data' },
  { environment: 'dev', change: {}, composition: 'threats' },
  { environment: 'dev', change: withLongestStage, composition: 'threats' },
  { environment: 'prod', change: {}, composition: 'threats' },
  { environment: 'prod', change: withoutServices, composition: 'threats' },
];

/**
 * Synthesizes outside of the test runner, which would load the whole CDK anew for each spec, and keeps the answers for the specs that follow
 * and for the next run, as long as no source has changed.
 */
export function synthesisOf(wanted: readonly Deployment[]): Synthesis[] {
  const folder = folderOfSources();
  const fileOf = ({ environment, change, composition, nag }: Deployment) =>
    join(folder, `${digest(serialize([environment, change, composition, nag]))}.json`);
  const missing = wanted.filter((deployment) => !existsSync(fileOf(deployment)));
  if (missing.length > 0) {
    const files = new Set(usual.map(fileOf));
    const all = missing.some((deployment) => files.has(fileOf(deployment)))
      ? [...usual, ...missing]
      : missing;
    make(new Map(all.map((deployment) => [fileOf(deployment), deployment])));
  }
  return wanted.map((deployment) => JSON.parse(readFileSync(fileOf(deployment), 'utf8')) as Synthesis);
}

/** Two specs at once may make the same: each writes whole files under their final names. */
function make(deployments: ReadonlyMap<string, Deployment>): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['infra/run.mjs', '../test/infra/support/synthesize'],
    { input: serialize([...deployments.values()]), maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(`synthesis failed: ${stderr.toString('utf8')}`);
  const answers = deserialize(stdout) as Synthesis[];
  for (const [index, file] of [...deployments.keys()].entries()) {
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(answers[index]));
    renameSync(`${file}.${process.pid}`, file);
  }
}

const digest = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
};

function folderOfSources(): string {
  const all = join('dist', 'synthesized');
  const folder = join(all, digest(...sources.flatMap(contentsOf)));
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  // What other sources made is of no use any more.
  for (const other of readdirSync(all).map((name) => join(all, name)))
    if (other !== folder) rmSync(other, { recursive: true, force: true });
  return folder;
}

function contentsOf(source: string): (string | Uint8Array)[] {
  const files = source.includes('.')
    ? [source]
    : readdirSync(source, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && !one.name.endsWith('.md'))
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort();
  return files.flatMap((file) => [file, readFileSync(file)]);
}
