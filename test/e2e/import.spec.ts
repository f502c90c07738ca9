import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAuditEvents } from '../support/audit-rows.js';
import { pastService } from '../support/deployment.js';
import { type Json, mrnSystem, sampleBundles } from '../support/fhir-bundles.js';
import { HttpClient } from '../support/http-client.js';
import { type Finding, withScreenedText } from '../support/screened-text.js';
import { CliProcess, ServiceProcess } from '../support/service-process.js';

const bundles = sampleBundles();
const owned = bundles.flatMap((sample) => sample.owned);
const records = owned.reduce((sum, { resources }) => sum + resources.length, 0);
const none = { created: 0, alreadyThere: 0, refused: 0, failed: 0, skipped: 0 };

interface Summary {
  outcome: string;
  patients: typeof none;
  records: typeof none;
  ignored: number;
  warnings: number;
  anonymized: { findings: Record<string, number> };
  problems: { file: string; entry?: number; resourceType?: string; outcome: string; message: string }[];
}
interface Line {
  recordType?: string;
  content?: Json;
  screening: { findings: Finding[] };
}

/** A service, the files, and the command line that imports them. */
class ImportScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'phi-import-'));
  readonly files: string[];
  private constructor(readonly service: ServiceProcess) {
    this.files = bundles.map(({ name, bundle }) => this.file(name, bundle));
  }

  static async open(): Promise<ImportScene> {
    const scene = new ImportScene(await ServiceProcess.start());
    const bearer = await scene.service.bearer();
    writeFileSync(join(scene.folder, 'token'), bearer.replace('Bearer ', ''), { mode: 0o600 });
    return scene;
  }

  file(name: string, content: unknown): string {
    const path = join(this.folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  start(files = this.files, ...options: string[]): CliProcess {
    const access = ['--url', this.service.origin, '--token-file', join(this.folder, 'token')];
    const data = join(this.folder, 'importer');
    mkdirSync(data, { recursive: true });
    return new CliProcess(['import', '--json', ...access, ...options, ...files], { PHI_DATA_DIR: data });
  }

  async run(files?: string[]): Promise<{ code: number | null; summary: Summary; printed: string }> {
    const { code, output, errors } = await this.start(files).ended;
    return { code, summary: JSON.parse(output) as Summary, printed: output + errors };
  }

  /** @returns everything of the patient with this record number, as the service exports it */
  async everythingOf(client: HttpClient, mrn: string): Promise<{ patient: Json; records: Line[] }> {
    const authorization = await this.service.bearer();
    const search = { identifier: { system: mrnSystem, value: mrn } };
    const found = await client.send({
      method: 'POST',
      path: '/v1/patients/search',
      headers: { authorization },
      body: search,
    });
    const [patient] = found.json<{ items: { id: string }[] }>().items;
    const path = `/v1/patients/${patient?.id}/export`;
    const exported = await client.send({ method: 'GET', path, headers: { authorization } });
    const lines = exported.text.trimEnd().split('\n');
    const [first, ...others] = lines.map((line) => JSON.parse(line) as Line & Json);
    return { patient: first ?? {}, records: others };
  }

  async close(): Promise<void> {
    await this.service.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const mrnOf = (patient: Json) => (patient['identifier'] as { value: string }[])[0]?.value ?? '';
const keyOf = (resource: Json | undefined) =>
  `${String(resource?.['resourceType'])} ${String(resource?.['id'])}`;

/** @returns what was stored differently than it was sent, but for text that screening replaced */
async function compareAll(
  scene: ImportScene,
): Promise<{ wrong: string[]; findings: Record<string, number> }> {
  const client = scene.service.client();
  const wrong: string[] = [];
  const findings: Record<string, number> = {};
  for (const { patient, resources } of owned) {
    const stored = await scene.everythingOf(client, mrnOf(patient));
    const byKey = new Map(stored.records.map((line) => [keyOf(line.content), line]));
    expect(stored.records).toHaveLength(resources.length);
    // Nothing in the elements of a patient is free text that could have been replaced.
    const { identifier, name, telecom, address, birthDate, communication } = patient;
    expect(stored.patient).toMatchObject({ identifier, name, telecom, address, birthDate, communication });
    for (const resource of resources) {
      const line = byKey.get(keyOf(resource));
      const found = line?.screening.findings ?? [];
      for (const { type, count } of found) findings[type] = (findings[type] ?? 0) + count;
      const { expected, unexplained } = withScreenedText(resource, line?.content, found, '/content');
      const same = JSON.stringify(expected) === JSON.stringify(line?.content);
      if (!same || unexplained.length > 0) wrong.push(keyOf(resource));
    }
  }
  client.close();
  return { wrong, findings };
}

describe('phi import against the built service', () => {
  let scene: ImportScene;

  beforeAll(async () => {
    scene = await ImportScene.open();
  });
  afterAll(() => scene.close());

  it('brings in every resource of every kind of bundle', async () => {
    const { code, summary } = await scene.run();
    expect([code, summary.outcome, summary.problems]).toEqual([0, 'done', []]);
    expect(summary).toMatchObject({
      files: { read: bundles.length, failed: 0 },
      patients: { ...none, created: owned.length },
      records: { ...none, created: records },
      ignored: 1,
      warnings: 0,
    });
    const { wrong, findings } = await compareAll(scene);
    expect(wrong).toEqual([]);
    expect(Object.keys(findings).sort()).toEqual(['ADDRESS', 'EMAIL', 'PHONE']);
    expect(summary.anonymized.findings).toEqual(findings);
  }, 40_000);

  it('creates nothing when it is run again', async () => {
    const { code, summary } = await scene.run();
    expect(code).toBe(0);
    expect(summary.patients).toEqual({ ...none, alreadyThere: owned.length });
    expect(summary.records).toEqual({ ...none, alreadyThere: records });
    expect((await compareAll(scene)).wrong).toEqual([]);
  }, 40_000);

  it('names the entry that the service refuses, and not what is in it', async () => {
    const patient = { resourceType: 'Patient', id: 'refused-1' };
    const note = [{ text: 'SSN 536-90-4481' }];
    const entry = [
      { resource: patient },
      { resource: { resourceType: 'Condition', id: 'c1', note } },
      { resource: { resourceType: 'Condition', id: 'c2' } },
    ];
    const file = scene.file('refused.json', { resourceType: 'Bundle', type: 'collection', entry });
    const { code, summary, printed } = await scene.run([file]);
    expect(code).toBe(1);
    expect(summary.problems).toMatchObject([
      { file, entry: 1, resourceType: 'Condition', outcome: 'refused' },
    ]);
    expect(summary.records).toEqual({ ...none, created: 2, refused: 1 });
    expect(printed).not.toContain('90-4481');
  });

  it('leaves one audit event for each access', async () => {
    // Lines are written some at a time: all of them are there when the service has ended.
    expect(await scene.service.terminate()).toEqual({ code: 0, signal: null });
    const accesses = scene.service.log.filter(
      ({ message, route }) => message === 'request' && route !== undefined,
    );
    const events = await pastService(scene.service.dataFolder, ({ table }) => readAuditEvents(table));
    const requestIds = accesses.map(({ requestId }) => String(requestId)).sort();
    expect(events.map(({ origin }) => origin.requestId).sort()).toEqual(requestIds);
    const count = (type: string) => events.filter((event) => event.type === type).length;
    expect(count('patient-create')).toBe(owned.length + 1);
    // A batch leaves one event, which names each record.
    const batches = accesses.filter(({ route }) => String(route).endsWith('/batch'));
    const refusedBatches = batches.filter(({ status }) => status !== 201).length;
    expect(batches.length - refusedBatches).toBeLessThan(records / 10);
    expect(
      events
        .filter(({ type }) => type === 'record-create')
        .reduce((sum, { entities = [] }) => sum + entities.length, 0),
    ).toBe(records + 2);
    // The second run was refused everywhere, and one record was blocked, in a batch and alone.
    expect(refusedBatches).toBeGreaterThan(owned.length);
    expect(count('refusal')).toBe(owned.length + records + 1 + refusedBatches);
    expect(count('export')).toBe(owned.length * 2);
  });
});

describe('phi import, killed midway', () => {
  let scene: ImportScene;

  beforeAll(async () => {
    scene = await ImportScene.open();
  });
  afterAll(() => scene.close());

  it('is complete when it is repeated', async () => {
    const created = () => scene.service.log.filter(({ status }) => status === 201).length;
    // The service tells of a request within a tenth of a second, the rest of the import takes some times as long.
    const first = scene.start(undefined, '--concurrency', '1');
    await scene.service.line(() => created() >= 2);
    first.child.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL', output: '' });

    const { code, summary } = await scene.run();

    expect(code).toBe(0);
    const { patients: p, records: r } = summary;
    expect(p.created + p.alreadyThere + r.created + r.alreadyThere).toBe(owned.length + records);
    expect(p.alreadyThere + r.alreadyThere).toBeGreaterThanOrEqual(2);
    expect(r.created).toBeGreaterThan(0);
    expect([p.refused, p.failed, r.refused, r.failed, r.skipped]).toEqual([0, 0, 0, 0, 0]);
    expect((await compareAll(scene)).wrong).toEqual([]);
  }, 40_000);
});
