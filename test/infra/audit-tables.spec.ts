import type { StoredAuditEvent } from '@app/audit';
import { createLog } from '@app/observability';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { archiveLine } from '../../infra/lambda/audit-archiver/archive-lines.js';
import { accessLogFormat } from '../../infra/lib/access-log-fields.js';
import { folderTemplate, type TrailTable, trailTables } from '../../infra/lib/trail-tables.js';
import { AthenaOnDuckDb, duckDbType } from './support/athena-on-duckdb.js';
import { accountId, cloudTrailRecord, recordsKeyArn, uuidOf } from './support/cloud-trail-records.js';
import { at, guardrail } from './support/harmless-trail.js';
import { type AuditEventLine, emptyTrail, TrailFiles } from './support/trail-files.js';
import { type Placed, synthesized, type Synthesized } from './synthesized.js';

/** An event with everything that an event can have: a field that is added there must be added here, and then to the table. */
const fullEvent: Required<StoredAuditEvent> = {
  id: uuidOf('full event'),
  recordedAt: at('10:00:00.123').toISOString(),
  type: 'record-update',
  outcome: '0',
  origin: {
    agent: {
      issuer: 'https://issuer.example.org',
      subject: 'subject',
      clientId: 'client',
      scopes: ['user/*.cruds'],
    },
    networkAddress: '198.51.100.20',
    requestId: uuidOf('request'),
    purposeOfUse: 'TREAT',
    emergencyAccessId: uuidOf('emergency access'),
    restrictedPatient: true,
  },
  patientId: uuidOf('patient'),
  entities: [{ type: 'Observation', id: uuidOf('entity'), version: 7, messageSha256: 'q83vEjRWeJA=' }],
  query: ['family', 'birthDate'],
  screening: { PHONE: 2, EMAIL: 1 },
  degraded: true,
  refusal: { problem: 'gone', status: 410, method: 'GET', route: '/v1/patients/:patientId' },
  erasure: { reason: 'patient-request', step: 'begun' },
  emergencyAccess: {
    id: uuidOf('emergency access'),
    step: 'reviewed',
    expiresAt: at('11:00:00').toISOString(),
    finding: 'appropriate',
  },
  job: { step: 'completed', examined: 9, changed: 8, failed: 1 },
  login: { expiresAt: at('11:00:00').toISOString() },
  massRead: { limit: 100, usual: 12 },
  count: 3,
};

/** The stream's record of an event that the service just stored. */
const streamRecord = (event: StoredAuditEvent) => ({
  eventID: uuidOf(`stream ${event.id}`),
  eventName: 'INSERT' as const,
  dynamodb: {
    ApproximateCreationDateTime: Date.parse(event.recordedAt) / 1000,
    SequenceNumber: '100000000000000000001',
    Keys: { pk: { S: 'CHAIN#a#b' }, sk: { S: '000000000042' } },
    NewImage: {
      pk: { S: 'CHAIN#a#b' },
      sk: { S: '000000000042' },
      attributes: { M: { event: { S: JSON.stringify(event) } } },
    },
  },
});

describe('tables over files as they are written', () => {
  let files: TrailFiles;
  let athena: AthenaOnDuckDb;

  beforeAll(async () => {
    const written = new PassThrough();
    createLog('info', written).info(
      {
        requestId: uuidOf('request'),
        method: 'GET',
        route: '/v1/patients/:patientId',
        status: 200,
        milliseconds: 1.5,
      },
      'request',
    );
    const serviceLine = JSON.parse(String(written.read())) as Record<string, unknown>;
    const accessLine = JSON.parse(
      accessLogFormat().replaceAll(/\$context\.[A-Za-z.]+/g, (variable) =>
        variable === '$context.requestTimeEpoch'
          ? String(at('10:00:00').getTime())
          : `value of ${variable.slice(1)}`,
      ),
    ) as Record<string, string>;
    files = new TrailFiles();
    files.write({
      ...emptyTrail(),
      cloudTrail: [
        cloudTrailRecord({
          name: 'call',
          at: at('10:00:00'),
          service: 'bedrock',
          operation: 'Converse',
          readOnly: true,
          parameters: { guardrailConfig: { guardrailIdentifier: guardrail } },
          resource: { arn: recordsKeyArn, type: 'AWS::KMS::Key' },
        }),
      ],
      events: [JSON.parse(archiveLine(streamRecord(fullEvent)).text) as AuditEventLine],
      service: [serviceLine],
      apiAccess: [accessLine],
    });
    athena = await AthenaOnDuckDb.open(files.folder);
  });
  afterAll(() => {
    athena?.close();
    files.remove();
  });

  it('reads everything of an audit event, as the archiver writes it', async () => {
    const [row] = await athena.query('SELECT chain, sequence, to_json(event) AS event FROM audit_events');
    expect(row).toMatchObject({ chain: 'CHAIN#a#b', sequence: '42' });
    expect(JSON.parse(String(row?.['event']))).toEqual(fullEvent);
  });

  it('reads what the service logs of a request', async () => {
    expect(await athena.query('SELECT level, message, route, status, requestid FROM service_logs')).toEqual([
      {
        level: 'info',
        message: 'request',
        route: '/v1/patients/:patientId',
        status: 200,
        requestId: uuidOf('request'),
      },
    ]);
    expect(await athena.query('SELECT day FROM service_logs WHERE time IS NULL')).toEqual([]);
  });

  it("reads every field of the gateway's line", async () => {
    const [row = {}] = await athena.query('SELECT * FROM api_access_logs');
    expect(Object.values(row).filter((value) => value === null)).toEqual([]);
    expect(row).toMatchObject({ status: 'value of context.status', day: '2026/11/02' });
  });

  it('logs of a request nothing that the caller words, and no path', () => {
    expect(accessLogFormat()).not.toMatch(/userAgent|\$context\.path|error\.message|querystring|header/i);
  });

  it('reads the record of a call, with its parameters as JSON text', async () => {
    const [row] = await athena.query(
      'SELECT requestparameters, readonly, useridentity.sessioncontext.sessionissuer.username AS role, resources[1].arn AS arn, region, day FROM cloudtrail_events',
    );
    expect(row).toEqual({
      requestParameters: JSON.stringify({ guardrailConfig: { guardrailIdentifier: guardrail } }),
      readOnly: 'true',
      role: 'phi-dev-task',
      arn: recordsKeyArn,
      region: 'us-east-1',
      day: '2026/11/02',
    });
  });
});

