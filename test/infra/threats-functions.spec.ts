import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { Macie2Client } from '@aws-sdk/client-macie2';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { dailyQueriesHandler } from '../../infra/lambda/daily-queries/daily-queries.js';
import { macieJobHandler } from '../../infra/lambda/macie-job/macie-job.js';
import { heartbeatHandler, trailFaults } from '../../infra/lambda/trail-heartbeat/trail-heartbeat.js';
import { dailyQuestions } from '../../infra/lib/constructs/daily-queries.js';
import { savedQueries } from '../../infra/lib/saved-query-texts.js';
import { settingsOf } from '../../infra/lib/settings.js';
import { metricsLines, metricsOf } from '../support/embedded-metrics.js';
import { type HttpEndpoint, httpEndpoint, localClient } from './http-endpoint.js';

const open: HttpEndpoint[] = [];
afterEach(() => Promise.all(open.splice(0).map((endpoint) => endpoint.close())));

/** An AWS service of JSON 1.1, by the names of its operations. */
async function jsonService(
  answers: Record<string, (input: Record<string, unknown>) => object>,
): Promise<HttpEndpoint> {
  const endpoint = await httpEndpoint(({ headers, body }) => {
    const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(body.toString() || '{}') as Record<string, unknown>;
    const answer = answers[operation];
    if (answer === undefined)
      return { status: 400, body: JSON.stringify({ __type: 'UnknownOperationException' }) };
    return {
      status: 200,
      body: JSON.stringify(answer(input)),
      headers: { 'content-type': 'application/x-amz-json-1.1' },
    };
  });
  open.push(endpoint);
  return endpoint;
}

describe('the heartbeat of the trail', () => {
  const now = Date.parse('2026-11-03T10:00:00Z');
  const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000);
  /** After the AWS CloudTrail API Reference, "GetTrailStatus", response elements. */
  const healthy = {
    IsLogging: true,
    LatestDeliveryTime: minutesAgo(6),
    LatestCloudWatchLogsDeliveryTime: minutesAgo(4),
    LatestDigestDeliveryTime: minutesAgo(50),
  };

  it.each([
    ['nothing', {}, []],
    ['an empty error, which is none', { LatestDeliveryError: '' }, []],
    ['a trail that was stopped', { IsLogging: false }, ['not logging']],
    ['a bucket that refuses', { LatestDeliveryError: 'AccessDenied' }, ['files not delivered']],
    ['no file for 61 minutes', { LatestDeliveryTime: minutesAgo(61) }, ['no file for an hour']],
    ['a file 59 minutes ago', { LatestDeliveryTime: minutesAgo(59) }, []],
    [
      'a role that may not write lines',
      { LatestCloudWatchLogsDeliveryError: 'AccessDenied', LatestCloudWatchLogsDeliveryTime: undefined },
      ['log stream not delivered', 'no line for an hour'],
    ],
    [
      'digests that cannot be written',
      { LatestDigestDeliveryError: 'AccessDenied' },
      ['digests not delivered'],
    ],
  ])('finds %s', (_, change, faults) => {
    expect(trailFaults({ ...healthy, ...change }, now)).toEqual(faults);
  });

  const beat = async (answers: Parameters<typeof jsonService>[0]) => {
    const { url, requests } = await jsonService(answers);
    const lines: string[] = [];
    await heartbeatHandler({
      client: new CloudTrailClient(localClient(url)),
      trailName: 'phi-dev-trail',
      namespace: 'Phi/dev/Compliance',
      log: (line) => void lines.push(line),
      now: () => now,
    })();
    const [line] = metricsLines(lines.join(''));
    return { line: line!, requests, text: lines.join('') };
  };

  it('writes two figures without dimensions, as the alarms look for them', async () => {
    const { line, requests } = await beat({
      GetTrailStatus: () => ({
        ...healthy,
        LatestDeliveryTime: now / 1000 - 360,
        LatestCloudWatchLogsDeliveryTime: now / 1000 - 240,
        LatestDigestDeliveryTime: now / 1000 - 3000,
      }),
    });
    expect(metricsOf(line)).toEqual({ TrailFaults: 0, TrailChecks: 1 });
    expect(line._aws.CloudWatchMetrics).toMatchObject([
      { Namespace: 'Phi/dev/Compliance', Dimensions: [[]] },
    ]);
    expect(JSON.parse(requests[0]?.body.toString() ?? '')).toEqual({ Name: 'phi-dev-trail' });
  });

  it('counts a question that is not answered as a fault, and says nothing of what AWS said', async () => {
    const { line, text } = await beat({});
    expect(metricsOf(line)).toEqual({ TrailFaults: 1, TrailChecks: 1 });
    expect(line).toMatchObject({ faults: ['status unknown'] });
    expect(text).not.toContain('Exception');
  });
});

