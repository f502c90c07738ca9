import {
  type DashboardDefinition,
  isAlarms,
  isSearch,
  isText,
  type Measured,
  type MetricWidget,
  type Search,
  type Series,
  type Widget,
} from './definition.js';

/** A widget and where it stands, in columns and rows of the grid. */
export interface PositionedWidget {
  widget: Widget;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Puts widgets from left to right, row below row. */
export function positioned({ rows }: DashboardDefinition): PositionedWidget[] {
  let y = 0;
  return rows.flatMap(({ height, widgets }) => {
    let x = 0;
    const row = widgets.map((widget) => {
      const placed = { widget, x, y, width: widget.width, height };
      x += widget.width;
      return placed;
    });
    y += height;
    return row;
  });
}

/**
 * @returns the dashboard as CloudWatch takes it
 * @see Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax"
 */
export function dashboardBody(definition: DashboardDefinition, region: string): Record<string, unknown> {
  return {
    start: `-${definition.timeRange}`,
    // The periods below are those in which metrics are published: longer ones would sum states that only count once.
    periodOverride: 'inherit',
    widgets: positioned(definition).map(({ widget, ...place }) => ({
      ...place,
      ...content(widget, region),
    })),
  };
}

function content(widget: Widget, region: string): { type: string; properties: Record<string, unknown> } {
  if (isText(widget)) {
    return { type: 'text', properties: { markdown: `## ${widget.title}\n${widget.markdown}` } };
  }
  if (isAlarms(widget)) {
    return { type: 'alarm', properties: { title: widget.title, alarms: widget.alarmArns } };
  }
  return { type: 'metric', properties: metricProperties(widget, region) };
}

function metricProperties(widget: MetricWidget, region: string): Record<string, unknown> {
  const { axis = {}, thresholds = [], unit } = widget;
  const isDrawn = widget.view === 'timeSeries' || widget.view === 'bar';
  return {
    title: widget.view === 'timeSeries' ? widget.title : `${widget.title} (${unit})`,
    view: widget.view,
    region,
    period: widget.periodSeconds,
    metrics: widget.series.flatMap((series, index) => metricRows(series, index)),
    ...(widget.view === 'timeSeries' && { stacked: widget.isStacked ?? false }),
    ...(widget.view === 'singleValue' && { sparkline: true }),
    setPeriodToTimeRange: widget.isOfWholeTime ?? false,
    yAxis: { left: { ...axis, ...(isDrawn && { label: unit }), showUnits: false } },
    legend: { position: widget.view === 'bar' ? 'right' : 'bottom' },
    ...(thresholds.length > 0 && {
      annotations: {
        horizontal: thresholds.map(({ value, label, color, fill }) => ({
          value,
          label,
          ...(color && { color }),
          ...(fill && { fill }),
        })),
      },
    }),
  };
}

/** A metric that only serves an expression comes before it and is not shown. */
function metricRows(series: Series, index: number): unknown[][] {
  const drawn = { label: series.label, ...(series.color && { color: series.color }) };
  if ('metric' in series) return [metricRow(series, { ...drawn, id: `s${index}` })];
  if ('insightRule' in series) {
    return [
      [{ expression: `INSIGHT_RULE_METRIC("${series.insightRule}", "Sum")`, id: `s${index}`, ...drawn }],
    ];
  }
  if ('search' in series) {
    const { search, order, atMost } = series;
    const sorted = `SORT(${searchExpression(search)}, AVG, ${order}, ${atMost})`;
    // Each is named by what tells it from the others: the value of its last dimension.
    const label = `\${PROP('Dim.${search.dimensions.at(-1)}')}`;
    return [[{ expression: sorted, id: `s${index}`, ...drawn, label }]];
  }
  // An id is one of the whole widget's.
  const ids = Object.keys(series.using);
  const idOf = (id: string) => `s${index}_${id}`;
  const expression = ids.reduce(
    (text, id) => text.replaceAll(new RegExp(`\\b${id}\\b`, 'g'), idOf(id)),
    series.expression,
  );
  return [
    ...Object.entries(series.using).map(([id, source]) =>
      isSearch(source)
        ? [{ expression: `SUM(${searchExpression(source)})`, id: idOf(id), visible: false }]
        : metricRow(source, { id: idOf(id), visible: false }),
    ),
    [{ expression, id: `s${index}`, ...drawn }],
  ];
}

function metricRow({ metric, statistic }: Measured, rendering: Record<string, string | boolean>): unknown[] {
  return [
    metric.namespace,
    metric.name,
    ...Object.entries(metric.dimensions).flat(),
    { stat: statistic, ...rendering },
  ];
}

/**
 * Names in quotation marks: a stage may hold a hyphen. Without a period, so that the widget's holds.
 * @see Amazon CloudWatch User Guide, "CloudWatch search expression syntax"
 */
const searchExpression = ({ namespace, name, dimensions, terms, statistic }: Search): string =>
  `SEARCH('{${[namespace, ...dimensions].map((part) => `"${part}"`).join(',')}} MetricName="${name}"${
    terms === undefined ? '' : ` ${terms}`
  }', '${statistic}')`;
