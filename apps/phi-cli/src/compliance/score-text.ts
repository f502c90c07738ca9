import type { ResourceScore, RiskScore } from '@app/compliance-score';
import Table from 'cli-table3';

/** No colours: the table may go into a file. */
const plain = { head: [], border: [], compact: true };

/** What an id holds may come from anybody who names a resource: nothing of it moves the cursor. */
const visible = (text: string): string => text.replaceAll(/\p{C}/gu, '?');
const rounded = (score: number): string => score.toFixed(1);
const REASONS_AT_MOST = 4;

/** @returns the result as a table for people */
export function scoreText({ score, resources }: RiskScore, threshold: number, top: number): string {
  const above = resources.filter((one) => one.score >= threshold).length;
  const title = `Risk of the account: ${rounded(score)} of 100. ${resources.length} resources break a rule, ${above} of them with ${threshold} or more.`;
  if (resources.length === 0) return `${title}\n`;
  const table = new Table({
    head: ['score', 'resource', 'data', 'because'],
    style: plain,
    colAligns: ['right', 'left', 'left', 'left'],
  });
  for (const one of resources.slice(0, top))
    table.push([
      rounded(one.score),
      `${visible(one.resourceId)}\n${visible(one.resourceType)}`,
      one.dataClass,
      reasons(one),
    ]);
  const left = resources.length - top;
  const rest = left > 0 ? `\n${left} more: --top ${resources.length}, or --json\n` : '';
  return `${title}\n\n${table.toString()}\n${rest}`;
}

function reasons({ violations }: ResourceScore): string {
  const told = violations.slice(0, REASONS_AT_MOST).map(({ rule, exposure, exploitability, ageDays }) => {
    const open = ageDays < 1 ? 'today' : `${Math.floor(ageDays)} days`;
    const needed = exploitability === 'insider' ? 'an insider' : exploitability;
    return `${visible(rule)}: ${exposure}, needs ${needed}, ${open}`;
  });
  const more = violations.length - REASONS_AT_MOST;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** @returns the result for programs */
export function scoreDocument({ score, resources }: RiskScore, threshold: number, at: Date) {
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    outcome: resources.some((one) => one.score >= threshold) ? 'above-threshold' : 'done',
    at: at.toISOString(),
    threshold,
    score: round(score),
    resources: resources.map(({ violations, ...resource }) => ({
      ...resource,
      score: round(resource.score),
      violations: violations.map(({ rule, exposure, exploitability, ageDays, risk }) => ({
        rule,
        exposure,
        exploitability,
        ageDays: round(ageDays),
        risk: Math.round(risk * 1000) / 1000,
      })),
    })),
  };
}
