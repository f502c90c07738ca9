import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { MetricWidget, Threshold } from '../lib/dashboards/definition.js';
import type { TimeSeries } from './metric-math.js';
import type { SampledSeries } from './sample-values.js';
import { element, figure, fitting, ink, type Svg, text, widthOf } from './svg.js';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const LEGEND_HEIGHT = 20;
const AXIS_HEIGHT = 18;
const AXIS_WIDTH = 46;

/** A line for each series, or areas one upon the other; the unit above the axis, thresholds across. */
export function timeChart(
  widget: MetricWidget,
  series: SampledSeries[],
  times: readonly number[],
  box: Box,
): Svg {
  const { unit, axis = {}, thresholds = [], isStacked = false } = widget;
  const layers = isStacked ? stacked(series) : series.map(({ values }) => ({ low: undefined, high: values }));
  const values = layers.flatMap(({ high }) => high).filter((value) => value !== undefined);
  const most = Math.max(1e-9, ...values);
  // A threshold far above the lines would press them flat: it is named at the top then.
  const near = thresholds.filter(({ value }) => axis.max !== undefined || value <= most * 8);
  const top = axis.max ?? Math.max(most, ...near.map(({ value }) => value)) * 1.08;
  const inner: Box = {
    x: box.x + AXIS_WIDTH,
    y: box.y + 16,
    width: box.width - AXIS_WIDTH - 6,
    height: box.height - 16 - LEGEND_HEIGHT - AXIS_HEIGHT,
  };
  const y = scaleLinear([axis.min ?? 0, top], [inner.y + inner.height, inner.y]);
  if (axis.max === undefined) y.nice(4);
  const x = scaleUtc(
    [new Date((times[0] ?? 0) * 1000), new Date((times.at(-1) ?? 1) * 1000)],
    [inner.x, inner.x + inner.width],
  );
  const at = (index: number) => x(new Date((times[index] ?? 0) * 1000));

  const shown = y.tickFormat(4);
  const ticks = y.ticks(4).map(
    (tick) =>
      element('line', {
        x1: inner.x,
        x2: inner.x + inner.width,
        y1: y(tick),
        y2: y(tick),
        stroke: ink.line,
      }) + text(inner.x - 6, y(tick) + 4, shown(tick), { size: 10, color: ink.soft, anchor: 'end' }),
  );
  const format = x.tickFormat();
  const moments = x.ticks(Math.max(3, Math.floor(inner.width / 110))).map((tick) => {
    // The first and the last stay within the card.
    const anchor = x(tick) < inner.x + 16 ? 'start' : x(tick) > inner.x + inner.width - 16 ? 'end' : 'middle';
    return text(x(tick), inner.y + inner.height + 13, format(tick), { size: 10, color: ink.soft, anchor });
  });
  const drawn = layers.map(({ low, high }, index) => {
    const color = series[index]?.color ?? ink.soft;
    const isKnown = (_: unknown, at: number) => high[at] !== undefined;
    const points = [...high.keys()];
    const course = line<number>()
      .digits(1)
      .defined((point) => isKnown(point, point))
      .x(at)
      .y((point) => y(high[point] ?? 0))(points);
    const filled =
      low &&
      area<number>()
        .digits(1)
        .x(at)
        .y0((point) => y(low[point] ?? 0))
        .y1((point) => y(high[point] ?? 0))(points);
    return (
      (filled ? element('path', { d: filled, fill: color, 'fill-opacity': 0.55 }) : '') +
      element('path', { d: course ?? '', fill: 'none', stroke: color, 'stroke-width': 1.6 })
    );
  });
  return [
    ...ticks,
    ...moments,
    text(box.x + 2, box.y + 6, unit, { size: 10, color: ink.soft }),
    ...thresholds
      .filter((one) => near.includes(one) && one.fill)
      .map((one) => thresholdArea(one, inner, y(Math.min(one.value, y.domain()[1] ?? 0)))),
    ...drawn,
    ...near.map((one) => thresholdLine(one, inner, y(one.value))),
    ...thresholds.filter((one) => !near.includes(one)).map((one) => farThreshold(one, inner)),
    legend(series, { ...box, y: box.y + box.height - LEGEND_HEIGHT + 4 }),
  ].join('');
}

/** From the first upwards. */
function stacked(series: SampledSeries[]): { low: TimeSeries; high: TimeSeries }[] {
  let below: TimeSeries = series[0]?.values.map(() => 0) ?? [];
  return series.map(({ values }) => {
    const low = below;
    below = values.map((value, index) => (low[index] ?? 0) + (value ?? 0));
    return { low, high: below };
  });
}

function thresholdLine({ label, color = ink.soft }: Threshold, inner: Box, y: number): Svg {
  const width = widthOf(label, 10) + 8;
  const right = inner.x + inner.width;
  return (
    element('line', {
      x1: inner.x,
      x2: right,
      y1: y,
      y2: y,
      stroke: color,
      'stroke-width': 1.4,
      'stroke-dasharray': '6 4',
    }) +
    // White behind the words, so that no line runs through them.
    element('rect', { x: right - width, y: y - 14, width, height: 12, fill: '#fff', 'fill-opacity': 0.8 }) +
    text(right - 4, y - 4, label, { size: 10, color, anchor: 'end', isBold: true })
  );
}

const thresholdArea = ({ fill, color = ink.soft }: Threshold, inner: Box, y: number): Svg =>
  element('rect', {
    x: inner.x,
    y: fill === 'above' ? inner.y : y,
    width: inner.width,
    height: Math.max(0, fill === 'above' ? y - inner.y : inner.y + inner.height - y),
    fill: color,
    'fill-opacity': 0.08,
  });

const farThreshold = ({ value, label, color = ink.soft }: Threshold, inner: Box): Svg =>
  text(inner.x + inner.width - 4, inner.y - 4, `${label} at ${figure(value)} ↑`, {
    size: 10,
    color,
    anchor: 'end',
    isBold: true,
  });

/** What each colour means, in one line as far as it fits. */
export function legend(series: SampledSeries[], box: Box): Svg {
  const whole = series.reduce((sum, { label }) => sum + widthOf(label, 11) + 31, 0);
  const each = whole <= box.width ? Number.POSITIVE_INFINITY : box.width / series.length;
  let x = box.x + 2;
  return series
    .map(({ label, color = ink.soft }) => {
      const shown = fitting(label, Math.max(each - 22, 40), 11);
      const mark =
        element('rect', { x, y: box.y + 1, width: 10, height: 10, rx: 2, fill: color }) +
        text(x + 15, box.y + 10, shown, { size: 11 });
      x += 15 + widthOf(shown, 11) + 16;
      return mark;
    })
    .join('');
}
