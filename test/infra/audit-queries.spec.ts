import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSavedQuery, type SavedQuery, savedQueries } from '../../infra/lib/saved-query-texts.js';
import { trailTables } from '../../infra/lib/trail-tables.js';
import { AthenaOnDuckDb } from './support/athena-on-duckdb.js';
import { uuidOf } from './support/cloud-trail-records.js';
import { firstDay, harmlessTrail, lastDay } from './support/harmless-trail.js';
import { watchedPatient } from './support/planted-events.js';
import { minutesBetween, patientsAnHour, plantedTrail, refusalsAnHour } from './support/planted-trail.js';
import { TrailFiles } from './support/trail-files.js';
import { loadTrinoGrammar, type TrinoGrammar } from './support/trino-grammar.js';

type Row = Record<string, unknown>;

const queries = savedQueries();
const days = [firstDay, lastDay];

/** What each query is asked, in the order of its parameters. */
const parameters: Record<string, (string | number)[]> = {
  'after-hours-accesses': [...days, 1, 23],
  'decrypts-without-event': [...days, ...days, minutesBetween],
  'emergency-accesses': days,
  'events-without-table-call': [...days, ...days, minutesBetween],
  'failed-decryptions': [...days, ...days],
  'guardrail-violations': [...days, ...days],
  'key-and-policy-changes': days,
  'mass-reads': [...days, patientsAnHour, ...days, ...days],
  'patient-accesses': [...days, watchedPatient],
  'refusals-at-the-gateway': [...days, refusalsAnHour],
};

const queryNamed = (name: string): SavedQuery => {
  const query = queries.find((candidate) => candidate.name === name);
  if (query === undefined) throw new Error(`no saved query ${name}`);
  return query;
};

const ids = (...names: string[]) => names.map(uuidOf).toSorted();
const eventIds = (rows: Row[]) => rows.map((row) => String(row['event_id'])).toSorted();

