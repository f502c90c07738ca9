import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Loaded before the service's entry point (`node --import`): the trail of that build records nothing, and writes go to the store
 * without their events. Everything else is what is shipped. It exists for the comparison alone.
 */
interface Trail {
  append(): Promise<void>;
  transactWrite(writes: readonly unknown[]): Promise<void>;
}
interface Table {
  transactWrite(writes: readonly unknown[]): Promise<void>;
}
interface AuditLib {
  AuditTrail: { prototype: Trail };
}
interface TableLib {
  LmdbPhiTable: { open(options: object): Table };
}

/** `dist/apps/phi-api/src/main.js`: the libs lie beside the apps. */
const libs = join(dirname(process.argv[1] as string), '../../../libs');
const load = async <Lib>(name: string) =>
  (await import(pathToFileURL(join(libs, name, 'src/index.js')).href)) as Lib;

const { LmdbPhiTable } = await load<TableLib>('phi-table');
const { AuditTrail } = await load<AuditLib>('audit');

let table: Table | undefined;
const open = LmdbPhiTable.open.bind(LmdbPhiTable);
LmdbPhiTable.open = (options) => {
  table = open(options);
  return table;
};
AuditTrail.prototype.append = async () => undefined;
AuditTrail.prototype.transactWrite = async (writes) => {
  if (table === undefined) throw new Error('the table is not open');
  if (writes.length > 0) await table.transactWrite(writes);
};
