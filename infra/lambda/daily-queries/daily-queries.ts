import {
  type AthenaClient,
  GetNamedQueryCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { ScheduledEvent } from 'aws-lambda';
import { metricsLine } from '../metrics-line.js';

/** A saved query that runs every day, and the figure that its answer becomes. */
export interface DailyQuery {
  /** Of Athena's named query. */
  id: string;
  /** As the file has it. */
  name: string;
  metric: string;
  /** For its `?`: `day` is yesterday, anything else itself, as SQL. */
  parameters: readonly string[];
}

interface DailyQueriesProps {
  client: AthenaClient;
  queries: readonly DailyQuery[];
  workgroup: string;
  namespace: string;
  log(line: string): void;
  wait(milliseconds: number): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
/** Three minutes a query, so that four of them end before the function does. */
const LOOKS_AT_MOST = 90;
/** Athena answers no more rows at once, the header among them; more are as bad as this many. */
const ROWS_AT_MOST = 1_000;

/** Why a query has no answer, in fixed words: Athena's own would quote the query. */
class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
}

/**
 * Asks yesterday's trail the questions that somebody has to be told about, and writes how many rows the answers have. The answers lie
 * with Athena's other results; rows never come into the log (45 CFR 164.308(a)(1)(ii)(D)).
 * @throws Error that names the queries that were not answered, after all of them were asked
 */
export function dailyQueriesHandler(props: DailyQueriesProps) {
  return async ({ time }: Pick<ScheduledEvent, 'time'>): Promise<void> => {
    const day = dayBefore(time);
    const failed: string[] = [];
    for (const query of props.queries) {
      try {
        const { rows, executionId } = await ask(props, query, day);
        const counts = { [query.metric]: rows };
        props.log(metricsLine(props.namespace, counts, { query: query.name, day, executionId }));
      } catch (error) {
        failed.push(`${query.name} (${error instanceof NotAnswered ? error.message : nameOf(error)})`);
      }
    }
    if (failed.length > 0) throw new Error(`Not answered: ${failed.join(', ')}`);
  };
}

/** @returns the UTC day before, as the tables name their partitions */
function dayBefore(time: string): string {
  const at = new Date(time);
  at.setUTCDate(at.getUTCDate() - 1);
  return at.toISOString().slice(0, 10).replaceAll('-', '/');
}

async function ask(
  props: DailyQueriesProps,
  { id, parameters }: DailyQuery,
  day: string,
): Promise<{ rows: number; executionId: string }> {
  const { client, workgroup } = props;
  const { NamedQuery } = await client.send(new GetNamedQueryCommand({ NamedQueryId: id }));
  if (NamedQuery?.QueryString === undefined) throw new NotAnswered('not there');
  const { QueryExecutionId: executionId } = await client.send(
    new StartQueryExecutionCommand({
      QueryString: NamedQuery.QueryString,
      QueryExecutionContext: { Database: NamedQuery.Database },
      WorkGroup: workgroup,
      ExecutionParameters: parameters.map((parameter) => (parameter === 'day' ? `'${day}'` : parameter)),
    }),
  );
  if (executionId === undefined) throw new NotAnswered('not started');
  await untilDone(props, executionId);
  const { ResultSet } = await client.send(
    new GetQueryResultsCommand({ QueryExecutionId: executionId, MaxResults: ROWS_AT_MOST }),
  );
  // The first row names the columns.
  return { rows: Math.max(0, (ResultSet?.Rows?.length ?? 0) - 1), executionId };
}

async function untilDone({ client, wait }: DailyQueriesProps, executionId: string): Promise<void> {
  for (let look = 0; look < LOOKS_AT_MOST; look++) {
    const { QueryExecution } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: executionId }),
    );
    const state = QueryExecution?.Status?.State;
    if (state === 'SUCCEEDED') return;
    if (state === 'FAILED' || state === 'CANCELLED') throw new NotAnswered(state.toLowerCase());
    await wait(LOOK_EVERY_MS);
  }
  throw new NotAnswered('not done in time');
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
