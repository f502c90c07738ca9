/** A metric as CloudWatch finds it: the dimensions have to be all of those that it is published with. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
}

/** Of a period: how its samples become one number. */
export type Statistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'p50' | 'p90' | 'p99';

export interface Measured {
  metric: Metric;
  statistic: Statistic;
}

/** Every metric of a name that has these dimensions, whatever their values. CloudWatch looks for them when the dashboard is opened. */
export interface Search {
  namespace: string;
  name: string;
  dimensions: readonly string[];
  /** Further words of CloudWatch's search: `TableName="phi-dev-audit"`, or a word that values hold. */
  terms?: string;
  statistic: Statistic;
}

interface Drawn {
  /** With its unit, unless the widget's axis says it. */
  label: string;
  color?: Colour;
}

/** A line, bar or number of a widget. */
export type Series = Drawn &
  (
    | Measured
    /** All that a rule of Contributor Insights counted, whoever it was. */
    | { insightRule: string }
    /** Metric math over metrics by their ids. */
    | { expression: string; using: Readonly<Record<string, Measured | Search>> }
    /** As many series as are found, at most `atMost`, in the order of their mean. */
    | { search: Search; order: 'ASC' | 'DESC'; atMost: number }
  );

/** A line across a chart. */
export interface Threshold {
  value: number;
  label: string;
  color?: Colour;
  /** Colours the side of the line that is meant. */
  fill?: 'above' | 'below';
  /** Whether it is the threshold of an alarm on one of the widget's metrics; a test holds the two equal. */
  isAlarm?: boolean;
}

interface Placed {
  title: string;
  /** Columns of the dashboard's 24. */
  width: number;
}

export interface MetricWidget extends Placed {
  view: 'timeSeries' | 'singleValue' | 'bar' | 'gauge';
  series: readonly Series[];
  /** What the numbers are: `ms`, `requests in 5 minutes`. */
  unit: string;
  isStacked?: boolean;
  periodSeconds: number;
  /** One value of the dashboard's whole time instead of the last period's. */
  isOfWholeTime?: boolean;
  axis?: { min?: number; max?: number };
  thresholds?: readonly Threshold[];
}

export interface TextWidget extends Placed {
  view: 'text';
  /** Without the title. */
  markdown: string;
}

export interface AlarmWidget extends Placed {
  view: 'alarms';
  alarmArns: readonly string[];
}

export type Widget = MetricWidget | TextWidget | AlarmWidget;

/** Widgets that stand side by side and are equally high. */
export interface Row {
  height: number;
  widgets: readonly Widget[];
}

export interface DashboardDefinition {
  name: string;
  /** What it shows when it is opened, ISO 8601: `P30D`. */
  timeRange: 'P30D' | 'P1D' | 'PT12H';
  rows: readonly Row[];
}

/** The columns of CloudWatch's grid. */
export const GRID_COLUMNS = 24;

/**
 * Colours that people of every colour vision tell apart, on white.
 * @see Okabe, Ito: Color Universal Design (2008)
 */
export const colours = {
  blue: '#0072B2',
  orange: '#E69F00',
  green: '#009E73',
  vermilion: '#D55E00',
  purple: '#9467BD',
  sky: '#56B4E9',
  grey: '#6B7280',
} as const;
export type Colour = (typeof colours)[keyof typeof colours];

export const isText = (widget: Widget): widget is TextWidget => widget.view === 'text';
export const isAlarms = (widget: Widget): widget is AlarmWidget => widget.view === 'alarms';
export const isMetrics = (widget: Widget): widget is MetricWidget => !isText(widget) && !isAlarms(widget);

export const isSearch = (source: Measured | Search): source is Search => 'namespace' in source;
