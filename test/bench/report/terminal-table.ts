import type { FigureTable } from '../suite.js';

/** @returns the table with aligned columns */
export function terminalTable({ title, columns, rows }: FigureTable): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const texts = lines.map((cells) =>
    columns
      .map(({ align }, at) => {
        const cell = cells[at] ?? '';
        const width = widths[at] ?? 0;
        return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return [title, ...texts].join('\n');
}
