import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { MetricsPublisher } from '../../apps/phi-api/src/metrics/metrics-publisher.js';
import { complianceMetrics } from '../../infra/lib/compliance-metrics.js';
import { awsNamespaces, type AwsNamespace } from '../../infra/lib/dashboards/aws-metrics.js';
import { positioned } from '../../infra/lib/dashboards/dashboard-body.js';
import { GRID_COLUMNS, isMetrics, type MetricWidget } from '../../infra/lib/dashboards/definition.js';
import { namesOf } from '../../infra/lib/names.js';
import { exampleDashboards } from '../../infra/pictures/dashboards.js';
import { evaluate } from '../../infra/pictures/metric-math.js';
import { picture } from '../../infra/pictures/picture.js';
import { startBedrockServer } from '../support/bedrock-server.js';
import { bedrockVariables, sdkEnvironment } from '../support/bedrock-settings.js';
import { type MetricsLine, metricsLines } from '../support/embedded-metrics.js';
import { clientOf, startListening, succeeded } from '../support/phi-client.js';
import type { Service } from '../support/service.js';
import {
  askedMetrics,
  INSIGHT_RULES,
  type AskedMetric,
  bodyOf,
  type Emitted,
  notEmitted,
} from './support/dashboard-metrics.js';
import { synthesized, type Synthesized } from './synthesized.js';

const names = namesOf('prod');
let prod: Synthesized;
let asked: AskedMetric[];
let catalogue: Emitted[];
let service: Service;

beforeAll(async () => {
  prod = synthesized('prod');
  const line = await whatTheServiceWrites();
  catalogue = [
    ofTheService(line),
    ...ofFilters(prod),
    ofInsightRules(prod),
    ofCompliance,
    ...Object.values(awsNamespaces).map(ofAws),
  ];
  asked = prod
    .ofType('AWS::CloudWatch::Dashboard')
    .flatMap(({ Properties }) => askedMetrics(bodyOf(Properties)));
});
afterAll(() => service.stop());

/** Starts the service as it runs where the dashboards are, has it screen a text, and reads its metrics from its log. */
async function whatTheServiceWrites(): Promise<MetricsLine> {
  const bedrock = await startBedrockServer();
  const environment = sdkEnvironment(bedrock);
  Object.assign(process.env, environment);
  try {
    service = await startListening({
      PHI_METRICS_SECONDS: '3600',
      PHI_STAGE: 'prod',
      ...bedrockVariables('board000'),
    });
    const client = await clientOf(service);
    await succeeded(client.post('/v1/patients', { notes: 'Coughs since Monday.' }));
    await service.app.get(MetricsPublisher).publish();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    await bedrock.close();
  }
  const line = metricsLines(service.logged()).find((one) => one['message'] === 'metrics');
  if (line === undefined) throw new Error('the service wrote no metrics');
  return line;
}

const sameDimensions = (a: Record<string, string | undefined>, b: Record<string, string | undefined>) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

function ofTheService(line: MetricsLine): Emitted {
  const directive = line._aws.CloudWatchMetrics[0]!;
  const dimensions = Object.fromEntries(
    (directive.Dimensions[0] ?? []).map((name) => [name, String(line[name])]),
  );
  return {
    namespace: directive.Namespace,
    // Counted at the local key service alone: where the dashboards are, KMS is AWS's, and the trail counts.
    names: new Set(directive.Metrics.map(({ Name }) => Name).filter((name) => name !== 'KmsCalls')),
    takes: (asks) => sameDimensions(asks, dimensions),
  };
}

interface Transformation {
  MetricName: string;
  MetricNamespace: string;
  Dimensions?: { Key: string }[];
}
const ofFilters = ({ ofType }: Synthesized): Emitted[] =>
  ofType('AWS::Logs::MetricFilter')
    .flatMap(({ Properties = {} }) => Properties['MetricTransformations'] as Transformation[])
    .map(({ MetricName, MetricNamespace, Dimensions = [] }) => ({
      namespace: MetricNamespace,
      names: new Set([MetricName]),
      takes: (asks) => sortedNames(Object.keys(asks)) === sortedNames(Dimensions.map(({ Key }) => Key)),
    }));
const sortedNames = (list: readonly string[]) => list.toSorted().join();

