import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deployed } from './policy-evaluation.js';

/** No credentials, no place to look for some, and no way to any network. */
const offline = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  NO_COLOR: '1',
};

/** Runs the command as `npm run infra:synth` does, and has the shell tell what processor time its processes took. */
function cdk(command: string[], output: string, ...options: string[]) {
  const line = [
    process.execPath,
    resolve('node_modules/aws-cdk/bin/cdk'),
    ...command,
    '--output',
    output,
    ...options,
  ];
  const shell = ['-c', '"$@"; status=$?; times >&2; exit $status', 'sh', ...line];
  const { status, stdout, stderr } = spawnSync('/bin/sh', shell, {
    cwd: 'infra',
    env: offline,
    encoding: 'utf8',
  });
  const [user = 0, system = 0] = [
    ...(stderr.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { status, text: stdout + stderr, processorSeconds: user + system };
}

const synth = ['synth', '--quiet'];
/** Synthesizes and judges the same way, and bundles no function. */
const list = ['list'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phi-synth-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}
const templatesIn = (output: string) =>
  readdirSync(output)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => JSON.parse(readFileSync(join(output, file), 'utf8')) as Template);

const functionsIn = (output: string) =>
  templatesIn(output)
    .flatMap(({ Resources }) => Object.values(Resources))
    .filter(({ Type }) => Type === 'AWS::Lambda::Function');

/** Imports each bundle, and says what its handler is. */
const startAll =
  'for (const bundle of process.argv.slice(1)) process.stdout.write(`${typeof (await import(bundle)).handler}\\n`);';

/** The command's processes run while this one waits. */
const atMostMilliseconds = 300_000;

describe('synthesis by the CDK command, without network and credentials', () => {
  it(
    'makes the templates of prod in less than a minute of processor time',
    () => {
      const output = join(folder, 'prod');
      const asked = ['--context', 'env=prod', '--context', 'example=true'];
      const { status, text, processorSeconds } = cdk(synth, output, ...asked);
      expect({ status, text: status === 0 ? '' : text }).toEqual({ status: 0, text: '' });
      expect(templatesIn(output)).toHaveLength(4);
      expect(processorSeconds).toBeGreaterThan(1);
      // It was 20 seconds. The time that passes depends on what else the machine does.
      expect(processorSeconds).toBeLessThan(60);
    },
    atMostMilliseconds,
  );

  it(
    'makes the templates of dev, whose functions are among those of prod',
    () => {
      const output = join(folder, 'dev');
      const { status, text } = cdk(list, output, '--context', 'env=dev');
      expect({ status, text: status === 0 ? '' : text }).toEqual({ status: 0, text: '' });
      expect(templatesIn(output)).toHaveLength(4);
      const described = (environment: string) =>
        functionsIn(join(folder, environment)).map((one) => one.Properties?.['Description']);
      expect(described('dev').filter((one) => !described('prod').includes(one))).toEqual([]);
    },
    atMostMilliseconds,
  );

  it(
    'bundles functions that start: each has its handler, and everything that it needs',
    () => {
      const output = join(folder, 'prod');
      const variables = functionsIn(output)
        .flatMap(({ Properties }) =>
          Object.entries(
            ((Properties?.['Environment'] ?? {}) as { Variables?: Record<string, unknown> }).Variables ?? {},
          ),
        )
        .map(([key, value]) => [key, deployed(value)])
        .map(([key, value]) => [key, typeof value === 'string' ? value : 'https://example.org']);
      const bundles = readdirSync(output)
        .filter((file) => file.startsWith('asset.'))
        .map((file) => join(output, file, 'index.mjs'));
      expect(bundles).toHaveLength(functionsIn(output).length);
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', startAll, ...bundles],
        {
          // From a folder without node_modules: what is missing in the bundle is missing.
          cwd: folder,
          env: {
            ...offline,
            AWS_REGION: 'us-east-1',
            ...(Object.fromEntries(variables) as Record<string, string>),
          },
          encoding: 'utf8',
        },
      );
      const handlers = bundles.map(() => 'function\n').join('');
      expect({ stdout, stderr: stdout === handlers ? '' : stderr }).toEqual({ stdout: handlers, stderr: '' });
    },
    atMostMilliseconds,
  );

  it(
    'of prod without a domain names every setting that is missing, and makes nothing',
    () => {
      const output = join(folder, 'incomplete');
      const { status, text } = cdk(synth, output, '--context', 'env=prod');
      expect(status).not.toBe(0);
      for (const setting of ['domainName', 'certificateArn', 'alarmAddresses'])
        expect(text).toContain(setting);
      expect(templatesIn(output)).toEqual([]);
    },
    atMostMilliseconds,
  );
});
