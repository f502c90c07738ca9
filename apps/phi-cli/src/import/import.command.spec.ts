import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleOf, ImportBench } from '../../test/import-run.js';
import type { ServiceStandIn } from '../../test/service-stand-in.js';

const fixture = (name: string): string => `test/fixtures/fhir/${name}`;
const onePatient = fixture('transaction-one-patient.json');
const twoPatients = fixture('searchset-two-patients.json');
const faulty = fixture('collection-faulty-entries.json');
const none = { created: 0, alreadyThere: 0, refused: 0, failed: 0, skipped: 0 };

describe('phi import', () => {
  let bench: ImportBench;
  let service: ServiceStandIn;
  beforeEach(async () => {
    bench = new ImportBench();
    ({ service } = bench);
    await bench.open();
  });
  afterEach(() => bench.close());

  describe('of sound bundles', () => {
    it('creates the patient, and every resource whole as a record of its type and time', async () => {
      const { exitCode, summary } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(0);
      expect(summary).toMatchObject({
        outcome: 'done',
        files: { read: 1, failed: 0 },
        patients: { ...none, created: 1 },
        records: { ...none, created: 6 },
        problems: [],
      });
      const entries = JSON.parse(readFileSync(onePatient, 'utf8')).entry as {
        resource: { resourceType: string };
      }[];
      const stored = new Map(service.records().map((record) => [record.recordType, record]));
      expect([...stored.keys()].toSorted()).toEqual(
        entries.map(({ resource }) => resource.resourceType).toSorted(),
      );
      for (const { resource } of entries)
        expect(stored.get(resource.resourceType)?.content).toEqual(resource);
      expect(Object.fromEntries([...stored].map(([type, { recordedAt }]) => [type, recordedAt]))).toEqual({
        Patient: '2024-02-01T08:30:00.000Z',
        Organization: undefined,
        Observation: '2019-11-08T04:15:04.000Z',
        Condition: '2018-05-01T00:00:00.000Z',
        Encounter: '2019-11-08T03:45:04.000Z',
        Claim: '2019-11-08T03:45:04.000Z',
      });
    });

    it('can be repeated: the second run finds all of it there and changes nothing', async () => {
      await bench.run([onePatient, twoPatients]);
      const before = new Map(service.store);
      const { exitCode, summary } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(0);
      expect(summary).toMatchObject({
        patients: { ...none, alreadyThere: 1 },
        records: { ...none, alreadyThere: 6 },
      });
      expect(service.store).toEqual(before);
    });

    it('makes other patients under another namespace', async () => {
      await bench.run([onePatient]);
      await bench.run(['--namespace', 'c2f0e6d4-1a3b-4f5c-9e8d-7b6a5f4e3d2c', onePatient]);
      expect(service.patients()).toHaveLength(2);
    });

    it('sends a patient before his records', async () => {
      const early: string[] = [];
      service.fault = ({ path }) => {
        const [patient = '', record] = path.split('/records/');
        if (record !== undefined && !service.store.has(patient)) early.push(path);
        return undefined;
      };
      const files = [1, 2, 3].map((number) => bench.file(`${number}.json`, bundleOf(`p-${number}`, 20)));
      const { exitCode } = await bench.run(files);
      expect(exitCode).toBe(0);
      expect(service.records()).toHaveLength(63);
      expect(early).toEqual([]);
    });

    it('has as many requests under way as it was told, and no more', async () => {
      service.holdRecords = 3;
      // Nine batches.
      const file = bench.file('b.json', bundleOf('p', 449));
      const { exitCode } = await bench.run(['--concurrency', '3', file]);
      expect(exitCode).toBe(0);
      expect(service.records()).toHaveLength(450);
      expect(service.mostUnderWay).toBe(3);
    });

    it('sends the records of a patient in batches, one event of the trail each', async () => {
      const { exitCode, summary } = await bench.runJson([bench.file('b.json', bundleOf('p', 120))]);
      expect(exitCode).toBe(0);
      expect(summary.records.created).toBe(121);
      const paths = service.received.map(({ path }) => path.split('/').at(-1));
      expect(paths.slice(1)).toEqual(['batch', 'batch', 'batch']);
    });

    it('takes a batch apart in which something is there already', async () => {
      await bench.run([bench.file('a.json', bundleOf('p', 3))]);
      const { exitCode, summary } = await bench.runJson([bench.file('b.json', bundleOf('p', 6))]);
      expect(exitCode).toBe(0);
      expect(summary.records).toMatchObject({ created: 3, alreadyThere: 4 });
      expect(service.records()).toHaveLength(7);
    });

    it('counts what screening replaced, and says where', async () => {
      const bundle = bundleOf('p', 1);
      Object.assign(bundle.entry[1]?.resource ?? {}, { note: [{ text: 'PHONE-MARKER' }] });
      const { exitCode, summary } = await bench.runJson([bench.file('b.json', bundle)]);
      expect(exitCode).toBe(0);
      expect(summary.anonymized.findings).toEqual({ PHONE: 1 });
      expect(summary.anonymized.places).toMatchObject([
        { entry: 1, resourceType: 'Observation', type: 'PHONE', count: 1, pointer: '/content/note/0/text' },
      ]);
    });

    it('reads a file with a byte order mark', async () => {
      const path = bench.file('bom.json', `\uFEFF${JSON.stringify(bundleOf('p', 1))}`);
      expect((await bench.run([path])).exitCode).toBe(0);
    });

    it('sends nothing in a dry run, needs no token for it, and leaves no namespace behind', async () => {
      const { exitCode, stdout } = await bench.run(['--dry-run', '--json', onePatient], { token: '' });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        dryRun: true,
        planned: { patients: 1, records: { Patient: 1, Observation: 1, Claim: 1 } },
      });
      expect(service.received).toHaveLength(0);
      expect(existsSync(join(bench.folder, 'data'))).toBe(false);
    });
  });

  describe('of faulty files', () => {
    it('reports each by its name, and imports the others', async () => {
      const files = {
        'not JSON': bench.file('a.json', '{"resourceType": "Bundle", Hinterwald'),
        'not a FHIR bundle': bench.file('b.json', { resourceType: 'Patient', name: 'Hinterwald' }),
        'not a bundle of type': bench.file('c.json', { resourceType: 'Bundle', type: 'history' }),
        'not a FHIR bundle: entry': bench.file('d.json', {
          resourceType: 'Bundle',
          type: 'batch',
          entry: {},
        }),
        'no Patient': bench.file('e.json', { resourceType: 'Bundle', type: 'batch' }),
        'not UTF-8': bench.file('f.json', Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x7d])),
        'no such file': join(bench.folder, 'missing.json'),
        'is a folder': bench.folder,
      };
      const { exitCode, summary, stderr } = await bench.runJson([...Object.values(files), onePatient]);
      expect(exitCode).toBe(1);
      expect(summary).toMatchObject({ outcome: 'found-problems', files: { read: 1, failed: 8 } });
      expect(service.records()).toHaveLength(6);
      Object.entries(files).forEach(([reason, file], index) => {
        expect(summary.problems[index]).toMatchObject({ file, outcome: 'failed' });
        expect(summary.problems[index]?.message).toContain(reason);
        expect(stderr).toContain(`${file}: ${summary.problems[index]?.message}\n`);
      });
      expect(stderr).not.toContain('Hinterwald');
    });

    it('reports each faulty entry by its position, and imports the others', async () => {
      const { exitCode, summary, stderr } = await bench.runJson([faulty]);
      expect(exitCode).toBe(1);
      expect(summary.records).toEqual({ ...none, created: 3, failed: 5 });
      expect(stderr).toContain(`${faulty} entry[1]: no resource\n`);
      expect(stderr).toContain(`${faulty} entry[7] (Observation): the same resource as entry[5]`);
      expect(stderr).not.toContain('Schattenwurf');
      expect(stderr).not.toContain('\u001b');
    });

    it('does not send what is larger than the service can take', async () => {
      const bundle = bundleOf('p', 2);
      Object.assign(bundle.entry[1]?.resource ?? {}, { data: 'x'.repeat(4 * 1024 * 1024) });
      const { exitCode, summary } = await bench.runJson([bench.file('b.json', bundle)]);
      expect(exitCode).toBe(1);
      expect(summary.problems).toMatchObject([{ entry: 1, message: 'larger than 4194304 bytes' }]);
      expect(service.records()).toHaveLength(2);
    });
  });
});