// 45 CFR 164.308(a)(1)(ii)(D): the questions of a review are answered.
describe('saved queries over a trail with planted cases', () => {
  let files: TrailFiles;
  let athena: AthenaOnDuckDb;
  const run = (name: string) => athena.query(queryNamed(name).sql, parameters[name] ?? []);

  beforeAll(async () => {
    files = new TrailFiles();
    const harmless = harmlessTrail();
    const planted = plantedTrail();
    files.write({
      // CloudTrail delivers at least once: every planted record stands in two files.
      cloudTrail: [...harmless.cloudTrail, ...planted.cloudTrail, ...planted.cloudTrail],
      events: [...harmless.events, ...planted.events],
      apiAccess: [...harmless.apiAccess, ...planted.apiAccess],
      service: harmless.service,
    });
    athena = await AthenaOnDuckDb.open(files.folder);
  });
  afterAll(() => {
    athena?.close();
    files.remove();
  });

  it('reads every record of the files, with the day and region of its folder', async () => {
    const [trail] = await athena.query(
      "SELECT count(*) AS records, count(DISTINCT region) AS regions FROM cloudtrail_events WHERE replace(day, '/', '-') = substr(eventtime, 1, 10) AND region = awsregion",
    );
    const written = [harmlessTrail(), plantedTrail()];
    const again = plantedTrail().cloudTrail.length;
    const count = (part: (trail: ReturnType<typeof harmlessTrail>) => unknown[]) =>
      written.reduce((sum, one) => sum + part(one).length, 0);
    expect(trail).toEqual({ records: String(count(({ cloudTrail }) => cloudTrail) + again), regions: '2' });
    const [events] = await athena.query(
      "SELECT count(*) AS records FROM audit_events WHERE replace(day, '/', '-') = substr(event.recordedat, 1, 10)",
    );
    expect(events).toEqual({ records: String(count(({ events: lines }) => lines)) });
  });

  it('finds every access of one patient, each record of a batch and the refused attempt', async () => {
    const rows = await run('patient-accesses');
    expect(
      rows.map((row) => [row['access_type'], row['subject'], row['record_id'] ?? row['refused_because']]),
    ).toEqual([
      ['patient-read', 'clinician-1', watchedPatient],
      ['record-create', 'importer', uuidOf('watched observation')],
      ['record-create', 'importer', uuidOf('watched condition')],
      ['patient-query', 'clinician-1', null],
      ['refusal', 'nosy', 'out-of-reach'],
    ]);
  });

  it('finds failed decryptions, by whom and why; faults of KMS are none', async () => {
    const rows = await run('failed-decryptions');
    expect(eventIds(rows)).toEqual(
      ids('denied decrypt', 'wrong ciphertext', 'denied re-encryption', 'alarm'),
    );
    expect(rows.map((row) => row['reason'])).toEqual([
      'integrity-failure',
      'AccessDenied',
      'InvalidCiphertextException',
      'AccessDenied',
    ]);
    expect(rows[3]?.['patient_id']).toBe(uuidOf('patient of failed decryptions'));
    expect(rows[1]?.['who']).toContain('old-ci-role');
  });

  it('finds refused texts, and model calls past the guardrail', async () => {
    const rows = await run('guardrail-violations');
    expect(rows.map((row) => [row['kind'], row['event_id']])).toEqual([
      ['text refused', uuidOf('text with two types')],
      ['model called without a guardrail', uuidOf('model without guardrail')],
      ['call denied', uuidOf('denied model call')],
      ['call denied', uuidOf('denied guardrail')],
    ]);
    expect(rows[0]?.['what']).toBe('CREDIT_DEBIT_CARD_NUMBER, US_SOCIAL_SECURITY_NUMBER');
  });

  it('finds the caller who read many patients, and whoever read a whole table', async () => {
    const rows = await run('mass-reads');
    expect(rows.map((row) => [row['who'], row['operations'], row['patients'], row['calls']])).toEqual([
      [expect.stringContaining('platform-engineer'), 'Scan', null, '2'],
      ['https://issuer.example.org mallory', 'patient-read, record-query', '40', '40'],
      ['https://issuer.example.org quiet-clinician', 'mass-read', '12', null],
      [expect.stringContaining('old-ci-role'), 'ExportTableToPointInTime', null, '1'],
    ]);
  });

  it('finds uses of patient keys that no event explains, also by the role of the service', async () => {
    const rows = await run('decrypts-without-event');
    expect(eventIds(rows)).toEqual(
      ids(
        'decrypt by a thief',
        'decrypt by the service, no event',
        'decrypt long before its event',
        'decrypt beside an event of another patient',
      ),
    );
  });

  it('finds accesses claimed as emergencies, one row a caller, patient and purpose', async () => {
    const rows = await run('emergency-accesses');
    expect(rows.map((row) => [row['subject'], row['purpose_of_use'], row['events'], row['refused']])).toEqual(
      [
        ['nurse', 'TREAT', '1', '0'],
        ['er-physician', 'BTG', '3', '1'],
        ['paramedic', 'ETREAT', '1', '0'],
      ],
    );
  });

  it('finds people who see patients at night: not programs, not refused attempts, not the last second of the day', async () => {
    expect(await run('after-hours-accesses')).toMatchObject([
      {
        day_of_access: '2026-11-02',
        subject: 'night-reader',
        purposes: 'TREAT',
        first_at: '2026-11-02T23:00:00.000Z',
        patients: '1',
        events: '2',
      },
    ]);
  });

  it('finds accesses that no table was asked for: those of no other minute', async () => {
    const minuteOf = (time: string) => Math.floor(Date.parse(time) / 60_000);
    const calls = [...harmlessTrail().cloudTrail, ...plantedTrail().cloudTrail]
      .filter(
        ({ eventSource, errorCode, requestParameters }) =>
          eventSource === 'dynamodb.amazonaws.com' &&
          errorCode === undefined &&
          /phi-dev-(records|audit)$/.test(
            String(requestParameters?.['tableName'] ?? requestParameters?.['tableArn']),
          ),
      )
      .map(({ eventTime }) => minuteOf(eventTime));
    const accesses = [...harmlessTrail().events, ...plantedTrail().events]
      .map(({ event }) => event)
      .filter(
        ({ outcome, patientId, recordedAt }) =>
          outcome === '0' && patientId !== undefined && /^2026-11-0[23]/.test(recordedAt),
      )
      .map(({ recordedAt }) => minuteOf(recordedAt));
    const alone = [...new Set(accesses)].filter((minute) =>
      calls.every((called) => Math.abs(called - minute) > minutesBetween),
    );
    const rows = await run('events-without-table-call');
    expect(
      rows.map((row) => minuteOf(`${String(row['happened_at']).replace(/\+00$/, 'Z').replace(' ', 'T')}`)),
    ).toEqual(alone.toSorted((a, b) => a - b));
    expect(alone.length).toBeGreaterThan(20);
    expect(alone.length).toBeLessThan(new Set(accesses).size);
  });

  it('finds changes of keys, policies, trail and parameters, in every region, done or denied', async () => {
    const rows = await run('key-and-policy-changes');
    expect(rows.map((row) => row['operation']).toSorted()).toEqual([
      'CreateGrant',
      'DeleteLogGroup',
      'DeleteRecoveryPoint',
      'PutBucketPolicy',
      'PutKeyPolicy',
      'PutObjectRetention',
      'PutParameter',
      'PutRolePolicy',
      'ScheduleKeyDeletion',
      'StopLogging',
      'UpdateContinuousBackups',
      'UpdateFunctionConfiguration20150331v2',
      'UpdateGuardrail',
    ]);
    const outcome = (operation: string) => rows.find((row) => row['operation'] === operation)?.['outcome'];
    expect([outcome('PutKeyPolicy'), outcome('StopLogging')]).toEqual(['AccessDenied', 'done']);
    expect(rows.every((row) => row['target'] !== null)).toBe(true);
  });

  it('finds addresses with many refusals in an hour', async () => {
    expect(await run('refusals-at-the-gateway')).toMatchObject([
      {
        network_address: '203.0.113.7',
        refusals: '60',
        not_authenticated: '40',
        not_permitted: '20',
        routes: '1',
      },
    ]);
  });

  it.each(queries.map(({ name }) => name))('%s finds nothing on days when nothing happened', async (name) => {
    const { sql } = queryNamed(name);
    const quiet = (parameters[name] ?? []).map((value) =>
      days.includes(String(value)) ? '2026/12/24' : value,
    );
    expect(await athena.query(sql, quiet)).toEqual([]);
  });
});