const ofInsightRules = ({ ofType }: Synthesized): Emitted => ({
  namespace: INSIGHT_RULES,
  names: new Set(
    ofType('AWS::CloudWatch::InsightRule').map(({ Properties }) => String(Properties?.['RuleName'])),
  ),
  takes: () => true,
});

const published: readonly { name: string; dimension?: { name: string; values?: readonly string[] } }[] =
  Object.values(complianceMetrics);
const ofCompliance: Emitted = {
  namespace: names.complianceNamespace,
  names: new Set(published.map(({ name }) => name)),
  takes: (asks, asked) => {
    const dimension = published.find(({ name }) => name === asked)?.dimension;
    const [[name, value] = [], ...more] = Object.entries(asks);
    return (
      more.length === 0 &&
      name === dimension?.name &&
      (value === undefined || dimension?.values === undefined || dimension.values.includes(value))
    );
  },
};

/** Values of dimensions that AWS gives, not a template. */
const awsWords = new Set(['ALL', 'ApplyGuardrail', 'us-east-1']);
const ofAws = ({ namespace, metrics, dimensions, resource }: AwsNamespace): Emitted => ({
  namespace,
  names: new Set(metrics),
  takes: (asks) => {
    // A metric of a resource that nobody deploys shows nothing, whatever AWS documents.
    if (prod.ofType(resource).length === 0) return false;
    const others = prod.resources.filter(({ Type }) => Type !== 'AWS::CloudWatch::Dashboard');
    const deployed = JSON.stringify(others);
    return (
      dimensions.some((set) => set.toSorted().join() === Object.keys(asks).sort().join()) &&
      Object.values(asks).every(
        (value) =>
          value === undefined ||
          value.startsWith('<') ||
          awsWords.has(value) ||
          deployed.includes(`"${value}"`),
      )
    );
  },
});

describe('a metric of a dashboard', () => {
  it('is emitted by something in the templates, by the service, or by AWS as it documents', () => {
    expect(notEmitted(asked, catalogue)).toEqual([]);
    expect(asked.length).toBeGreaterThan(80);
  });

  it.each<[string, Partial<AskedMetric>]>([
    ['a name that the service does not write', { name: 'PatientsRead' }],
    ['a name of the service in a namespace of ours', { namespace: names.metricNamespace }],
    ['a figure that only the local key service has', { name: 'KmsCalls' }],
    ['another stage', { dimensions: { service: 'phi-api', Stage: 'dev' } }],
    ['a dimension too few', { dimensions: { Stage: 'prod' } }],
    [
      'the metric that AWS Config does not have',
      { namespace: 'AWS/Config', name: 'ComplianceByConfigRule', dimensions: {} },
    ],
    [
      'a filter that is not there',
      { namespace: names.metricNamespace, name: 'ApiForbidden', dimensions: {} },
    ],
    [
      'a severity that is none',
      { namespace: names.complianceNamespace, name: 'OpenViolations', dimensions: { Severity: 'SEVERE' } },
    ],
    [
      'a state by what it has no dimension for',
      { namespace: names.complianceNamespace, name: 'RiskScore', dimensions: { Rule: 'x' } },
    ],
    [
      'dimensions that AWS does not document',
      { namespace: 'AWS/Bedrock/Guardrails', name: 'Invocations', dimensions: { GuardrailId: 'x' } },
    ],
    [
      'a table that is not deployed',
      {
        namespace: 'AWS/DynamoDB',
        name: 'ConsumedReadCapacityUnits',
        dimensions: { TableName: 'phi-prod-notes' },
      },
    ],
    [
      'a rule of Contributor Insights that is not there',
      { namespace: INSIGHT_RULES, name: 'phi-prod-key-refusal', dimensions: {} },
    ],
    [
      'a search by dimensions that there are not',
      { namespace: 'AWS/Events', name: 'TriggeredRules', dimensions: { Rule: undefined }, isSearch: true },
    ],
  ])('is refused: %s', (_, change) => {
    const right: AskedMetric = {
      widget: 'planted',
      namespace: 'HealthcareSecurityPlatform',
      name: 'Requests',
      dimensions: { service: 'phi-api', Stage: 'prod' },
      isSearch: false,
    };
    expect(notEmitted([right], catalogue)).toEqual([]);
    expect(notEmitted([{ ...right, ...change }], catalogue)).toHaveLength(1);
  });

  it('is found in expressions and searches as well', () => {
    const body = (metrics: unknown[][]) => ({ widgets: [{ type: 'metric', properties: { metrics } }] });
    const expression = `SUM(SEARCH('{"AWS/DynamoDB","TableName"} MetricName="Planted" TableName="x"', 'Sum'))`;
    expect(askedMetrics(body([[{ expression, id: 's0' }]]))).toEqual([
      expect.objectContaining({ name: 'Planted', dimensions: { TableName: 'x' }, isSearch: true }),
    ]);
    expect(() => askedMetrics(body([['AWS/SNS', 'Planted', 'TopicName', { stat: 'Sum' }]]))).toThrow(
      /in pairs/,
    );
  });
});

