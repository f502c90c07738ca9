import type { Column, FigureTable } from '../suite.js';
import { contenders, type CryptoFigures } from './crypto-figures.js';

const left = (name: string): Column => ({ name, align: 'left' });
const right = (name: string): Column => ({ name, align: 'right' });

export const sizeName = (bytes: number) => `${bytes / 1024} KB`;

export function cryptoTables(figures: CryptoFigures): FigureTable[] {
  return [time(figures), targets(figures)];
}

function time({ times, rounds }: CryptoFigures): FigureTable {
  return {
    title: `Time of one message, microseconds, ${rounds} each`,
    columns: [
      left('Size'),
      left('Operation'),
      ...['p10', 'p50'].flatMap((share) => contenders.map((name) => right(`${name} ${share}`))),
      right('lib / raw p10'),
      right('lib / raw p50'),
      right('stock / raw p10'),
    ],
    rows: times.map(({ bytes, operation, of }) => [
      sizeName(bytes),
      operation,
      ...contenders.map((name) => of[name].p10.toFixed(1)),
      ...contenders.map((name) => of[name].p50.toFixed(1)),
      (of.lib.p10 / of.raw.p10).toFixed(1),
      (of.lib.p50 / of.raw.p50).toFixed(1),
      (of.stock.p10 / of.raw.p10).toFixed(1),
    ]),
  };
}

function targets({ targets: all }: CryptoFigures): FigureTable {
  return {
    title: 'Targets of the encryption',
    columns: [left('Figure'), right('At most'), right('Measured'), left('Met')],
    rows: all.map(({ what, atMost, measured }) => [
      what,
      String(atMost),
      String(Number(measured.toFixed(2))),
      measured <= atMost ? 'yes' : 'no',
    ]),
  };
}
