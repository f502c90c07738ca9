import type { DailyQuery } from './daily-queries.js';

/** The one place of this function that reads the environment. */
export function dailyQueriesConfig(): { queries: DailyQuery[]; workgroup: string; namespace: string } {
  const { QUERIES: queries, WORKGROUP: workgroup, METRIC_NAMESPACE: namespace } = process.env;
  if (!queries?.startsWith('[')) throw new Error('QUERIES must be a JSON list');
  if (!workgroup) throw new Error('WORKGROUP must name the workgroup');
  if (!namespace) throw new Error('METRIC_NAMESPACE must name where the figures go');
  return { queries: JSON.parse(queries) as DailyQuery[], workgroup, namespace };
}
