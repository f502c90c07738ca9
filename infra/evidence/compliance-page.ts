import type { Vendor } from '../lib/vendor-register.js';
import type { Citation } from './citations.js';
import type { HeldRule } from './deployment.js';
import type { Watcher } from './watchers.js';
import { type Evidence, isImplemented, isProved, isWatched, type ParagraphEvidence } from './evidence.js';

/** `docs/compliance.md`, for people; the same as the component definition, which is for machines. */
export function compliancePage({ paragraphs }: Evidence, vendors: readonly Vendor[]): string {
  const shared = paragraphs.filter((one) => !one.paragraph.isWhollyYours);
  const count = (has: (one: ParagraphEvidence) => boolean) => shared.filter(has).length;
  return `${[
    '# Evidence for the HIPAA Security Rule',
    '',
    'Made by `npm run evidence` from the code, the tests and the synthesized templates of `prod`; nothing here is written by hand but what a paragraph asks',
    'for and what remains yours (`infra/compliance/paragraphs.yaml`, `compliance/vendors.yaml`). `npm run check` fails when this page is not what the repository says. The same for',
    'machines: [compliance.oscal.json](compliance.oscal.json), an OSCAL component definition.',
    '',
    'It says where each paragraph is met, watched and proved. It does not say that you are compliant: that depends on your part, and on whoever evaluates it. The words are ours and',
    'short; [the law](https://www.ecfr.gov/current/title-45/part-164/subpart-C) is what counts.',
    '',
    `${paragraphs.length} paragraphs: ${paragraphs.length - shared.length} are wholly yours; of the other ${shared.length}, ${count(isImplemented)} are implemented here, ${count(isWatched)} watched, ${count(isProved)} proved by tests.`,
    '',
    '- **implements**: code that cites the paragraph in a comment; resources that hold to a rule of cdk-nag whose control ids name it',
    '- **watches**: rules of AWS Config, event rules and alarms that name it; saved queries of Athena',
    '- **proves**: tests that cite it; they run with each change',
    '',
    '| paragraph | | implements | watches | proves | yours |',
    '|---|---|---|---|---|---|',
    ...paragraphs.map(overviewRow),
    '',
    ...paragraphs.filter((one) => hasSection(one)).flatMap(section),
    ...resourceSection(paragraphs),
    '## Vendors',
    '',
    'From `compliance/vendors.yaml` (45 CFR 164.308(b), 164.314(a)). Alarms come 90 and 30 days before an agreement ends and on the day, and a year after a review; `prod` does not',
    'synthesize while an agreement is missing.',
    '',
    '| vendor | service | PHI | agreement signed | ends | reviewed | asked |',
    '|---|---|---|---|---|---|---|',
    ...vendors.map(
      ({ name, service, phi, baaSigned, baaExpires, reviewed, contact }) =>
        `| ${name} | ${service} | ${phi ? 'yes' : 'no'} | ${baaSigned ?? 'not on record'} | ${baaExpires ?? 'not on record'} | ${reviewed ?? 'not on record'} | ${contact} |`,
    ),
  ].join('\n')}\n`;
}

const hasSection = (one: ParagraphEvidence): boolean =>
  !one.paragraph.isWhollyYours || isImplemented(one) || isWatched(one) || isProved(one);

function overviewRow(one: ParagraphEvidence): string {
  const { id, title, isWhollyYours } = one.paragraph;
  const figure = (...lists: readonly (readonly unknown[])[]) =>
    String(lists.reduce((sum, list) => sum + list.length, 0) || '');
  const name = hasSection(one) ? `[${id}](#${anchor(one)})` : id;
  return `| ${name} | ${title} | ${figure(one.code, one.resources)} | ${figure(one.watchers, one.queries)} | ${figure(one.tests)} | ${isWhollyYours ? 'wholly' : 'in part'} |`;
}

const heading = ({ paragraph: { id, title } }: ParagraphEvidence): string => `${id} ${title}`;
/** As GitHub makes it of a heading. */
const anchor = (one: ParagraphEvidence): string =>
  heading(one)
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

function section(one: ParagraphEvidence): string[] {
  const { is, asks, yours } = one.paragraph;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`**${title}**`, '', ...lines.map((line) => `- ${line}`), ''];
  return [
    `## ${heading(one)}`,
    '',
    `${asks} *(${is})*`,
    '',
    ...list('Implements', [...byFile(one.code), ...heldLines(one.resources)]),
    ...list('Watches', [...watcherLines(one.watchers), ...one.queries.map(queryLine)]),
    ...list('Proves', byFile(one.tests)),
    `**Yours**: ${yours}`,
    '',
  ];
}

/** A line a file, with each place in it. */
function byFile(citations: readonly Citation[]): string[] {
  const files = [...new Set(citations.map(({ path }) => path))];
  return files.map((path) => {
    const places = citations
      .filter((one) => one.path === path && one.at !== 'the file')
      .map(({ at, kind }) => (kind === 'test' ? `"${at}"` : `\`${at}\``));
    return `[${path}](../${path})${places.length > 0 ? `: ${places.join('; ')}` : ''}`;
  });
}

/** One line: what the rules look at stands once, at the end. */
function heldLines(held: readonly HeldRule[]): string[] {
  const rules = [...new Set(held.map(({ rule }) => rule))].map((rule) => {
    const resources = held.filter((one) => one.rule === rule).flatMap((one) => one.resources);
    return `${rule} (${resources.length})`;
  });
  return rules.length === 0
    ? []
    : [`[rules of cdk-nag](#resources), and how many resources hold to each: ${rules.join(', ')}`];
}

function resourceSection(paragraphs: readonly ParagraphEvidence[]): string[] {
  const held = paragraphs.flatMap(({ resources }) => resources);
  const lines = new Map(
    held.map(({ rule, type, resources }) => [
      `${rule} ${type}`,
      `| ${rule} | \`${type}\` | ${shortened(resources)} |`,
    ]),
  );
  return [
    '## Resources',
    '',
    'What holds to which rule of cdk-nag in the templates of `prod`, by the path of its construct. `npm run infra:nag -- --all` has what does not, with reason and owner.',
    '',
    '| rule | type | resources |',
    '|---|---|---|',
    ...[...lines.keys()].sort().map((key) => lines.get(key)!),
    '',
  ];
}

const shortened = (names: readonly string[], most = 8): string =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

function watcherLines(watchers: readonly Watcher[]): string[] {
  const kinds = [...new Set(watchers.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const names = watchers.filter((one) => one.kind === kind).map(({ name }) => `\`${name}\``);
    return `${kind}${names.length > 1 ? 's' : ''}: ${names.join(', ')}`;
  });
}

const queryLine = ({ path, at }: Citation): string => `saved query [${at}](../${path})`;
