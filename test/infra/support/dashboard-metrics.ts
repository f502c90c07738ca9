/** A metric that a dashboard asks CloudWatch for. */
export interface AskedMetric {
  widget: string;
  namespace: string;
  name: string;
  /** Of a search: its dimensions by name, with any value. */
  dimensions: Record<string, string | undefined>;
  isSearch: boolean;
}

interface Body {
  widgets: { type: string; properties: { title?: string; metrics?: unknown[][] } }[];
}

/** A dashboard's body as CloudFormation puts it together: what it fills in stands as `<LogicalId...>`. */
export function bodyOf(properties: Record<string, unknown> | undefined): Body {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const join = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
    if (join === undefined)
      return `<${JSON.stringify(value)
        .replaceAll(/[^A-Za-z0-9]+/g, ' ')
        .trim()}>`;
    return join[1].map(text).join(join[0]);
  };
  return JSON.parse(text(properties?.['DashboardBody'])) as Body;
}

/** @returns every metric of a body, those of searches too @throws Error if a row is none that CloudWatch takes */
export function askedMetrics({ widgets }: Body): AskedMetric[] {
  return widgets.flatMap(({ type, properties }) =>
    type === 'metric'
      ? (properties.metrics ?? []).flatMap((row) => ofRow(row, properties.title ?? 'without title'))
      : [],
  );
}

function ofRow(row: unknown[], widget: string): AskedMetric[] {
  const rendering = row.at(-1) as { expression?: string };
  if (row.length === 1 && rendering.expression !== undefined)
    return ofExpression(rendering.expression, widget);
  const [namespace, name, ...dimensions] = row.slice(0, -1) as string[];
  if (namespace === undefined || name === undefined || dimensions.length % 2 !== 0)
    throw new Error(`${widget}: a metric needs a namespace, a name, and dimensions in pairs`);
  const pairs = Array.from({ length: dimensions.length / 2 }, (_, index) =>
    dimensions.slice(index * 2, index * 2 + 2),
  );
  return [{ widget, namespace, name, dimensions: Object.fromEntries(pairs), isSearch: false }];
}

function ofExpression(expression: string, widget: string): AskedMetric[] {
  const searches = [
    ...expression.matchAll(/SEARCH\('\{([^}]*)\} MetricName="([^"]+)"([^']*)', '[A-Za-z0-9]+'\)/g),
  ].map(([, schema = '', name = '', terms = '']) => {
    const [namespace = '', ...dimensions] = schema.split(',').map((part) => part.replaceAll('"', ''));
    const values = Object.fromEntries(
      [...terms.matchAll(/(\w+)="([^"]+)"/g)].map(([, dimension, value]) => [dimension, value]),
    );
    return {
      widget,
      namespace,
      name,
      dimensions: Object.fromEntries(dimensions.map((dimension) => [dimension, values[dimension]])),
      isSearch: true,
    };
  });
  const insights = [...expression.matchAll(/INSIGHT_RULE_METRIC\("([^"]+)", "Sum"\)/g)].map(
    ([, name = '']) => ({ widget, namespace: INSIGHT_RULES, name, dimensions: {}, isSearch: false }),
  );
  return [...searches, ...insights];
}

/** Stands for a namespace: rules of Contributor Insights are metrics by their name alone. */
export const INSIGHT_RULES = 'Contributor Insights';

/** Metrics of a namespace that somebody publishes. */
export interface Emitted {
  namespace: string;
  names: ReadonlySet<string>;
  /** @returns whether they are published with these dimensions */
  takes(dimensions: Record<string, string | undefined>, name: string): boolean;
}

/** @returns a sentence for each metric that nobody emits */
export function notEmitted(asked: readonly AskedMetric[], catalogue: readonly Emitted[]): string[] {
  return asked
    .filter(
      ({ namespace, name, dimensions }) =>
        !catalogue.some(
          (emitted) =>
            emitted.namespace === namespace && emitted.names.has(name) && emitted.takes(dimensions, name),
        ),
    )
    .map(
      ({ widget, namespace, name, dimensions }) =>
        `${widget}: nobody emits ${namespace} ${name} by ${Object.entries(dimensions)
          .map(([dimension, value]) => `${dimension}=${value ?? '*'}`)
          .join(', ')}`,
    );
}
