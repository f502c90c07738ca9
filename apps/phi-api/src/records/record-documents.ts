import { type ClinicalRecord, type ScreeningResult } from '@app/patient-records';
import { type RecordDto } from './record.dto.js';

/** Times are kept in UTC with milliseconds, because they are sort keys. */
export function recordDocument({ recordType, content, notes, recordedAt }: RecordDto): ClinicalRecord {
  const at = recordedAt ?? undefined;
  return {
    recordType,
    content,
    ...(notes === undefined || notes === null ? {} : { notes }),
    recordedAt: (at === undefined ? new Date() : new Date(at)).toISOString(),
  };
}

/** @returns what screening did to one entry of a batch, with pointers from that entry; the texts of a batch are read together */
export function screeningOf(whole: ScreeningResult, prefix: string): ScreeningResult {
  const findings = whole.findings
    .filter(({ pointer }) => pointer.startsWith(`${prefix}/`))
    .map((finding) => ({ ...finding, pointer: finding.pointer.slice(prefix.length) }));
  const outcome = findings.length === 0 ? 'clean' : 'anonymized';
  return { outcome, findings, ...(whole.degraded ? { degraded: true } : {}) };
}
