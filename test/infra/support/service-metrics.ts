import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { AuditTrail, LocalCheckpointSigner } from '@app/audit';
import { createLog, MetricsLog } from '@app/observability';
import { LmdbPhiTable } from '@app/phi-table';
import type { PiiDetector } from '@app/pii-screening';
import { AuditMetrics } from '../../../apps/phi-api/src/metrics/audit-metrics.js';
import { bedrockMetrics } from '../../../apps/phi-api/src/metrics/bedrock-metrics.js';
import { RequestMetrics } from '../../../apps/phi-api/src/metrics/request-metrics.js';
import { RunningTotals } from '../../../apps/phi-api/src/metrics/running-totals.js';
import { metricsLines } from '../../support/embedded-metrics.js';

const figures = {
  calls: 0,
  retries: 0,
  failures: {},
  breaker: 'closed',
  latencyMs: { p50: 0, p99: 0 },
};

/** @returns what the service's own code writes as metrics: their names, and where CloudWatch finds them */
export async function serviceMetrics(): Promise<{
  namespace: string;
  dimensions: string[];
  names: string[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'phi-service-metrics-'));
  const table = LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const signer = LocalCheckpointSigner.open(join(folder, 'key'));
  const trail = new AuditTrail({ table, signer, instance: randomUUID() });
  const detector = { figures: { guardrail: figures, model: figures } } as unknown as PiiDetector;
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  try {
    new MetricsLog(createLog('info', sink), { service: 'phi-api', stage: 'dev' }).write(
      [
        ...new RequestMetrics().take(),
        ...new AuditMetrics(trail).take(),
        ...bedrockMetrics(detector, new RunningTotals()),
      ].map((metric) => ({ ...metric, value: metric.value || 0 })),
      'metrics',
    );
  } finally {
    await trail.close();
    await table.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const [directive] = metricsLines(lines.join(''))[0]?._aws.CloudWatchMetrics ?? [];
  return {
    namespace: directive?.Namespace ?? '',
    dimensions: directive?.Dimensions[0] ?? [],
    names: (directive?.Metrics ?? []).map(({ Name }) => Name),
  };
}
