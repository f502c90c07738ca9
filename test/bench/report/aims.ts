import type { FigureTable } from '../suite.js';
import { left, right } from './cells.js';

/** What a figure should reach. An aim that is missed is shown and fails nothing: on a busy machine it says little. */
export interface Aim {
  what: string;
  unit: string;
  measured: number;
  aim: { atLeast: number } | { atMost: number };
}

/** A figure that is none has missed its aim. */
export const isMet = ({ measured, aim }: Aim): boolean =>
  'atLeast' in aim ? measured >= aim.atLeast : measured <= aim.atMost;

export function aimsTable(aims: readonly Aim[]): FigureTable {
  return {
    title: 'Aims',
    columns: [left('Figure'), right('Aim'), right('Measured'), left('Unit'), left('Met')],
    rows: aims.map((aim) => [
      aim.what,
      'atLeast' in aim.aim ? `>= ${shown(aim.aim.atLeast)}` : `<= ${shown(aim.aim.atMost)}`,
      shown(aim.measured),
      aim.unit,
      isMet(aim) ? 'yes' : 'no',
    ]),
  };
}

/** Three digits that count. */
const shown = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
