import type { MaintenanceJobReport, KeyStatus } from '@app/patient-records';

/** @returns what a job did, for people */
export function reportText(report: MaintenanceJobReport): string {
  const { patients, examined, changed, skipped, failed, failures, seconds } = report;
  const rows = [
    ['patients in the last walk', patients],
    ['rows examined', examined],
    ['changed', changed],
    ['skipped', skipped],
    ['failed', failed],
  ] as const;
  const lines = [
    `${report.job}: ${outcomeText(report)}`,
    ...rows.map(([name, count]) => `${name.padEnd(28)}${String(count).padStart(10)}`),
    `${'seconds'.padEnd(28)}${seconds.toFixed(1).padStart(10)}`,
    ...failures.map(
      ({ patientId = '', row = '', problem }) => `failed: ${[patientId, row, problem].join(' ').trim()}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** @returns the result in one line, and how to go on */
export function outcomeText({ outcome, reason, notBefore }: MaintenanceJobReport): string {
  if (outcome === 'waiting') {
    return `the old root is no longer used; run the same command again after ${notBefore} to remove it`;
  }
  if (outcome === 'blocked') return `not done: ${reason}; mend what failed, then run the same command again`;
  if (outcome === 'stopped') return `stopped: ${reason}; run the same command again to go on`;
  return 'done';
}

/** @returns what is under which key, for people */
export function statusText(
  status: KeyStatus,
  compaction: { destroyedRows: number; since: Date } | undefined,
): string {
  const { indexRoot, messages } = status;
  const others = indexRoot.versions.filter((version) => version !== indexRoot.active);
  const lines = [
    `patients                 ${status.patients} with a key, ${status.erased} erased`,
    `messages                 ${messages.underActiveKey} under their patient's active branch key, ${messages.underOlderKey} under an older one`,
    ...Object.entries(status.kmsKeys).map(([arn, rows]) => `branch-key rows          ${rows} under ${arn}`),
    `index root               ${indexRoot.active} is active${others.length === 0 ? '' : `, also known: ${others.join(', ')}`}`,
    `index rows               ${byVersion(status.indexRows)}`,
    `seals                    ${byVersion(status.seals)}`,
    `damaged rows             ${status.damaged}`,
    ...status.jobs.map(
      ({ job, unfinished, step, lastAlive }) =>
        `job ${job.padEnd(21)}${unfinished ? `unfinished (${step})` : 'done'}, last alive ${lastAlive}`,
    ),
    compaction === undefined
      ? 'key-store compaction     nothing to do'
      : `key-store compaction     ${compaction.destroyedRows} destroyed rows since ${compaction.since.toISOString()}`,
  ];
  return `${lines.join('\n')}\n`;
}

function byVersion(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([version, rows]) => `${rows} under root ${version}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
