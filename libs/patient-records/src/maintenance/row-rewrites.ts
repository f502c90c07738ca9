import { type AuditEntity, type AuditEvent, type AuditTrail } from '@app/audit';
import { ConditionFailed, type PhiItem } from '@app/phi-table';
import { replaceHead } from '../head-writes.js';

/** A row as it was read, and as a key job wants it. */
export interface RowRewrite {
  before: PhiItem;
  after: PhiItem;
  entity?: AuditEntity;
}

/** A transaction holds 4 MB and 100 items on DynamoDB; few rows a transaction lose little when one of them has moved. */
const rowsAtOnce = 25;
const bytesAtOnce = 3 * 1024 * 1024;

/**
 * Replaces rows that nobody has written since they were read, with an event a transaction.
 * @returns how many were replaced; the others have moved
 */
export async function rewriteRows(
  audit: AuditTrail,
  rewrites: readonly RowRewrite[],
  event: Omit<AuditEvent, 'entities' | 'count'>,
): Promise<number> {
  let replaced = 0;
  for (const some of portions(rewrites)) {
    let rest = some;
    while (rest.length > 0) {
      const entities = rest.flatMap(({ entity }) => (entity === undefined ? [] : [entity]));
      const named = entities.length === 0 ? {} : { entities };
      try {
        const writes = rest.map(({ before, after }) => replaceHead(before, after));
        await audit.transactWrite(writes, [{ ...event, ...named, count: rest.length }]);
        replaced += rest.length;
        break;
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        const { failed } = error;
        rest = rest.filter((_, position) => !failed.includes(position));
      }
    }
  }
  return replaced;
}

function portions(rewrites: readonly RowRewrite[]): RowRewrite[][] {
  const portioned: RowRewrite[][] = [];
  let bytes = 0;
  for (const rewrite of rewrites) {
    const { message } = rewrite.after.attributes;
    const size = message instanceof Uint8Array ? message.length : 0;
    const last = portioned.at(-1);
    if (last === undefined || last.length === rowsAtOnce || bytes + size > bytesAtOnce) {
      portioned.push([rewrite]);
      bytes = size;
    } else {
      last.push(rewrite);
      bytes += size;
    }
  }
  return portioned;
}