describe('saved queries', () => {
  let grammar: TrinoGrammar;
  beforeAll(async () => {
    grammar = await loadTrinoGrammar();
  });

  it('answer the questions that are asked of a trail', () => {
    expect(queries.map(({ name }) => name)).toEqual(Object.keys(parameters).toSorted());
  });

  it.each(queries.map(({ name }) => name))('%s is Trino, which Athena speaks', (name) => {
    expect(grammar(queryNamed(name).sql)).toEqual([]);
  });

  it.each([
    ['SELECT eventtime::date FROM cloudtrail_events'],
    ["SELECT requestparameters->>'$.keyId' FROM cloudtrail_events"],
    ['SELECT eventid FROM cloudtrail_events QUALIFY row_number() OVER () = 1'],
  ])('refuses what only DuckDB understands: %s', (sql) => {
    expect(grammar(sql)).not.toEqual([]);
  });

  it.each(queries)('$name says its parameters, its tables and the law', ({ name, sql, ...said }) => {
    expect(said.parameters).toHaveLength((sql.match(/\?/g) ?? []).length);
    expect(said.parameters).toHaveLength(parameters[name]?.length ?? -1);
    const tables = trailTables
      .map((table) => table.name)
      .filter((table) => new RegExp(`(FROM|JOIN) ${table}\\b`).test(sql));
    expect(said.reads.toSorted()).toEqual(tables.toSorted());
    // Each scan is bounded by days: Athena is paid by what it reads.
    expect(sql.match(/\bday BETWEEN\b/g)?.length).toBe(
      sql.match(/FROM (cloudtrail_events|audit_events|api_access_logs)\b/g)?.length,
    );
    expect(said.law).toMatch(/^45 CFR 164\.\d{3}\(/);
  });

  it('are told of where the deployment is described', () => {
    const guide = readFileSync('docs/deployment.md', 'utf8');
    expect(queries.filter(({ name }) => !guide.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('refuses a file without a complete header', () => {
    expect(() => readSavedQuery('x', 'SELECT 1')).toThrow('x.sql');
    expect(() => readSavedQuery('x', '-- Question.\n-- Reads: audit_events\nSELECT 1')).toThrow(
      '"Parameters:"',
    );
  });
});
