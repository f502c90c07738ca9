import { type OperationName, operations, type OperationUse, perRequest } from '../cost/operations.js';
import { figure } from '../pictures/svg.js';
import { assumed, built, type Size, sizes } from './design.js';
import { type Heat, heatOf } from './heat.js';
import type { HitRate } from './hit-rates.js';
import { quotas } from './quotas.js';
import type { Sealing } from './sealing.js';

/** @param rows cells; a column of figures stands to the right */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isFigures = (_: string, at: number) => rows.every((cells) => /^(-$|\d)/.test(cells[at] ?? ''));
  const rule = `|${columns.map((name, at) => (isFigures(name, at) ? '---:' : '---')).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export const sizesTable = () =>
  table(
    [
      'patients',
      'requests/s, busiest hour',
      'tasks of one processor',
      'DynamoDB read units/s',
      'write units/s',
    ],
    sizes.map(({ patients, requestsPerSecond, tasks }) => [
      figure(patients),
      figure(requestsPerSecond),
      figure(tasks),
      figure(requestsPerSecond * perRequest('readUnits')),
      figure(requestsPerSecond * (perRequest('recordsWriteUnits') + perRequest('auditWriteUnits'))),
    ]),
  );

export const operationNames: Record<OperationName, string> = {
  patientRead: 'read a patient',
  recordRead: 'read a record',
  recordList: 'list records',
  patientSearch: 'search',
  recordCreate: 'create a record',
  patientUpdate: 'change a patient',
  patientCreate: 'create a patient',
  recordBatch: 'create ten records',
  patientHistory: "read a patient's history",
  patientExport: 'export a patient',
  patientErase: 'erase a patient',
};

const unitColumns: [string, (use: OperationUse) => number][] = [
  ['DynamoDB calls', (use) => use.dynamoDbCalls],
  ['read units', (use) => use.readUnits],
  ['write units, records', (use) => use.recordsWriteUnits],
  ['write units, audit', (use) => use.auditWriteUnits],
  ['write units, key store', (use) => use.keyStoreWriteUnits],
  ['KMS', (use) => use.kmsCalls],
  ['ApplyGuardrail + Converse', (use) => use.screeningCalls * 2],
  ['processor ms', (use) => use.processorMilliseconds],
];

export const unitsTable = () =>
  table(
    ['operation', 'share', ...unitColumns.map(([name]) => name)],
    (Object.entries(operations) as [OperationName, OperationUse][]).map(([name, use]) => [
      operationNames[name],
      use.share === 0 ? '-' : percent(use.share),
      ...unitColumns.map(([, units]) => figure(units(use))),
    ]),
  );

export const heatTable = (size: Size) =>
  table(
    ['partition', 'table', 'units/s', 'limit', 'full at requests/s', 'remark'],
    heatOf(size).map((heat: Heat) => [
      `\`${heat.partition}\``,
      heat.table,
      figure(heat.unitsPerSecond),
      figure(heat.atMost),
      figure(heat.limitAtRequestsPerSecond),
      heat.remark,
    ]),
  );

const fetches = ({ hitRate, fetchesPerSecond }: HitRate) => [
  percent(hitRate),
  figure(fetchesPerSecond),
  percent(fetchesPerSecond / quotas.kmsSymmetric.value),
];

export const hitRatesBySize = (rates: readonly HitRate[]) =>
  table(
    ['patients', 'instances', 'hits', 'Decrypt/s', `of ${figure(quotas.kmsSymmetric.value)}`],
    rates.map((rate, at) => [figure(sizes[at]?.patients ?? 0), figure(rate.instances), ...fetches(rate)]),
  );

export const hitRatesByDesign = (rates: readonly HitRate[]) =>
  table(
    [
      'requests of a patient go to',
      'keys an instance',
      'life of a key',
      'hits',
      'Decrypt/s',
      `of ${figure(quotas.kmsSymmetric.value)}`,
    ],
    rates.map((rate) => [
      rate.routing === 'spread' ? 'any instance' : 'one instance',
      figure(rate.entries),
      `${rate.ttlSeconds} s`,
      ...fetches(rate),
    ]),
  );

export const sealingTable = (sealings: readonly Sealing[]) =>
  table(
    ['seal every', 'instances', 'attempts a checkpoint', 'Sign/s', 'from due to sealed'],
    sealings.map((sealing) => [
      `${sealing.sealSeconds} s`,
      figure(sealing.instances),
      sealing.attempts.toFixed(2),
      figure(sealing.signaturesPerSecond),
      `${figure(sealing.meanSeconds)} s`,
    ]),
  );

export function quotasTable({ requestsPerSecond, tasks }: Size, fetchesPerSecond: number): string {
  const perSecond = (units: number) => requestsPerSecond * units;
  const kms = perSecond(perRequest('kmsCalls')) + fetchesPerSecond;
  const needed: Partial<Record<keyof typeof quotas, number>> = {
    tableReadUnits: perSecond(perRequest('readUnits')),
    tableWriteUnits: Math.max(
      perSecond(perRequest('recordsWriteUnits')),
      perSecond(perRequest('auditWriteUnits')) / 4,
    ),
    kmsSymmetric: kms,
    kmsEllipticCurve: tasks / built.sealSeconds,
    guardrailRequests: perSecond(perRequest('screeningCalls')),
    guardrailTextUnits: perSecond(perRequest('screenedCharacters') / 1000 + perRequest('screeningCalls') / 2),
    gatewayRequests: requestsPerSecond,
  };
  return table(
    ['quota', 'unless raised', 'needed', 'enough', 'source'],
    Object.entries(quotas).map(([name, { value, unit, isAdjustable, source }]) => {
      const need = needed[name as keyof typeof quotas];
      const enough =
        need === undefined ? 'see above' : need <= value ? 'yes' : isAdjustable ? 'raise it' : 'no';
      return [unit, figure(value), need === undefined ? '-' : figure(need), enough, source];
    }),
  );
}

export const assumptionsTable = () =>
  table(
    ['assumption', 'value'],
    Object.values(assumed).map(({ value, unit }) => [unit, String(value)]),
  );
