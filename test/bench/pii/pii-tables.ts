import type { FigureTable } from '../suite.js';
import type { DetectionError } from './pii-errors.js';
import type { Score } from './pii-score.js';
import type { Speed } from './pii-speed.js';

/** A file's result. */
export interface PiiFigures {
  readonly file: string;
  readonly texts: number;
  readonly score: Score;
  readonly speed: Speed;
}

const percent = (value: number) => (Number.isNaN(value) ? '-' : (100 * value).toFixed(1));

const scoreColumns = [
  'labelled',
  'found',
  'strict P',
  'R',
  'F1',
  'partial P',
  'R',
  'F1',
  'touched',
  'fully masked',
].map((name) => ({ name, align: 'right' as const }));

export function scoreTable({ file, texts, score }: PiiFigures): FigureTable {
  return {
    title: `${file}: ${texts} texts; shares in percent`,
    columns: [{ name: 'type', align: 'left' }, ...scoreColumns],
    rows: score.classes.map((scored) => [
      scored.name,
      String(scored.labelled),
      String(scored.found),
      ...[scored.strict, scored.partial].flatMap(({ precision, recall, f1 }) =>
        [precision, recall, f1].map(percent),
      ),
      percent(scored.overlapRecall),
      percent(scored.fullyMasked),
    ]),
  };
}

export function summaryTable({ score, speed }: PiiFigures): FigureTable {
  const { harmless, traps } = score;
  const share = (part: number, whole: number) => `${percent(part / whole)} % (${part} of ${whole})`;
  const rows = [
    ['any-type overlap recall', `${percent(score.overlapRecall)} %`],
    ['fully masked', `${percent(score.fullyMasked)} %`],
    ['harmless texts touched', share(harmless.touched, harmless.texts)],
    ...(traps.lines > 0 ? [['trap lines hit', share(traps.hit, traps.lines)]] : []),
    ['MB/s', speed.megabytesPerSecond.toFixed(1)],
    ['text p50, ms', speed.p50Milliseconds.toFixed(3)],
    ['text p99, ms', speed.p99Milliseconds.toFixed(3)],
    ['mean text, UTF-16 units', String(speed.meanTextUnits)],
  ];
  return {
    title: 'all types',
    columns: [
      { name: 'measure', align: 'left' },
      { name: 'value', align: 'right' },
    ],
    rows,
  };
}

/** It quotes texts: for the terminal alone. */
export function errorTable(errors: readonly DetectionError[]): FigureTable {
  const columns = ['type', 'error', 'text', 'quote'].map((name) => ({ name, align: 'left' as const }));
  return {
    title: 'worst errors',
    columns,
    rows: errors.map(({ className, kind, id, quote }) => [className, kind, id, quote]),
  };
}
