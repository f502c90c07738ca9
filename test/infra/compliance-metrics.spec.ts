import { expect, it } from '@jest/globals';
import { complianceMetrics as published, riskScore, type Violation } from '@app/compliance-score';
import { complianceMetrics as drawn, riskBands } from '../../infra/lib/compliance-metrics.js';

it('dashboards and alarms know exactly the metrics that are published', () => {
  expect(drawn).toEqual(published);
});

const volume: Violation = {
  rule: 'encrypted-volumes',
  resourceType: 'AWS::EC2::Volume',
  resourceId: 'one',
  dataClass: 'PHI',
  exposure: 'internal',
  exploitability: 'insider',
  ageDays: 0,
};
const openBucket: Violation = { ...volume, exposure: 'internet', exploitability: 'nothing' };

// The examples of libs/compliance-score/README.md.
it.each<[string, Violation, string]>([
  ['an unencrypted volume with data of no class', { ...volume, dataClass: 'unclassified' }, 'quiet'],
  ['one with PHI, today', volume, 'watch'],
  ['the same for ever', { ...volume, ageDays: 3650 }, 'watch'],
  ['a public bucket with PHI, today', openBucket, 'act'],
])('%s stands in its band of the risk score', (_, violation, band) => {
  const { score } = riskScore([violation]);
  expect(score >= riskBands.act ? 'act' : score >= riskBands.watch ? 'watch' : 'quiet').toBe(band);
});
