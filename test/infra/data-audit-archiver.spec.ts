import { S3Client } from '@aws-sdk/client-s3';
import type { PhiItem } from '@app/phi-table';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { auditArchiver } from '../../infra/lambda/audit-archiver/audit-archiver.js';
import { archiverConfig } from '../../infra/lambda/audit-archiver/archiver.config.js';
import { type Row, rowsOnTheWire, streamBatch, type StreamChange } from './audit-stream.js';
import { type HttpEndpoint, httpEndpoint, localClient } from './http-endpoint.js';
import { dataStack, statementsOf } from './synthesized.js';

const BUCKET = 'archive';
const CHAIN = 'CHAIN#instance-1#boot-1';

/** An event as the service stores it, with what JSON may hold: quotes, other alphabets, escapes. */
const eventText = (sequence: number) =>
  JSON.stringify({
    id: `0198-${sequence}`,
    type: 'patient-read',
    outcome: '0',
    recordedAt: '2026-03-01T12:00:00.000Z',
    origin: { networkAddress: '192.0.2.1', requestId: `request "${sequence}" é\u2028\n` },
  });
const item = (partition: string, sort: string, attributes: PhiItem['attributes']): PhiItem => ({
  table: 'audit',
  partition,
  sort,
  attributes,
});
const eventItem = (sequence: number) =>
  item(CHAIN, String(sequence).padStart(12, '0'), { event: eventText(sequence) });
const inserted = (rows: readonly Row[], at?: string): StreamChange[] =>
  rows.map((after) => ({ name: 'INSERT', after, ...(at !== undefined && { at }) }));

let s3: HttpEndpoint;
let failing: boolean;
/** Current version of each object, and how many there are. */
let objects: Map<string, { body: Buffer; versions: number }>;
let logged: string[];

beforeEach(async () => {
  failing = false;
  objects = new Map();
  logged = [];
  s3 = await httpEndpoint(({ method, path, headers, body }) => {
    // Object Lock refuses what has no checksum.
    const complete = method === 'PUT' && headers['x-amz-checksum-crc32'] !== undefined;
    if (failing || !complete) return { status: 503, body: '<Error><Code>SlowDown</Code></Error>' };
    const key = decodeURIComponent(new URL(path, 'http://s3').pathname).replace(`/${BUCKET}/`, '');
    objects.set(key, { body, versions: (objects.get(key)?.versions ?? 0) + 1 });
    return { status: 200 };
  });
});
afterEach(() => s3.close());

const archive = (changes: readonly StreamChange[], first?: number) =>
  auditArchiver({
    client: new S3Client({ ...localClient(s3.url), forcePathStyle: true }),
    bucket: BUCKET,
    log: (line) => logged.push(line),
  })(streamBatch(changes, first));

/** @returns the lines of a folder, in the order of object names, as Athena reads them */
const lines = (folder: string): string[] =>
  [...objects.entries()]
    .filter(([key]) => key.startsWith(`${folder}/`))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { body }]) => gunzipSync(body).toString().trimEnd().split('\n'));
const sequences = () => lines('events').map((line) => (JSON.parse(line) as { sequence: number }).sequence);

describe('the archive of the audit trail', () => {
  it('holds each new event with its place in the chain, byte for byte as it was stored', async () => {
    await archive(inserted(await rowsOnTheWire([eventItem(1), eventItem(2)])));
    expect(lines('events')).toEqual(
      [1, 2].map((sequence) => `{"chain":"${CHAIN}","sequence":${sequence},"event":${eventText(sequence)}}`),
    );
    const [line = ''] = lines('events');
    expect(JSON.parse(line)).toMatchObject({ chain: CHAIN, sequence: 1, event: { type: 'patient-read' } });
  });

  it('lies under the day of the write, one object a batch and day, named after its first record', async () => {
    const [before, after] = await rowsOnTheWire([eventItem(1), eventItem(2)]);
    await archive([
      ...inserted([before ?? {}], '2026-02-28T23:59:59Z'),
      ...inserted([after ?? {}], '2026-03-01T00:00:00Z'),
    ]);
    expect([...objects.keys()]).toEqual([
      'events/2026/02/28/44215845000000000174500001-event1.ndjson.gz',
      'events/2026/03/01/44215845000000000174500002-event2.ndjson.gz',
    ]);
  });

  it('holds each event once although Lambda repeats a batch, whole and in halves', async () => {
    const rows = await rowsOnTheWire(Array.from({ length: 8 }, (_, index) => eventItem(index + 1)));
    const changes = inserted(rows);
    await archive(changes);
    await archive(changes);
    await archive(changes.slice(0, 4));
    await archive(changes.slice(4), 5);
    expect(sequences()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // A repetition adds a version and takes none away.
    expect(Math.max(...[...objects.values()].map(({ versions }) => versions))).toBe(3);
  });

  it('fails the batch when S3 does not take it, so that it comes again', async () => {
    const changes = inserted(await rowsOnTheWire([eventItem(1)]));
    failing = true;
    await expect(archive(changes)).rejects.toThrow(/SlowDown|UnknownError|503/);
    expect(logged).toEqual([]);
    failing = false;
    await archive(changes);
    expect(sequences()).toEqual([1]);
  });

  it('holds checkpoints and seals apart from events', async () => {
    const rows = await rowsOnTheWire([
      item('CHECKPOINTS', '000000000001', { checkpoint: '{}' }),
      item(`SEALS#${CHAIN}`, '000000000009', { checkpoint: 1 }),
    ]);
    await archive(inserted(rows));
    expect(lines('events')).toEqual([]);
    expect(lines('checkpoints').map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { chain: 'CHECKPOINTS', sequence: 1, image: rows[0] },
      { chain: `SEALS#${CHAIN}`, sequence: 9 },
    ]);
  });

  it('says in its log how many there were, and nothing of them', async () => {
    await archive(inserted(await rowsOnTheWire([eventItem(1), eventItem(2)])));
    expect(logged).toEqual(['{"message":"archived","events":2,"checkpoints":0,"changes":0}\n']);
  });
});

