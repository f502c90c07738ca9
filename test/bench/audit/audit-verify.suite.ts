import { createPublicKey, hash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { builtLib } from '../build-folder.js';
import type { Suite, SuiteContext, SuiteResult } from '../suite.js';

/** What the bench uses of the built libs. */
interface Table {
  query(input: object): Promise<{ items: { attributes: Record<string, unknown> }[]; next?: string }>;
  close(): Promise<void>;
}
interface Trail {
  chain: string;
  append(events: object[]): Promise<void>;
  close(): Promise<void>;
}
interface Built {
  LmdbPhiTable: { open(options: { path: string }): Table };
  AuditTrail: new (options: object) => Trail;
  LocalCheckpointSigner: { open(path: string): { keyId: string; publicKey: string } };
  verifyTrail(ports: object, options: object): Promise<{ outcome: string; events: { sealed: number } }>;
}

const appendedAtOnce = 100;
const writers = 24;
const subjects = 50;
const patients = 2000;

/** How long the whole trail takes to verify, beside reading and hashing the same rows once. */
export const auditVerifySuite: Suite = {
  name: 'audit-verify',
  title: 'Verification of the audit trail',
  run,
};

async function run({ smoke, build, folder, progress }: SuiteContext): Promise<SuiteResult> {
  const built = await builtLibs(build);
  const count = smoke ? 4_800 : 96_000;
  const table = built.LmdbPhiTable.open({ path: join(folder, 'records.lmdb') });
  const signer = built.LocalCheckpointSigner.open(join(folder, 'key'));
  const trail = new built.AuditTrail({ table, signer, instance: randomUUID() });
  progress(`audit-verify: writing ${count} events`);
  const event = eventMaker();
  for (let written = 0; written < count; written += appendedAtOnce * writers) {
    await Promise.all(
      Array.from({ length: writers }, () => trail.append(Array.from({ length: appendedAtOnce }, event))),
    );
  }
  await trail.close();

  progress('audit-verify: reading, then verifying');
  const read = await timed(() => hashedRows(table, trail.chain));
  const publicKeys = new Map([[signer.keyId, createPublicKey(signer.publicKey)]]);
  const verified = await timed(() => built.verifyTrail({ table, publicKeys }, { retentionDays: 2192 }));
  await table.close();

  const { outcome, events } = verified.result;
  const intact = outcome === 'intact' && events.sealed >= count && events.sealed === read.result;
  const rows = [
    ['read and hash every row once', read],
    ['verify', verified],
  ] as const;
  const perMillion = (seconds: number) => (seconds / events.sealed) * 1e6;
  return {
    tables: [
      {
        title: `${events.sealed} events`,
        columns: [
          { name: '', align: 'left' },
          { name: 's', align: 'right' },
          { name: 's a million', align: 'right' },
          { name: 'CPU s a million', align: 'right' },
        ],
        rows: rows.map(([name, { seconds, cpuSeconds }]) => [
          name,
          seconds.toFixed(1),
          perMillion(seconds).toFixed(1),
          perMillion(cpuSeconds).toFixed(1),
        ]),
      },
    ],
    figures: {
      events: events.sealed,
      readSeconds: read.seconds,
      verifySeconds: verified.seconds,
      verifyCpuSeconds: verified.cpuSeconds,
    },
    notes: [
      'Verification reads every event twice, in its chain and by day, and checks signature, tree and places in the indexes.',
    ],
    failures: intact ? [] : ['the trail was not verified as intact'],
  };
}

const builtLibs = async (build: string): Promise<Built> => ({
  ...(await builtLib<Omit<Built, 'LmdbPhiTable'>>(build, 'audit')),
  ...(await builtLib<Pick<Built, 'LmdbPhiTable'>>(build, 'phi-table')),
});

/** @returns a maker of reads such as the service records them */
function eventMaker(): () => object {
  const ids = Array.from({ length: patients }, () => randomUUID());
  let made = 0;
  return () => {
    made += 1;
    const subject = `staff-${made % subjects}`;
    return {
      type: 'record-read',
      outcome: '0',
      origin: {
        agent: { issuer: 'https://issuer.localhost', subject, clientId: 'ehr', scopes: ['user/*.cruds'] },
        networkAddress: '127.0.0.1',
        requestId: randomUUID(),
        purposeOfUse: 'TREAT',
      },
      patientId: ids[made % patients],
      entities: [{ type: 'Observation', id: randomUUID(), version: 3 }],
    };
  };
}

/** @returns how many rows the chain has */
async function hashedRows(table: Table, chain: string): Promise<number> {
  let rows = 0;
  let after: string | undefined;
  do {
    const query = { table: 'audit', partition: chain, limit: 500 };
    const page = await table.query(after === undefined ? query : { ...query, after });
    for (const { attributes } of page.items) {
      hash('sha256', String(attributes['event']), 'buffer');
      rows += 1;
    }
    after = page.next;
  } while (after !== undefined);
  return rows;
}

async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; seconds: number; cpuSeconds: number }> {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
}
