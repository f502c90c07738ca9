import { randomUUID } from 'node:crypto';
import { builtLib } from '../build-folder.js';
import type { StoredPatient } from '../http/operations.js';
import { samplePatient } from '../http/sample-patient.js';
import { sampleRecord } from '../http/stored-records.js';
import type { SeedAnswer, SeedQuestion } from './seeding.js';

/**
 * Stores patients through the built libs, as the service does after it has let a request in: the same keys, messages, index rows and events, in the
 * same transactions. Only HTTP, the token and screening are left out: what the sample holds is clean.
 */
interface Built {
  fixedConfiguration(variables: Record<string, string>): Promise<{ config: Config }>;
  openPlatform(config: Config): Promise<{ close(): Promise<void> }>;
  openPatientRecords(
    platform: object,
    sharedSystems: unknown,
    terms: object,
    access: object,
  ): { patients: Writer<object>; records: RecordWriter };
  Scopes: new (scopes: readonly string[]) => object;
}
type Config = Record<string, unknown>;
interface Writer<Document> {
  create(caller: object, id: string, document: Screened<Document>): Promise<{ version: number }>;
}
interface RecordWriter {
  create(caller: object, id: string, records: readonly object[], taken: Error): Promise<unknown>;
}
interface Screened<Document> {
  resource: Document;
  screening: { outcome: 'clean'; findings: [] };
}

const atOnce = 64;
const scopes = ['system/*.cruds'];
const screening = { outcome: 'clean', findings: [] } as Screened<object>['screening'];

class Seeder {
  private constructor(
    private readonly platform: { close(): Promise<void> },
    private readonly records: ReturnType<Built['openPatientRecords']>,
    private readonly callerOf: () => object,
  ) {}

  static async open(build: string, environment: Record<string, string>): Promise<Seeder> {
    const lib = (name: string) => builtLib<Built>(build, name);
    const { fixedConfiguration } = await lib('configuration');
    const { Scopes } = await lib('authorization');
    const { config } = await fixedConfiguration(environment);
    const platform = await (await lib('platform')).openPlatform(config);
    const records = (await lib('patient-records')).openPatientRecords(
      platform,
      config['PHI_SHARED_IDENTIFIER_SYSTEMS'],
      { keyCacheTtlSeconds: config['PHI_KEY_CACHE_TTL_SECONDS'], keyStoreBackupDays: 0 },
      { careTeamRequired: true, emergencyAccessMinutes: 60 },
    );
    const agent = { issuer: 'https://issuer.localhost', subject: 'benchmark', clientId: 'benchmark', scopes };
    const principal = { ...agent, tokenId: randomUUID(), expiresAt: Number.MAX_SAFE_INTEGER };
    return new Seeder(platform, records, () => ({
      principal,
      scopes: new Scopes(scopes),
      origin: { agent, networkAddress: '127.0.0.1', requestId: randomUUID(), purposeOfUse: 'TREAT' },
    }));
  }

  async store(question: Exclude<SeedQuestion, 'close'>): Promise<StoredPatient[]> {
    const { firstSerial, count } = question;
    const stored: StoredPatient[] = [];
    let next = firstSerial;
    const worker = async () => {
      while (next < firstSerial + count) stored.push(await this.#patient(next++, question));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return stored;
  }

  close(): Promise<void> {
    return this.platform.close();
  }

  async #patient(
    serial: number,
    { recordsEveryPatients, recordsEach }: Exclude<SeedQuestion, 'close'>,
  ): Promise<StoredPatient> {
    const id = randomUUID();
    const caller = this.callerOf();
    const { version } = await this.records.patients.create(caller, id, {
      resource: samplePatient(serial),
      screening,
    });
    if (recordsEach > 0 && serial % recordsEveryPatients === 0) {
      const records = Array.from({ length: recordsEach }, (_, number) => ({
        id: randomUUID(),
        resource: sampleRecord(number),
        screening,
      }));
      await this.records.records.create(caller, id, records, new Error('an id of ours is in use'));
    }
    return { id, serial, etag: `"${version}"` };
  }
}

let seeder: Promise<Seeder> | undefined;

async function answer(question: SeedQuestion): Promise<SeedAnswer> {
  if (question === 'close') {
    await (await seeder)?.close();
    seeder = undefined;
    return { patients: [] };
  }
  seeder ??= Seeder.open(question.build, question.environment);
  return { patients: await (await seeder).store(question) };
}

process.on('message', (question: SeedQuestion) => {
  void answer(question).then(
    (told) => process.send?.(told),
    (error: unknown) => {
      process.stderr.write(`seeding: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
