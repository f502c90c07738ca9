import { type PhiTable } from '@app/phi-table';
import { auditKeys } from '../audit-item.js';
import { type Findings } from './findings.js';
import { type RegisterCheck } from './register-check.js';

/** A lease that is over by more was left behind; instances' clocks differ by less. */
const leaseMarginMilliseconds = 60_000;

/** What a lease says of its chain. */
interface FoundLease {
  sealedThrough: number;
  /** Milliseconds since the epoch. */
  leaseUntil: number;
}

/** Leases by their chains. */
export type FoundLeases = ReadonlyMap<string, FoundLease>;

/** @returns the leases by their chains, whatever they hold: what is no number compares with nothing */
export async function foundLeases(table: PhiTable): Promise<FoundLeases> {
  const leases = new Map<string, FoundLease>();
  const query = { table: 'records', partition: auditKeys.leases, limit: 1000 } as const;
  let after: string | undefined;
  do {
    const page = await table.query(after === undefined ? query : { ...query, after });
    for (const { sort, attributes } of page.items) {
      const { sealedThrough, leaseUntil } = attributes;
      leases.set(sort, { sealedThrough: Number(sealedThrough), leaseUntil: Number(leaseUntil) });
    }
    after = page.next;
  } while (after !== undefined);
  return leases;
}

/**
 * Holds leases that were read before the register against it: what they say of their chains must be in it.
 * @param now milliseconds since the epoch
 */
export function compareLeases(
  leases: FoundLeases,
  register: RegisterCheck,
  now: number,
  findings: Findings,
  notices: string[],
): void {
  for (const [chain, { sealedThrough, leaseUntil }] of leases) {
    const state = register.chains.get(chain);
    if (state === undefined) {
      // A walk of the newest part does not meet a chain that has been idle since.
      if (!register.whole) continue;
      const message = `chain ${chain} holds a lease and was never opened: its checkpoints were removed`;
      findings.add({ kind: 'chain-unregistered', message, chain });
      continue;
    }
    if (sealedThrough > state.sealedThrough) {
      const message = `checkpoints of chain ${chain} were removed: its lease says that it is sealed through event ${sealedThrough}, the register ends at ${state.sealedThrough}`;
      findings.add({ kind: 'checkpoint-removed', message, chain });
    }
    if (state.ended === undefined && now - leaseUntil > leaseMarginMilliseconds) {
      notices.push(
        `chain ${chain} was left by a process that did not close it; the next start of the service seals what it left`,
      );
    }
  }
}
