import { scaleLinear } from 'd3-scale';
import { arc, line } from 'd3-shape';
import type { MetricWidget } from '../lib/dashboards/definition.js';
import type { TimeSeries } from './metric-math.js';
import { mean, type SampledSeries } from './sample-values.js';
import { element, figure, fitting, ink, type Svg, text } from './svg.js';
import type { Box } from './time-chart.js';

/** @returns what a widget without a time axis says of a series */
function valueOf(widget: MetricWidget, label: string, values: TimeSeries): number {
  if (!widget.isOfWholeTime) return values.findLast((value) => value !== undefined) ?? 0;
  const source = widget.series.find((series) => series.label === label) ?? widget.series[0];
  const statistic =
    source && ('search' in source ? source.search.statistic : 'metric' in source && source.statistic);
  return statistic === 'Sum' ? values.reduce<number>((sum, value) => sum + (value ?? 0), 0) : mean(values);
}

/** Large figures side by side, the course below each. */
export function singleValues(widget: MetricWidget, series: SampledSeries[], box: Box): Svg {
  const width = box.width / Math.max(1, series.length);
  return series
    .map(({ label, color = ink.soft, values }, index) => {
      const left = box.x + index * width;
      const shown = figure(valueOf(widget, label, values));
      const size = Math.min(34, (width - 14) / (shown.length * 0.56));
      const base = box.y + 34;
      const spark: Box = {
        x: left + 4,
        y: base + 26,
        width: width - 18,
        height: box.y + box.height - base - 34,
      };
      return (
        text(left + 4, base, shown, { size, isBold: true }) +
        element('rect', { x: left + 4, y: base + 9, width: 9, height: 9, rx: 2, fill: color }) +
        text(left + 18, base + 17, fitting(label, width - 24, 11), { size: 11, color: ink.soft }) +
        (spark.height > 12 ? sparkline(values, color, spark) : '')
      );
    })
    .join('');
}

function sparkline(values: TimeSeries, color: string, box: Box): Svg {
  const known = values.filter((value) => value !== undefined);
  const y = scaleLinear([Math.min(0, ...known), Math.max(1e-9, ...known)], [box.y + box.height, box.y]);
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [box.x, box.x + box.width]);
  const course = line<number>()
    .digits(1)
    .x((point) => x(point))
    .y((point) => y(values[point] ?? 0))([...values.keys()]);
  return element('path', { d: course ?? '', fill: 'none', stroke: color, 'stroke-width': 1.3 });
}

/** Bars from the left, a name and a figure beside each. */
export function bars(widget: MetricWidget, series: SampledSeries[], box: Box): Svg {
  const values = series.map(({ label, values: all }) => valueOf(widget, label, all));
  const longest = Math.max(...series.map(({ label }) => label.length), 1);
  const names = Math.min(box.width * 0.42, longest * 6.4 + 8);
  const x = scaleLinear([0, widget.axis?.max ?? Math.max(1e-9, ...values)], [0, box.width - names - 52]);
  const step = Math.min(40, box.height / Math.max(1, series.length));
  return series
    .map(({ label, color = '#0072B2' }, index) => {
      const value = values[index] ?? 0;
      const middle = box.y + step * (index + 0.5);
      const height = Math.min(20, step * 0.62);
      return (
        text(box.x + names - 6, middle + 4, fitting(label, names, 11), { size: 11, anchor: 'end' }) +
        element('rect', {
          x: box.x + names,
          y: middle - height / 2,
          width: Math.max(1, x(value)),
          height,
          rx: 2,
          fill: color,
        }) +
        text(box.x + names + x(value) + 6, middle + 4, figure(value), { size: 11, color: ink.soft })
      );
    })
    .join('');
}

/** Half a circle, the thresholds as its colours. */
export function gauge(widget: MetricWidget, series: SampledSeries[], box: Box): Svg {
  const { axis = {}, thresholds = [] } = widget;
  const [shown] = series;
  const value = shown === undefined ? 0 : valueOf(widget, shown.label, shown.values);
  const radius = Math.min(box.width / 2 - 34, box.height - 34);
  const centre = { x: box.x + box.width / 2, y: box.y + box.height - 18 };
  const angle = scaleLinear([axis.min ?? 0, axis.max ?? 100], [-Math.PI / 2, Math.PI / 2]).clamp(true);
  const bounds = [axis.min ?? 0, ...thresholds.map((one) => one.value), axis.max ?? 100];
  const colors = ['#009E73', ...thresholds.map(({ color }) => color ?? ink.soft)];
  const ring = (from: number, to: number, inner: number, outer: number, color: string) =>
    element('path', {
      d:
        arc<null>()
          .digits(1)
          .innerRadius(inner)
          .outerRadius(outer)
          .startAngle(angle(from))
          .endAngle(angle(to))(null) ?? '',
      fill: color,
      transform: `translate(${centre.x} ${Math.round(centre.y)})`,
    });
  const marks = bounds.map((bound, index) => {
    const at = angle(bound);
    const label = thresholds[index - 1]?.label;
    return text(
      centre.x + (radius + 9) * Math.sin(at),
      centre.y -
        (radius + 9) * Math.cos(at) +
        (Math.abs(bound - bounds[0]!) < 1e-9 || index === bounds.length - 1 ? 12 : 2),
      label === undefined ? figure(bound) : `${figure(bound)} ${label}`,
      { size: 10, color: ink.soft, anchor: at < -0.2 ? 'end' : at > 0.2 ? 'start' : 'middle' },
    );
  });
  return [
    ring(bounds[0] ?? 0, bounds.at(-1) ?? 100, radius * 0.66, radius * 0.9, ink.line),
    ring(bounds[0] ?? 0, value, radius * 0.66, radius * 0.9, shown?.color ?? ink.text),
    ...colors.map((color, index) =>
      ring(bounds[index] ?? 0, bounds[index + 1] ?? 100, radius * 0.94, radius, color),
    ),
    ...marks,
    text(centre.x, centre.y, figure(value), { size: 30, isBold: true, anchor: 'middle' }),
  ].join('');
}
