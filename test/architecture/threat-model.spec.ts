import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';

const page = readFileSync('docs/threat-model.md', 'utf8');
const picture = readFileSync('docs/data-flow.svg', 'utf8');

const stride = ['S', 'T', 'R', 'I', 'D', 'E'];
/** What can happen to a flow. */
const ofFlows = ['T', 'I', 'D'];

const idsOf = (classes: string) =>
  [...picture.matchAll(new RegExp(`<g class="(?:${classes})[^"]*" id="([a-z0-9-]+)"`, 'g'))].map(
    ([, id = '']) => id,
  );
const elements = idsOf('outside|process|store');
const flows = idsOf('flow').map((id) => id.replace('flow-', ''));

/** Parts of a page by their headings, which become anchors. */
function sections(text: string, level: string): Map<string, string> {
  const parts = text.split(new RegExp(`^${level} `, 'm')).slice(1);
  return new Map(
    parts.map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      return [heading.toLowerCase().replaceAll(' ', '-'), lines.join('\n')];
    }),
  );
}

const chapters = sections(page, '##');
const described = sections(chapters.get('elements') ?? '', '###');

/** @returns the cells of each row of a threat, without what is no such row */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row = '']) => row.split(' | '))
    .filter((cells) => cells.some((cell) => stride.includes(cell)));

/** @returns letters that have neither a row nor a sentence why there is none: "No T, I and D: ...", "No R: ..." */
function lettersMissing(text: string): string[] {
  const reasoned = [...text.matchAll(/^No ([STRIDE](?:(?:, | and )[STRIDE])*): \S.{30,}/gm)];
  const answered = [
    ...rowsOf(text).map(([letter]) => letter),
    ...reasoned.flatMap(([, letters = '']) => letters.match(/[STRIDE]/g) ?? []),
  ];
  return stride.filter((letter) => !answered.includes(letter));
}

/** @returns of the cells that name tests, what is no spec of the tree; a cell that names none is told of as it is */
function testsMissing(cells: readonly string[]): string[] {
  return cells.flatMap((cell) => {
    const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return named.length === 0 ? [cell] : named.filter((name) => !existsSync(`${name}.spec.ts`));
  });
}

describe('the threat model', () => {
  it('speaks of each element of the diagram, and of no other', () => {
    expect(elements.length).toBeGreaterThan(10);
    expect([...described.keys()].sort()).toEqual([...elements].sort());
  });

  it.each(elements)('has a row for each letter of STRIDE, or says why none: %s', (element) => {
    expect(lettersMissing(described.get(element) ?? '')).toEqual([]);
  });

  it('has what can happen to each flow of the diagram, and to no other', () => {
    expect(flows.length).toBeGreaterThan(8);
    const rows = rowsOf(chapters.get('flows') ?? '').map(([flow = '', letter]) => [
      flow.split(' ')[0],
      letter,
    ]);
    expect(rows.sort()).toEqual(flows.flatMap((flow) => ofFlows.map((letter) => [flow, letter])).sort());
  });

  it('names for each threat a control, tests that are there, and what remains', () => {
    const rows = [
      ...[...described.values()].flatMap((text) => rowsOf(text)),
      ...rowsOf(chapters.get('flows') ?? '').map((cells) => cells.slice(1)),
    ];
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell.trim() === ''))).toEqual(
      [],
    );
    expect(testsMissing(rows.map(([, , , tests = '']) => tests))).toEqual([]);
  });

  it('shows the diagram', () => expect(page).toContain('](data-flow.svg)'));
});

describe('the check of the threat model', () => {
  it('misses a letter that nobody speaks of', () => {
    const rest =
      '| T | a | b | `c` | d |\n\nNo R and I: because of what this element is, and of nothing else.';
    expect(lettersMissing(rest)).toEqual(['S', 'D', 'E']);
    expect(lettersMissing('No S: short')).toEqual(stride);
  });

  it('misses a test that is not there, and a row without one', () => {
    const own = '`test/architecture/threat-model`';
    expect(testsMissing([own, `${own}, \`test/e2e/nowhere\``, 'none'])).toEqual(['test/e2e/nowhere', 'none']);
  });
});
