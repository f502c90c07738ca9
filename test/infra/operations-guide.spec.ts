import { beforeAll, describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample } from '@app/configuration';
import { problemTypes } from '@app/problem-details';
import { addAuditCommand } from '../../apps/phi-cli/src/audit/audit.command.js';
import { addCertificateCommand } from '../../apps/phi-cli/src/certificate/certificate.command.js';
import type { CommandContext } from '../../apps/phi-cli/src/command-context.js';
import { addComplianceCommand } from '../../apps/phi-cli/src/compliance/compliance.command.js';
import { addImportCommand } from '../../apps/phi-cli/src/import/import.command.js';
import { addKeysCommand } from '../../apps/phi-cli/src/keys/keys.command.js';
import { addRescreenCommand } from '../../apps/phi-cli/src/rescreen/rescreen.command.js';
import { addRevokeCommand } from '../../apps/phi-cli/src/revoke/revoke.command.js';
import { addSetupCommand } from '../../apps/phi-cli/src/setup/setup.command.js';
import { addTokenCommand } from '../../apps/phi-cli/src/token/token.command.js';
import { namesOf } from '../../infra/lib/names.js';
import { type Placed, synthesized } from './synthesized.js';

const guide = readFileSync('docs/operations.md', 'utf8');
/** What stands in code, inline or as a block; a cell of a table has its pipes escaped. */
const code = [...guide.matchAll(/```sh\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
  ([, block, inline]) => block ?? inline ?? '',
);
const lines = code.flatMap((text) => text.replace(/\\\n\s*/g, ' ').split('\n'));

describe('commands of the operations guide', () => {
  const phi = new Command('phi');
  beforeAll(() => {
    const context = {} as CommandContext;
    for (const add of [
      addAuditCommand,
      addCertificateCommand,
      addComplianceCommand,
      addImportCommand,
      addKeysCommand,
      addRescreenCommand,
      addRevokeCommand,
      addSetupCommand,
      addTokenCommand,
    ]) {
      add(phi, context, () => undefined);
    }
  });

  /** @returns what the command line does not know in a call of `phi`; nothing if it would take it */
  function unknownIn(words: readonly string[]): string[] {
    let command = phi;
    let rest = [...words];
    for (;;) {
      const next = command.commands.find((one) => one.name() === rest[0]);
      if (next === undefined) break;
      command = next;
      rest = rest.slice(1);
    }
    // A group of commands is named by itself, or with three dots.
    const group = command.commands.length > 0 && (rest.length === 0 || rest[0] === '...');
    if (command === phi || (command.commands.length > 0 && !group)) return [words.join(' ')];
    const known = new Set(['--json', '--help', ...command.options.map(({ long }) => long)]);
    return rest.filter((word) => word.startsWith('--') && !known.has(word));
  }

  const calls = lines.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s(&"])phi ([a-z][^&|;<>)#]*)/g)].map(([, words = '']) => words.trim()),
  );

  it('are known to the command line, each with its options', () => {
    expect(calls.length).toBeGreaterThan(30);
    const unknown = calls.map((call) => [call, unknownIn(call.replaceAll(/["']/g, ' ').split(/\s+/))]);
    expect(unknown.filter(([, what]) => (what as string[]).length > 0)).toEqual([]);
  });

  it('would be told of if they were not', () => {
    expect(unknownIn(['keys', 'turn'])).toEqual(['keys turn']);
    expect(unknownIn(['keys', 'rotate', '--kms'])).toEqual(['--kms']);
    expect(unknownIn(['keys', 'rotate', '--kms-key'])).toEqual([]);
  });

  it('are scripts of the package, where npm runs them', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const names = lines.flatMap((line) =>
      [...line.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)].map(([, name]) => name),
    );
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => name !== undefined && !(name in scripts))).toEqual([]);
  });
});

describe('what the operations guide names', () => {
  it('are variables of the configuration, of the command line, or of compose', () => {
    const compose = readFileSync('docker/compose.yaml', 'utf8');
    const known = new Set([
      ...[...envExample().matchAll(/^# (PHI_[A-Z_]+)=/gm)].map(([, name]) => name),
      ...[...compose.matchAll(/\$\{(PHI_[A-Z_]+)/g)].map(([, name]) => name),
      'PHI_URL',
      'PHI_TOKEN',
    ]);
    const named = [...guide.matchAll(/\bPHI_[A-Z_]*[A-Z]\b(?!_?(\.\.\.|\*))/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  it('are problems that the service answers with', () => {
    const known = new Set(Object.values(problemTypes).map(({ name }) => name));
    const [, row = ''] = /^\| `ServerErrors` \|(.*)$/m.exec(guide) ?? [];
    const named = [...row.matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('are saved queries', () => {
    const saved = new Set(readdirSync('infra/queries').map((file) => file.replace(/\.sql$/, '')));
    const named = [...guide.matchAll(/saved query `([a-z-]+)`/gi)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !saved.has(name))).toEqual([]);
  });

  it('are tables, aliases, parameters, roles and log groups of the deployment', () => {
    const known = JSON.stringify(namesOf('prod'));
    const named = code.flatMap(
      (text) => text.match(/(?:\/phi\/prod\/[a-z-]+|alias\/phi-prod-[a-z]+|role\/phi-prod-[a-z]+)/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(5);
    const ofTls = /^\/phi\/prod\/tls-/;
    expect(
      named.filter((name) => !ofTls.test(name) && !known.includes(`"${name.replace(/^role\//, '')}"`)),
    ).toEqual([]);
  });

  it('are files and headings that are there', () => {
    const headings = [...guide.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    const targets = [...guide.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(15);
    for (const target of targets) {
      const [file = '', heading] = target.split('#');
      if (file !== '') expect([target, existsSync(join('docs', file))]).toEqual([target, true]);
      else expect(headings).toContain(heading);
    }
  });
});

describe('incident steps', () => {
  const constructOf = ({ path }: Placed) =>
    path
      .replace(/\/Resource$/, '')
      .split('/')
      .at(-1)!;
  const alarms = synthesized('prod').ofType('AWS::CloudWatch::Alarm');
  const ofCompliance = alarms.filter(({ stack }) => stack === 'Compliance');
  const others = alarms.filter((alarm) => !ofCompliance.includes(alarm));

  it('are there for each alarm of the service and of its data, and for no other', () => {
    expect(others.length).toBeGreaterThan(10);
    const [, section = ''] = /^## Alarms\n([\s\S]*?)^### Of the service/m.exec(guide) ?? [];
    const described = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect([...new Set(described)].sort()).toEqual([...new Set(others.map(constructOf))].sort());
  });

  it('of what watches the account stand in its own pages', () => {
    const pages = [
      'docs/threat-detection.md',
      'docs/compliance-monitoring.md',
      'infra/remediation.md',
      'docs/operations.md',
    ]
      .map((page) => readFileSync(page, 'utf8'))
      .join('\n');
    expect(ofCompliance.length).toBeGreaterThan(50);
    const nameOf = (alarm: Placed) => {
      const alarmName = alarm.Properties?.['AlarmName'];
      const isOurs = typeof alarmName === 'string' && alarmName.startsWith('phi-prod-');
      const name = isOurs ? alarmName.replace(/^phi-prod-(threat-)?/, '') : constructOf(alarm);
      // One for each vendor and date.
      return name.replace(/^vendor-.*/, 'vendor-...');
    };
    expect(ofCompliance.map(nameOf).filter((name) => !pages.includes(`\`${name}\``))).toEqual([]);
  });
});