const dashboards = Object.entries(exampleDashboards());

describe('a dashboard', () => {
  it('is one of three, the number that an account has for nothing, and drawn like the others', () => {
    const deployed = prod
      .ofType('AWS::CloudWatch::Dashboard')
      .map(({ Properties }) => Properties?.['DashboardName']);
    expect(deployed.sort()).toEqual(dashboards.map(([, { name }]) => name).sort());
    expect(deployed).toHaveLength(3);
  });

  it('of the service stands where the service does, and needs no compliance stack', () => {
    const stackOf = (name: string) =>
      prod
        .ofType('AWS::CloudWatch::Dashboard')
        .find(({ Properties }) => Properties?.['DashboardName'] === name)?.stack;
    expect(stackOf('phi-prod-service')).toBe('Api');
    expect(JSON.stringify(prod.stacks['Api']?.template)).not.toContain(names.stacks.compliance);
  });

  it.each(dashboards)('fills the columns of %s, and says what its numbers are', (_, definition) => {
    for (const { widgets } of definition.rows)
      expect(widgets.reduce((sum, { width }) => sum + width, 0)).toBe(GRID_COLUMNS);
    const drawn = positioned(definition).map(({ widget }) => widget);
    expect(new Set(drawn.map(({ title }) => title)).size).toBe(drawn.length);
    for (const widget of drawn.filter(isMetrics))
      expect(widget).toMatchObject({ unit: expect.stringMatching(/\S/) });
  });

  it.each(dashboards)('draws a line in %s where an alarm has its threshold', (_, definition) => {
    const alarms = prod.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties ?? {});
    const metricNames = ({ series }: MetricWidget) =>
      series.flatMap((one) =>
        'metric' in one ? [one.metric.name] : 'search' in one ? [one.search.name] : [],
      );
    for (const { widget } of positioned(definition)) {
      if (!isMetrics(widget)) continue;
      for (const { value, label } of (widget.thresholds ?? []).filter(({ isAlarm }) => isAlarm))
        expect([
          label,
          alarms.some(
            (one) => one['Threshold'] === value && metricNames(widget).includes(String(one['MetricName'])),
          ),
        ]).toEqual([label, true]);
    }
  });

  it.each(dashboards)(
    '%s is pictured in the documentation as it is (npm run dashboards:render)',
    (name, definition) => {
      const drawn = picture(definition);
      expect(readFileSync(`docs/dashboards/${name}.svg`, 'utf8')).toBe(drawn);
      expect(drawn).toContain('sample figures');
      expect(readdirSync('docs/dashboards').sort()).toEqual(dashboards.map(([one]) => `${one}.svg`).sort());
    },
  );

  it('is drawn anew when its definition changes', () => {
    const [[, definition]] = dashboards as [(typeof dashboards)[number]];
    expect(picture({ ...definition, rows: definition.rows.slice(1) })).not.toBe(picture(definition));
  });
});

describe('metric math', () => {
  const times = [0, 300, 600];
  const series = { a: [1, undefined, 3], b: [2, 4, 0] };

  it.each<[string, (number | undefined)[]]>([
    ['a + b * 2', [5, undefined, 3]],
    ['(a - b) / b', [-0.5, undefined, undefined]],
    ['FILL(a, 0) + 1.5', [2.5, 1.5, 4.5]],
    ['(86400 - EPOCH(a)) / 86400', [1, 86_100 / 86_400, 85_800 / 86_400]],
  ])('works out %s', (expression, expected) => {
    expect(evaluate(expression, series, times)).toEqual(expected);
  });

  it.each(['a +', 'a b', 'c', '(a', 'a ^ b', 'FILL(a)'])('refuses %s', (expression) => {
    expect(() => evaluate(expression, series, times)).toThrow(Error);
  });
});
