import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { folderTemplate, type TrailTable, trailTables } from '../../../infra/lib/trail-tables.js';
import { accountId } from './cloud-trail-records.js';

/**
 * What the saved queries use of Trino and DuckDB calls otherwise. Everything else that they use means the same in both;
 * that a query is Trino at all is judged by Trino's grammar.
 */
const macros = [
  // Trino's paths quote names as ["a:b"], DuckDB's as ."a:b".
  `json_extract_scalar(document, path) AS json_extract_string(document, regexp_replace(path, '\\["([^"]*)"\\]', '."\\1"', 'g'))`,
  'from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ)',
  'from_unixtime(seconds) AS to_timestamp(seconds)',
  'date_parse(text, format) AS strptime(text, format)',
  'date_format(moment, format) AS strftime(moment, format)',
  'regexp_like(text, pattern) AS regexp_matches(text, pattern)',
  'array_join(list, separator) AS array_to_string(list, separator)',
  'cardinality(list) AS len(list)',
  'sequence(low, high) AS generate_series(low, high)',
  'element_at(list, place) AS list_extract(list, place)',
];

/** Runs the saved queries as Athena would: the tables of the catalog over the files of an archive. */
export class AthenaOnDuckDb {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  /** @param folder with the layout of the archive bucket */
  static async open(folder: string): Promise<AthenaOnDuckDb> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    for (const macro of macros) await connection.run(`CREATE MACRO ${macro}`);
    for (const table of trailTables) await connection.run(viewOf(table, folder));
    return new AthenaOnDuckDb(instance, connection);
  }

  /** @returns rows with text for whatever is neither null, text nor boolean */
  async query(
    sql: string,
    parameters: readonly (string | number)[] = [],
  ): Promise<Record<string, unknown>[]> {
    const reader = await this.connection.runAndReadAll(sql, [...parameters]);
    return reader.getRowObjectsJson();
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

/** The table as a view over its files, with day and region taken from the path, as partition projection does. */
function viewOf(table: TrailTable, folder: string): string {
  const template = `${folder}/${folderTemplate(table, accountId)}`;
  const glob = template.replace('${region}', '*').replace('${day}', '*/*/*');
  const pattern = template.replace('${region}', '([a-z0-9-]+)').replace('${day}', '(\\d{4}/\\d{2}/\\d{2})');
  const partition = (name: string, group: number) =>
    `regexp_extract(filename, '^${pattern}', ${group}) AS ${name}`;
  const partitions = table.byRegion ? [partition('region', 1), partition('day', 2)] : [partition('day', 1)];
  const fields = table.columns.map(({ name, type }) => `"${name}" ${duckDbType(type)}`).join(', ');
  const columns = table.columns.map(({ name, type }) => `"${name}": '${duckDbType(type)}'`).join(', ');
  const isTrail = table.inputFormat === 'cloudtrail';
  const read = (described: string) =>
    `read_json('${glob}*', columns = {${described}}, format = '${isTrail ? 'unstructured' : 'newline_delimited'}', filename = true)`;
  const select = isTrail
    ? `SELECT unnest(Records, max_depth := 2), ${partitions.join(', ')} FROM ${read(`Records: 'STRUCT(${fields})[]'`)}`
    : `SELECT * EXCLUDE filename, ${partitions.join(', ')} FROM ${read(columns)}`;
  return `CREATE VIEW ${table.name} AS ${select}`;
}

/** A Hive type in DuckDB's words. */
export function duckDbType(hive: string): string {
  const inner = /^(array|map|struct)<(.*)>$/.exec(hive);
  if (inner === null) {
    const simple = { string: 'VARCHAR', int: 'INTEGER', bigint: 'BIGINT', boolean: 'BOOLEAN' }[hive];
    if (simple === undefined) throw new Error(`no Hive type of ours: ${hive}`);
    return simple;
  }
  const [, kind, body = ''] = inner;
  const parts = splitOutside(body);
  if (kind === 'array') return `${duckDbType(body)}[]`;
  if (kind === 'map') return `MAP(${parts.map(duckDbType).join(', ')})`;
  const fields = parts.map((part) => {
    const colon = part.indexOf(':');
    return `"${part.slice(0, colon)}" ${duckDbType(part.slice(colon + 1))}`;
  });
  return `STRUCT(${fields.join(', ')})`;
}

/** Splits at the commas that are not inside of angle brackets. */
function splitOutside(body: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of body) {
    if (character === '<') depth += 1;
    if (character === '>') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
