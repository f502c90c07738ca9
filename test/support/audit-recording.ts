import { type AuditEvent, auditRow, type StoredAuditEvent } from '@app/audit';
import type { Platform } from '@app/platform';

/** @returns every event of this start's chain, in order @throws Error if its numbers are not 1, 2, 3, ... */
export async function auditTrail({ table, audit }: Platform): Promise<StoredAuditEvent[]> {
  const events: StoredAuditEvent[] = [];
  let after: string | undefined;
  do {
    const query = { table: 'audit', partition: audit.chain, limit: 1000 } as const;
    const page = await table.query(after === undefined ? query : { ...query, after });
    for (const item of page.items) {
      if (Number(item.sort) !== events.length + 1) throw new Error(`number ${events.length + 1} is missing`);
      events.push(auditRow(item).event);
    }
    after = page.next;
  } while (after !== undefined);
  return events;
}

/** @returns the events that `action` added to the trail, without what differs from run to run, and without the first use of a token */
export async function recordedDuring(
  platform: Platform,
  action: () => Promise<unknown>,
): Promise<Omit<AuditEvent, 'origin'>[]> {
  const before = await auditTrail(platform);
  await action();
  const after = await auditTrail(platform);
  return after
    .slice(before.length)
    .filter(({ type }) => type !== 'login')
    .map(({ id: _id, recordedAt: _recordedAt, origin: _origin, ...event }) => event);
}
