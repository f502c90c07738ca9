import { positioned, type PositionedWidget } from '../lib/dashboards/dashboard-body.js';
import {
  type AlarmWidget,
  type DashboardDefinition,
  GRID_COLUMNS,
  isAlarms,
  isText,
  type MetricWidget,
} from '../lib/dashboards/definition.js';
import { bars, gauge, singleValues } from './number-charts.js';
import { sampled } from './sample-values.js';
import { element, fitting, ink, type Svg, text, widthOf } from './svg.js';
import { type Box, timeChart } from './time-chart.js';

/** A cell of the grid, pixels. */
const COLUMN = 60;
const ROW = 42;
const GAP = 6;
const TITLE = 30;
const BANNER = 34;

/** Before the end of the samples: when this project was begun, a working day. */
const END = Date.UTC(2026, 10, 18, 18) / 1000;
const SECONDS = { P30D: 30 * 86_400, P1D: 86_400, PT12H: 43_200 } as const;
const POINTS = 96;

/** @returns a picture of the dashboard as CloudWatch would lay it out, with figures that were made up and say so */
export function picture(definition: DashboardDefinition): Svg {
  const span = SECONDS[definition.timeRange];
  const times = Array.from({ length: POINTS + 1 }, (_, index) => END - span + (span * index) / POINTS);
  const width = GRID_COLUMNS * COLUMN;
  const rows = definition.rows.reduce((sum, { height }) => sum + height, 0);
  const height = rows * ROW + BANNER;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'Helvetica, Arial, DejaVu Sans, sans-serif',
      role: 'img',
      'aria-label': `Dashboard ${definition.name}, drawn with sample figures`,
    },
    [
      element('rect', { width, height, fill: ink.page }),
      text(GAP + 4, 22, definition.name, { size: 16, isBold: true }),
      text(
        width - GAP - 4,
        22,
        'Drawn from the definition with sample figures: no figure here was measured',
        {
          size: 13,
          color: '#b45309',
          anchor: 'end',
          isBold: true,
        },
      ),
      ...positioned(definition).map((one) => `\n${card(one, times)}`),
      '\n',
    ].join(''),
  )}\n`;
}

function card({ widget, x, y, width, height }: PositionedWidget, times: readonly number[]): Svg {
  const outer: Box = {
    x: x * COLUMN + GAP / 2,
    y: y * ROW + BANNER + GAP / 2,
    width: width * COLUMN - GAP,
    height: height * ROW - GAP,
  };
  const inner: Box = {
    x: outer.x + 10,
    y: outer.y + TITLE,
    width: outer.width - 20,
    height: outer.height - TITLE - 6,
  };
  const isTimed = !isText(widget) && !isAlarms(widget) && widget.view !== 'timeSeries';
  const title = isTimed ? `${widget.title} (${widget.unit})` : widget.title;
  return element(
    'g',
    {},
    element('rect', { ...outer, rx: 5, fill: '#fff', stroke: ink.line }) +
      text(outer.x + 10, outer.y + 20, fitting(title, outer.width - 16, 13), { size: 13, isBold: true }) +
      (isText(widget)
        ? paragraph(widget.markdown, inner)
        : isAlarms(widget)
          ? alarmStates(widget, inner)
          : chart(widget, times, inner)),
  );
}

function chart(widget: MetricWidget, times: readonly number[], box: Box): Svg {
  const series = sampled(widget, { times });
  switch (widget.view) {
    case 'timeSeries':
      return timeChart(widget, series, times, box);
    case 'bar':
      return bars(widget, series, box);
    case 'gauge':
      return gauge(widget, series, box);
    case 'singleValue':
      return singleValues(widget, series, box);
  }
}

/** Words of a text widget, without its marks. */
function paragraph(markdown: string, box: Box): Svg {
  const size = 12;
  const lines = [''];
  for (const word of markdown.replaceAll(/\*\*|`/g, '').split(/\s+/)) {
    const extended = `${lines.at(-1)} ${word}`.trim();
    if (widthOf(extended, size) <= box.width) lines[lines.length - 1] = extended;
    else lines.push(word);
  }
  return lines
    .map((one, index) => text(box.x, box.y + 14 + index * 17, one, { size, color: ink.soft }))
    .join('');
}

/** As on a day on which all is well. */
function alarmStates({ alarmArns }: AlarmWidget, box: Box): Svg {
  const each = Math.min(190, box.width / Math.max(1, alarmArns.length));
  return alarmArns
    .map((arn, index) => {
      const x = box.x + index * each;
      return (
        element('rect', {
          x,
          y: box.y + 8,
          width: each - 8,
          height: 44,
          rx: 4,
          fill: '#e6f4ef',
          stroke: '#009E73',
        }) +
        text(x + 8, box.y + 26, fitting(arn.split(':').at(-1) ?? '', each - 22, 11), { size: 11 }) +
        text(x + 8, box.y + 43, 'OK', { size: 12, isBold: true, color: '#00684c' })
      );
    })
    .join('');
}
