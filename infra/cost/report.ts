import Table from 'cli-table3';
import type { CostLine, Estimate } from './estimate.js';
import type { EnvironmentCost, PricedProfile } from './profiles.js';
import { priceList, prices } from './prices.js';
import type { Purpose } from './positions.js';

/** What the money of each purpose buys, for whoever asks whether it could be saved. */
export const purposes: Record<Purpose, string> = {
  'Private network':
    'The service reaches AWS without any route to the internet: no NAT, nothing to leak through.',
  Compute: 'Tasks of the service; two in prod, so that one zone may fail.',
  'Gateway and firewall':
    'TLS at the edge, schemas and tokens checked before our code, throttling, managed rules.',
  Keys: 'A key for each purpose with a policy of its own; every patient key wrapped by KMS; checkpoints signed.',
  Tables: 'Records, audit events and keys; each request leaves an event in three indexes.',
  Backups: 'Any second of the last days, and whole copies that nobody can delete.',
  'Text screening': 'Free text read by a guardrail and a model after the local detector.',
  'Trail and logs':
    'Every access to tables, archive and guardrail in CloudTrail; logs and events kept for six years.',
  Alarms: 'Alarms, and metrics that AWS does not give by itself.',
  'Threat detection':
    'GuardDuty, Security Hub and Macie look for attacks, drift and data where none should be.',
  Compliance: 'AWS Config: what is recorded and judged; the way of alerts',
  Users: 'Sign-in with a second factor, tokens with SMART scopes.',
};

const dollars = (value: number) =>
  `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
const number = (value: number) =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });

/** @param widths of columns that wrap, characters; `null` takes what it needs */
const table = (head: string[], colAligns: ('left' | 'right')[], widths: (number | null)[] = []) =>
  new Table({
    head,
    colAligns,
    colWidths: widths,
    style: { head: [], border: [], compact: true },
    wordWrap: true,
  });

/** @returns the bill as text for people */
export function costReport({ environment, estimate, profiles }: EnvironmentCost): string {
  const { scenario } = estimate;
  return [
    `Monthly cost of ${environment}: ${number(scenario.requestsPerMonth)} requests, ${number(scenario.patients)} patients, ${number(scenario.users)} people, after ${scenario.months} months`,
    `List prices for ${priceList.region}, written down from AWS's price pages on ${priceList.writtenDown}, not fetched; no free tiers, discounts or taxes.`,
    '',
    linesTable(estimate),
    '',
    purposeTable(estimate),
    '',
    `Total ${dollars(estimate.total)} a month: ${dollars(estimate.standing)} for what stands and is kept, ${dollars(estimate.byRequest)} for requests.`,
    `A million requests cost ${dollars(estimate.perMillionRequests)}, with KMS, DynamoDB${estimate.usage.screening.calls > 0 ? ', Bedrock' : ''}, gateway, trail and logs:`,
    millionTable(estimate),
    '',
    'Cheaper, with the same encryption, trail and access control:',
    profileTable(profiles, estimate),
    '',
    'What it rests on: infra/cost/operations.ts (units measured, shares assumed) and infra/cost/prices.ts.',
    '',
  ].join('\n');
}

function linesTable({ lines, total }: Estimate): string {
  const rows = table(
    ['Resource', 'What', 'Quantity', 'Per', 'A month'],
    ['left', 'left', 'right', 'left', 'right'],
    [null, null, null, 34, null],
  );
  for (const line of lines.filter(isWorthALine).toSorted((a, b) => b.dollars - a.dollars)) {
    const count = line.resources > 1 ? ` x ${line.resources}` : '';
    rows.push([
      shortType(line) + count,
      line.what,
      number(line.quantity),
      prices[line.price].per,
      dollars(line.dollars),
    ]);
  }
  const small = lines.filter((line) => !isWorthALine(line));
  const rest = small.reduce((sum, line) => sum + line.dollars, 0);
  rows.push(
    [`${small.length} more`, 'below a cent each', '', '', dollars(rest)],
    ['Total', '', '', '', dollars(total)],
  );
  return rows.toString();
}

const isWorthALine = ({ dollars: amount }: CostLine) => amount >= 0.01;
const shortType = ({ type }: CostLine) => type.split('::').at(-1) ?? type;

function purposeTable({ byPurpose }: Estimate): string {
  const rows = table(['What each dollar buys', '', 'A month'], ['left', 'left', 'right'], [null, 80, null]);
  for (const { purpose, dollars: amount } of byPurpose)
    rows.push([purpose, purposes[purpose], dollars(amount)]);
  return rows.toString();
}

function millionTable({ lines, scenario, perMillionRequests }: Estimate): string {
  const rows = table(['Of a million requests', 'Dollars'], ['left', 'right']);
  const following = lines.filter((line) => line.byRequest);
  const factor = scenario.requestsPerMonth === 0 ? 0 : 1_000_000 / scenario.requestsPerMonth;
  for (const purpose of new Set(following.map((line) => line.purpose))) {
    const amount = following
      .filter((line) => line.purpose === purpose)
      .reduce((sum, line) => sum + line.dollars, 0);
    rows.push([purpose, dollars(amount * factor)]);
  }
  rows.push(['Total', dollars(perMillionRequests)]);
  return rows.toString();
}

function profileTable(profiles: readonly PricedProfile[], { total }: Estimate): string {
  const rows = table(
    ['Profile', 'A month', 'Saves', 'How', 'Without'],
    ['left', 'right', 'right', 'left', 'left'],
    [null, null, null, 38, 38],
  );
  for (const profile of profiles) {
    rows.push([
      profile.name,
      dollars(profile.total),
      dollars(total - profile.total),
      profile.how,
      profile.without,
    ]);
  }
  return rows.toString();
}

/** @returns the same for programs: dollars a month, unrounded */
export function costDocument({ environment, estimate, profiles }: EnvironmentCost): object {
  const { scenario, total, standing, byRequest, perMillionRequests, byPurpose, lines } = estimate;
  return {
    environment,
    prices: { ...priceList, currency: 'USD' },
    scenario,
    total,
    standing,
    byRequest,
    perMillionRequests,
    byPurpose,
    lines: lines.map(({ price, ...line }) => ({
      ...line,
      unitPrice: prices[price].dollars,
      per: prices[price].per,
      source: prices[price].source,
    })),
    profiles,
  };
}