// 45 CFR 164.312(c)(2), 164.308(a)(6)(ii).
describe('what should not have happened', () => {
  const changed = () => lines('changes').map((line) => JSON.parse(line) as Record<string, unknown>);

  it.each(['MODIFY', 'REMOVE'] as const)(
    '%s is kept with what was there before, and counted',
    async (name) => {
      const [before = {}, after = {}] = await rowsOnTheWire([
        eventItem(1),
        item(CHAIN, '000000000001', { event: '{"forged":true}' }),
      ]);
      await archive([{ name, before, ...(name === 'MODIFY' && { after }) }]);
      expect(lines('events')).toEqual([]);
      expect(changed()).toMatchObject([{ chain: CHAIN, sequence: 1, change: name, before }]);
      expect(JSON.parse(logged[0] ?? '')).toMatchObject({ changes: 1 });
    },
  );

  it('an expiry counts too: the table has none unless somebody switched one on', async () => {
    const [before = {}] = await rowsOnTheWire([eventItem(1)]);
    await archive([{ name: 'REMOVE', before, expired: true }]);
    expect(changed()).toMatchObject([{ by: { principalId: 'dynamodb.amazonaws.com' } }]);
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ changes: 1 });
  });

  it.each([
    ['no JSON', 'x{'],
    ['two lines', '{"a":\n1}'],
    ['a list', '[1]'],
    ['a line of its own behind', '{}\n{"chain":"forged"}'],
  ])('a row in a chain with %s in the place of its event is no event', async (_what, text) => {
    await archive(inserted(await rowsOnTheWire([item(CHAIN, '000000000001', { event: text })])));
    expect(lines('events')).toEqual([]);
    expect(changed()).toHaveLength(1);
  });
});

describe('the archiver', () => {
  it('does not start without the name of its bucket', () => {
    delete process.env['ARCHIVE_BUCKET'];
    expect(archiverConfig).toThrow('ARCHIVE_BUCKET must name the archive bucket');
    process.env['ARCHIVE_BUCKET'] = BUCKET;
    expect(archiverConfig()).toEqual({ bucket: BUCKET });
    delete process.env['ARCHIVE_BUCKET'];
  });

  it('may read the stream and add objects, and neither read nor remove one', () => {
    const policy = dataStack('dev')
      .ofType('AWS::IAM::ManagedPolicy')
      .find(({ id }) => id.includes('AuditArchiver'));
    const actions = statementsOf(policy?.Properties?.['PolicyDocument']).flatMap((one) => one.actions);
    expect(actions.sort()).toEqual([
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'kms:GenerateDataKey',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:PutObject',
      'sqs:SendMessage',
    ]);
  });

  it('loses nothing: it starts at the beginning of the stream and tries for as long as the stream keeps', () => {
    const [stream] = dataStack('dev').ofType('AWS::Lambda::EventSourceMapping');
    expect(stream?.Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 23 * 3600,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('Undelivered'), 'Arn'] } },
      },
    });
    // Without a limit of attempts.
    expect(stream?.Properties).not.toHaveProperty('MaximumRetryAttempts');
  });

  it('raises the alarm with what it logs: a filter turns each line with changes into the metric', async () => {
    const { ofType } = dataStack('dev');
    const [filter] = ofType('AWS::Logs::MetricFilter').map(({ Properties }) => Properties);
    const [transformation] = (filter?.['MetricTransformations'] ?? []) as Record<string, string>[];
    expect(filter?.['FilterPattern']).toBe('{ $.changes > 0 }');
    expect(transformation?.['MetricValue']).toBe('$.changes');
    const [before = {}] = await rowsOnTheWire([eventItem(1)]);
    await archive([{ name: 'REMOVE', before }]);
    const { changes } = JSON.parse(logged[0] ?? '') as { changes: number };
    const alarm = ofType('AWS::CloudWatch::Alarm').find(
      ({ Properties }) => Properties?.['MetricName'] === transformation?.['MetricName'],
    );
    expect(alarm?.Properties).toMatchObject({
      Namespace: transformation?.['MetricNamespace'],
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      EvaluationPeriods: 1,
    });
    expect(changes).toBeGreaterThanOrEqual(Number(alarm?.Properties?.['Threshold']));
  });
});