describe('the daily queries', () => {
  const queries = [
    { id: 'q-1', name: 'mass-reads', metric: 'MassReadsFound', parameters: ['day', 'day', '50'] },
    { id: 'q-2', name: 'after-hours-accesses', metric: 'AfterHoursAccesses', parameters: ['day', 'day'] },
  ];

  async function ask(change: { state?: string[]; rows?: number; states?: Record<string, string> } = {}) {
    const { state = ['QUEUED', 'RUNNING', 'SUCCEEDED'], rows = 3, states = {} } = change;
    const looks: Record<string, number> = {};
    const { url, requests } = await jsonService({
      GetNamedQuery: ({ NamedQueryId }) => ({
        NamedQuery: { Name: 'n', Database: 'phi_dev_audit', QueryString: `SELECT '${String(NamedQueryId)}'` },
      }),
      StartQueryExecution: ({ QueryString }) => ({
        QueryExecutionId: String(QueryString).includes('q-1') ? 'run-1' : 'run-2',
      }),
      GetQueryExecution: ({ QueryExecutionId }) => {
        const id = String(QueryExecutionId);
        const look = (looks[id] = (looks[id] ?? -1) + 1);
        return {
          QueryExecution: { Status: { State: states[id] ?? state[Math.min(look, state.length - 1)] } },
        };
      },
      GetQueryResults: () => ({
        ResultSet: {
          Rows: Array.from({ length: rows + 1 }, () => ({ Data: [{ VarCharValue: 'a patient' }] })),
        },
      }),
    });
    const lines: string[] = [];
    const waits: number[] = [];
    const handle = dailyQueriesHandler({
      client: new AthenaClient(localClient(url)),
      queries,
      workgroup: 'phi-dev-audit',
      namespace: 'Phi/dev/Compliance',
      log: (line) => void lines.push(line),
      wait: async (milliseconds) => void waits.push(milliseconds),
    });
    const failure = await handle({ time: '2026-11-03T02:30:00Z' }).catch((error: Error) => error.message);
    const inputs = (operation: string) =>
      requests
        .filter(({ headers }) => String(headers['x-amz-target']).endsWith(`.${operation}`))
        .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
    return {
      failure,
      text: lines.join(''),
      found: metricsLines(lines.join('')).map(metricsOf),
      waits,
      inputs,
    };
  }

  it('ask about the day before, in the workgroup, and tell the number of rows and no row', async () => {
    const { failure, found, text, inputs, waits } = await ask();
    expect(failure).toBeUndefined();
    expect(found).toEqual([{ MassReadsFound: 3 }, { AfterHoursAccesses: 3 }]);
    expect(text).not.toContain('a patient');
    expect(inputs('StartQueryExecution')[0]).toMatchObject({
      WorkGroup: 'phi-dev-audit',
      QueryExecutionContext: { Database: 'phi_dev_audit' },
      ExecutionParameters: ["'2026/11/02'", "'2026/11/02'", '50'],
    });
    expect(waits).toHaveLength(4);
  });

  it('tell 0 where nothing was found: an alarm sees a number and not a gap', async () => {
    expect((await ask({ rows: 0 })).found).toEqual([{ MassReadsFound: 0 }, { AfterHoursAccesses: 0 }]);
  });

  it('ask the others when one fails, and fail by its name then', async () => {
    const { failure, found } = await ask({ states: { 'run-1': 'FAILED' } });
    expect(found).toEqual([{ AfterHoursAccesses: 3 }]);
    expect(failure).toBe('Not answered: mass-reads (failed)');
  });

  it('do not wait for ever', async () => {
    const { failure, waits } = await ask({ state: ['RUNNING'] });
    expect(failure).toContain('mass-reads (not done in time)');
    expect(waits).toHaveLength(180);
  });

  it('are saved queries, each asked as many parameters as it has', () => {
    const saved = new Map(savedQueries().map((query) => [query.name, query]));
    for (const { name, parameters } of dailyQuestions(settingsOf('dev')))
      expect([name, saved.get(name)?.parameters.length]).toEqual([name, parameters.length]);
  });
});

