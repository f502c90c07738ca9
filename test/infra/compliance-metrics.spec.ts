import { expect, it } from '@jest/globals';
import { complianceMetrics as published } from '@app/compliance-score';
import { complianceMetrics as drawn } from '../../infra/lib/compliance-metrics.js';

it('dashboards and alarms know exactly the metrics that are published', () => {
  expect(drawn).toEqual(published);
});