describe('tables of the catalog', () => {
  let prod: Synthesized;
  beforeAll(() => {
    prod = synthesized('prod');
  });
  const inputOf = ({ name }: TrailTable): Record<string, unknown> => {
    const found = prod
      .ofType('AWS::Glue::Table')
      .map(({ Properties }: Placed) => Properties?.['TableInput'] as Record<string, unknown>)
      .find((input) => input['Name'] === name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  /** Text with the template's references as `<name>`. */
  const joined = (value: unknown): string =>
    typeof value === 'string'
      ? value
      : ((value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1] ?? [])
          .map((part) => (typeof part === 'string' ? part : `<${Object.values(part as object).join('.')}>`))
          .join('');

  it.each(trailTables)('$name has its columns, in lower case, and is read as JSON', (table) => {
    const storage = inputOf(table)['StorageDescriptor'] as Record<string, unknown>;
    expect(storage['Columns']).toEqual(
      table.columns.map(({ name, type }) => ({ Name: name.toLowerCase(), Type: type.toLowerCase() })),
    );
    expect(storage['SerdeInfo']).toMatchObject({
      SerializationLibrary: 'org.apache.hive.hcatalog.data.JsonSerDe',
    });
    expect(storage['InputFormat']).toBe(
      table.name === 'cloudtrail_events'
        ? 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
        : 'org.apache.hadoop.mapred.TextInputFormat',
    );
  });

  it.each(trailTables)('$name projects its partitions onto the folders in which the files lie', (table) => {
    const { PartitionKeys, Parameters } = inputOf(table) as {
      PartitionKeys: { Name: string }[];
      Parameters: Record<string, unknown>;
    };
    const keys = table.byRegion ? ['region', 'day'] : ['day'];
    expect(PartitionKeys.map(({ Name }) => Name)).toEqual(keys);
    expect(Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.day.type': 'date',
      'projection.day.format': 'yyyy/MM/dd',
      'projection.day.range': '2026/01/01,NOW',
    });
    const location = joined(Parameters['storage.location.template']);
    expect(location.replaceAll('<AWS::AccountId>', accountId)).toMatch(/^s3:\/\//);
    expect(
      location.replaceAll('<AWS::AccountId>', accountId).endsWith(`/${folderTemplate(table, accountId)}`),
    ).toBe(true);
    expect(location).toContain(table.bucket === 'auditArchive' ? 'AuditArchive' : 'LogArchive');
    for (const key of keys) expect(location).toContain(`\${${key}}/`);
  });

  it('knows the regions of the trail', () => {
    const [trail] = trailTables;
    const { Parameters } = inputOf(trail!) as { Parameters: Record<string, string> };
    expect(Parameters['projection.region.values']?.split(',')).toEqual(prod.settings.audit.trailRegions);
  });
});

describe('Hive types in the words of DuckDB', () => {
  it.each([
    ['string', 'VARCHAR'],
    ['array<struct<a:int,b:array<string>>>', 'STRUCT("a" INTEGER, "b" VARCHAR[])[]'],
    ['map<string,struct<c:bigint,d:boolean>>', 'MAP(VARCHAR, STRUCT("c" BIGINT, "d" BOOLEAN))'],
  ])('%s', (hive, duckDb) => expect(duckDbType(hive)).toBe(duckDb));

  it('refuses a type that it does not know', () => expect(() => duckDbType('decimal')).toThrow('decimal'));
});