describe("Macie's job", () => {
  const properties = {
    ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:macie-job',
    Name: 'phi-dev-sensitive-data',
    Buckets: '["phi-dev-log-archive"]',
    Frequency: 'WEEKLY',
    Tags: '{"Environment":"dev"}',
  };

  async function send(
    change: object,
    answer: { status: number; body?: string; type?: string } = { status: 200 },
  ) {
    const macie = await httpEndpoint(() => ({
      status: answer.status,
      body: answer.body ?? '{"jobArn":"arn","jobId":"3ce05dbb7ec5505def334104bf6dddfc"}',
      headers: {
        'content-type': 'application/json',
        ...(answer.type && { 'x-amzn-errortype': answer.type }),
      },
    }));
    const cloudFormation = await httpEndpoint(() => ({ status: 200 }));
    open.push(macie, cloudFormation);
    await macieJobHandler({ client: new Macie2Client(localClient(macie.url)), account: '111122223333' })({
      RequestType: 'Create',
      ResponseURL: `${cloudFormation.url}/answer`,
      StackId: 'stack',
      RequestId: '5d3c1f20-aaaa-4bbb-8ccc-000000000000',
      LogicalResourceId: 'MacieJob',
      ResourceType: 'Custom::MacieJob',
      ResourceProperties: properties,
      ...change,
    } as unknown as CloudFormationCustomResourceEvent);
    return {
      requests: macie.requests.map(({ method, path, body }) => ({
        method,
        path,
        input: JSON.parse(body.toString() || '{}') as Record<string, unknown>,
      })),
      answer: JSON.parse(cloudFormation.requests[0]?.body.toString() ?? '{}') as Record<string, unknown>,
    };
  }

  it('looks through the buckets of this account again and again, and is made once a request', async () => {
    const { requests, answer } = await send({});
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/jobs',
        input: {
          clientToken: '5d3c1f20-aaaa-4bbb-8ccc-000000000000',
          name: 'phi-dev-sensitive-data-5d3c1f20',
          jobType: 'SCHEDULED',
          scheduleFrequency: { weeklySchedule: { dayOfWeek: 'SUNDAY' } },
          s3JobDefinition: {
            bucketDefinitions: [{ accountId: '111122223333', buckets: ['phi-dev-log-archive'] }],
          },
        },
      },
    ]);
    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: '3ce05dbb7ec5505def334104bf6dddfc',
    });
  });

  it('is another one when it changes, and CloudFormation has the old one ended', async () => {
    const update = await send({ RequestType: 'Update', PhysicalResourceId: 'old-job' });
    expect(update.answer['PhysicalResourceId']).not.toBe('old-job');
    const removal = await send({ RequestType: 'Delete', PhysicalResourceId: 'old-job' });
    expect(removal.requests).toMatchObject([
      { method: 'PATCH', path: '/jobs/old-job', input: { jobStatus: 'CANCELLED' } },
    ]);
    expect(removal.answer).toMatchObject({ Status: 'SUCCESS' });
  });

  it('that is gone already does not keep the stack from being removed; one that was never made neither', async () => {
    const gone = { status: 404, body: '{"message":"x"}', type: 'ResourceNotFoundException' };
    expect((await send({ RequestType: 'Delete', PhysicalResourceId: 'gone' }, gone)).answer).toMatchObject({
      Status: 'SUCCESS',
    });
    expect((await send({ RequestType: 'Delete', PhysicalResourceId: 'none' })).requests).toEqual([]);
  });

  it.each([
    ['a frequency that is none', { Frequency: 'HOURLY' }, 'Frequency must be DAILY, WEEKLY or MONTHLY'],
    ['a name that is none', { Name: 'x"y' }, 'Name must name the job'],
  ])('is refused for %s, in fixed words', async (_, change, Reason) => {
    const { answer, requests } = await send({ ResourceProperties: { ...properties, ...change } });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason });
    expect(requests).toEqual([]);
  });

  it('that Macie refuses fails by the name of the error alone', async () => {
    const denied = { status: 403, body: '{"message":"secret bucket"}', type: 'AccessDeniedException' };
    const { answer } = await send({}, denied);
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'Macie: AccessDeniedException' });
  });
});
