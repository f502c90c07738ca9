import { beforeAll, describe, expect, it } from '@jest/globals';
import { accessSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ConfigurationError, envExample, fixedConfiguration } from '@app/configuration';
import { dockerfileStages, textsOf } from './dockerfile.js';

interface Service {
  image: string;
  build?: { context: string };
  command?: string[];
  ports?: string[];
  volumes?: string[];
  tmpfs?: string[];
  env_file?: { path: string; required?: boolean }[] | unknown[];
  environment?: Record<string, string>;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  user?: string;
  privileged?: boolean;
  network_mode?: string;
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}

const text = readFileSync('docker/compose.yaml', 'utf8');
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const all = Object.entries(services);
const ours = all.filter(([, { build }]) => build !== undefined);
const instances = ['api', 'api-2'];

/** What a variable file says, with the default of each `${NAME:-default}`. */
function variablesOf(path: string): Record<string, string> {
  const lines = readFileSync(join('docker', path), 'utf8').match(/^[A-Z_]+=.*$/gm) ?? [];
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=').replace(/\$\{\w+:-([^}]*)\}/g, '$1')];
    }),
  );
}

describe('docker/compose.yaml', () => {
  it('has the services that it is made of', () => {
    expect(Object.keys(services)).toEqual(['localstack', 'setup', 'api', 'welcome', 'api-2', 'proxy']);
    expect(
      all.filter(([, { profiles }]) => profiles !== undefined).map(([name, one]) => [name, one.profiles]),
    ).toEqual([
      ['api-2', ['fleet']],
      ['proxy', ['fleet']],
    ]);
  });

  it('can be reached from this machine alone', () => {
    const ports = all.flatMap(([, one]) => one.ports ?? []);
    expect(ports).toHaveLength(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{PHI_[A-Z_]+:-\d+\}:\d+$/);
    expect(all.filter(([, one]) => one.network_mode !== undefined)).toEqual([]);
  });

  it.each(all)('%s has an image of one version, of its own or pinned', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[a-z/-]+:\d+\.\d+\.\d+(-alpine)?$/);
    else expect([image, build.context, existsSync('Dockerfile')]).toEqual(['phi-api:local', '..', true]);
  });

  it('has the last LocalStack that needs no token', () => {
    expect(services['localstack']?.image).toBe('localstack/localstack:4.14.0');
  });

  it.each(all)('%s gains no privilege and gets no socket of the engine', (_, one) => {
    expect(one.security_opt).toEqual(['no-new-privileges:true']);
    expect(one.privileged).toBeUndefined();
    expect(JSON.stringify(one.volumes ?? [])).not.toMatch(/docker\.sock|:\/:/);
  });

  it.each(all.filter(([name]) => name !== 'localstack'))('%s can change nothing of itself', (_, one) => {
    expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(one.tmpfs).toEqual([expect.stringMatching(/^\/tmp:.*size=16m.*noexec,nosuid,nodev$/)]);
  });

  it.each(ours)('%s runs as the user of the image', (_, { user }) => {
    const image = dockerfileStages('Dockerfile').at(-1);
    expect([user]).toEqual(image && textsOf(image, 'USER'));
  });

  it('asks everything that stays for its health, and what the image offers for that', () => {
    for (const name of ['localstack', 'proxy', ...instances])
      expect(services[name]?.healthcheck).toBeDefined();
    for (const name of instances) {
      expect(services[name]?.healthcheck?.test).toEqual(['CMD', 'phi-healthy']);
      // The service takes up to ten seconds to end what is under way.
      expect(Number.parseInt(services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(10);
    }
  });

  it('starts in order: emulator, setup, service, and the welcome last', () => {
    const after = (name: string) =>
      Object.entries(services[name]?.depends_on ?? {}).map(
        ([other, { condition }]) => `${other} ${condition}`,
      );
    expect(after('setup')).toEqual(['localstack service_healthy']);
    for (const name of instances) expect(after(name)).toEqual(['setup service_completed_successfully']);
    expect(after('welcome')).toEqual(['api service_healthy']);
    expect(after('proxy')).toEqual(['api service_healthy', 'api-2 service_healthy']);
  });

  it('mounts volumes that have a name, or files of the repository read-only', () => {
    for (const [, one] of all) {
      for (const volume of one.volumes ?? []) {
        const [source = '', , mode] = volume.split(':');
        if (source.startsWith('.')) accessSync(join('docker', source));
        expect(source.startsWith('.') ? mode : source in volumes).toBe(source.startsWith('.') ? 'ro' : true);
      }
    }
  });

  it("keeps the development issuer's key from the instances", () => {
    const having = all.filter(([, one]) => one.volumes?.some((volume) => volume.startsWith('issuer:')));
    expect(having.map(([name]) => name)).toEqual(['setup', 'welcome']);
    // Where a volume of the user's can be mounted.
    expect(readFileSync('Dockerfile', 'utf8')).toMatch(/install -d -o 1000 -g 1000 -m 0700 \/var\/lib\/phi/);
  });

  it('holds no secret', () => {
    const files = ['compose.yaml', 'local.env', 'bedrock.env.example', 'welcome.sh', 'proxy/nginx.conf'];
    for (const file of files) {
      const content = readFileSync(join('docker', file), 'utf8');
      expect(content).not.toMatch(/\bA(KI|SI)A[0-9A-Z]{16}\b|PRIVATE KEY|eyJ[A-Za-z0-9]/);
    }
    // What LocalStack takes from anybody.
    expect(variablesOf('local.env')).toMatchObject({
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
      expect(variablesOf('bedrock.env.example')[name]).toBe('');
    }
  });
});

describe('its variables', () => {
  const known = new Set([...envExample().matchAll(/^# (PHI_[A-Z_]+)=/gm)].map(([, name]) => name));
  /** Of the file itself: ports on this machine, the file with Bedrock's. */
  const ofCompose = ['PHI_LOCALSTACK_PORT', 'PHI_FLEET_PORT', 'PHI_BEDROCK_ENV'];
  let local: Record<string, string>;

  beforeAll(() => {
    local = variablesOf('local.env');
  });

  it('are those of the configuration, where the service gets them', () => {
    const given = [...Object.keys(local), ...Object.keys(variablesOf('bedrock.env.example'))];
    expect(given.filter((name) => name.startsWith('PHI_') && !known.has(name))).toEqual([]);
    for (const [, one] of ours) {
      expect(Object.keys(one.environment ?? {}).filter((name) => name.startsWith('PHI_'))).toEqual([]);
      expect(one.env_file).toEqual([
        { path: 'local.env' },
        { path: '${PHI_BEDROCK_ENV:-/dev/null}', required: false },
      ]);
    }
  });

  it('are told apart from its own', () => {
    const used = [...text.matchAll(/\$\{(PHI_[A-Z_]+)/g)].map(([, name]) => name ?? '');
    expect([...new Set(used)].filter((name) => !known.has(name)).sort()).toEqual([...ofCompose].sort());
  });

  const phi = (variables: Record<string, string>) =>
    Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith('PHI_')));

  it('are a configuration that the service starts with, also in production', async () => {
    const { config } = await fixedConfiguration({ ...phi(local), NODE_ENV: 'production' });
    expect(config).toMatchObject({
      PHI_PLATFORM: 'aws',
      PHI_STAGE: 'local',
      PHI_TLS: 'none',
      PHI_PORT: 3000,
    });
    await expect(fixedConfiguration({ ...phi(local), PHI_TLS: 'self-signed' })).resolves.toBeDefined();
    await expect(fixedConfiguration({ ...phi(local), PHI_TLS: 'files' })).rejects.toThrow(ConfigurationError);
  });

  it('lead to LocalStack, and with the file for Bedrock there alone to AWS', async () => {
    const bedrock = variablesOf('bedrock.env.example');
    expect(local['AWS_ENDPOINT_URL']).toBe('http://localstack:4566');
    const endpoints = Object.keys(bedrock).filter((name) => name.startsWith('AWS_ENDPOINT_URL'));
    expect(endpoints).toEqual(['AWS_ENDPOINT_URL_BEDROCK_RUNTIME']);
    const filled = {
      ...phi(bedrock),
      PHI_BEDROCK_GUARDRAIL_ID: 'abc123',
      PHI_BEDROCK_GUARDRAIL_VERSION: '1',
      PHI_BEDROCK_MODEL_ID: 'us.example.model',
    };
    const { config } = await fixedConfiguration({ ...phi(local), ...filled });
    expect(config).toMatchObject({ PHI_BEDROCK_REGION: 'us-east-1', PHI_BEDROCK_GUARDRAIL_ID: 'abc123' });
  });
});

describe('the proxy of the fleet', () => {
  const nginx = readFileSync('docker/proxy/nginx.conf', 'utf8');

  it('leads to the two instances, on the port that they listen on', () => {
    expect([...nginx.matchAll(/^\s*server (\S+) /gm)].map(([, server]) => server)).toEqual(
      instances.map((name) => `${name}:3000`),
    );
  });

  it('listens where it is published, and writes below /tmp alone', () => {
    const [port] = services['proxy']?.ports ?? [];
    expect(port).toMatch(new RegExp(`:${/listen (\d+);/.exec(nginx)?.[1]}$`));
    for (const [, path] of nginx.matchAll(/(?:_temp_path|^pid) (\S+);/gm)) expect(path).toMatch(/^\/tmp\//);
  });

  it('keeps no line of what is asked, and lets nothing larger through than the service takes', () => {
    expect(nginx).toMatch(/^\s*access_log off;$/m);
    expect(nginx).toMatch(/^\s*client_max_body_size 9m;$/m);
  });

  it('never sends a write twice', () => expect(nginx).not.toMatch(/non_idempotent/));
});
