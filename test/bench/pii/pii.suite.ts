import { join } from 'node:path';
import { projectFolder } from '../project-folder.js';
import type { FigureTable, Suite, SuiteContext, SuiteResult } from '../suite.js';
import { builtDetector } from './built-detector.js';
import { readLabelledTexts } from './labelled-texts.js';
import { score } from './pii-score.js';
import { type Speed, measureSpeed } from './pii-speed.js';
import { scoreTable, summaryTable } from './pii-tables.js';

const corpus = ['identifiers', 'evasions', 'notes', 'traps'];
const smokeMilliseconds = 200;

/** The local detector on the labelled texts of the project, all types, beside reading the same texts as JSON. */
export const piiSuite: Suite = {
  name: 'screening',
  title: 'Identifiers in text',
  async run({ smoke, build, progress }: SuiteContext): Promise<SuiteResult> {
    progress('screening: detecting');
    const detector = await builtDetector(build);
    const labelled = corpus.flatMap((name) =>
      readLabelledTexts(join(projectFolder, `test/fixtures/pii/${name}.jsonl`)),
    );
    const texts = labelled.map(({ text }) => text);
    const duration = smoke ? smokeMilliseconds : undefined;
    const found = texts.map((text) => detector.detectSync(text));
    const speed = measureSpeed(texts, (text) => detector.detectSync(text), duration);
    const encoded = texts.map((text) => JSON.stringify(text));
    const baseline = measureSpeed(encoded, (text) => JSON.parse(text) as unknown, duration);
    const figures = { file: 'test/fixtures/pii', texts: texts.length, score: score(labelled, found), speed };
    return {
      tables: [scoreTable(figures), summaryTable(figures), speedTable(speed, baseline)],
      figures: { ...figures, baseline },
      notes: [
        'The measures are defined in `test/bench/README.md`. The texts are short and dense; `npm run bench:pii` measures others.',
        'The baseline is `JSON.parse` of the same texts, which every request pays before it is screened.',
      ],
      failures: found.every((findings) => findings.length === 0)
        ? ['screening: the detector found nothing']
        : [],
    };
  },
};

function speedTable(speed: Speed, baseline: Speed): FigureTable {
  const columns = ['', 'detector', 'JSON.parse', 'ratio'].map((name, at) => ({
    name,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }));
  const { megabytesPerSecond: own } = speed;
  const { megabytesPerSecond: beside } = baseline;
  return {
    title: 'Speed',
    columns,
    rows: [['MB/s', own.toFixed(1), beside.toFixed(0), `1 : ${(beside / own).toFixed(0)}`]],
  };
}
