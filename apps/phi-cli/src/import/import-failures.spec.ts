import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleOf, ImportBench } from '../../test/import-run.js';
import type { ServiceStandIn } from '../../test/service-stand-in.js';

const onePatient = 'test/fixtures/fhir/transaction-one-patient.json';
const twoPatients = 'test/fixtures/fhir/searchset-two-patients.json';
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

  describe('when the service says no', () => {
    it('reports a screening refusal by kind and place, and goes on', async () => {
      const findings = [{ type: 'US_SOCIAL_SECURITY_NUMBER', count: 1, pointer: '/content/note/0/text' }];
      service.fault = ({ body }) =>
        body.includes('"Condition"') ? { status: 422, problem: 'identifier-in-text', findings } : undefined;
      const { exitCode, summary, stderr } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(1);
      expect(summary.records).toEqual({ ...none, created: 5, refused: 1 });
      expect(stderr).toContain(
        `${onePatient} entry[3] (Condition): screening refused: US_SOCIAL_SECURITY_NUMBER x1 at /content/note/0/text\n`,
      );
    });

    it.each([
      [400, 'validation-failed', 'refused', 'refused (400 validation-failed) at /content/onsetDateTime'],
      [413, 'payload-too-large', 'refused', 'too large for the service (413)'],
      [500, 'internal-error', 'failed', 'the service failed (500 internal-error)'],
    ])('reports a %d (%s) of one record, and goes on', async (status, problem, outcome, message) => {
      const errors = [{ pointer: '/content/onsetDateTime', detail: 'a date' }];
      service.fault = ({ body }) =>
        body.includes('"Condition"') ? { status, problem, ...(status === 400 ? { errors } : {}) } : undefined;
      const { exitCode, summary } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(1);
      expect(summary.records).toMatchObject({ created: 5, [outcome]: 1 });
      expect(summary.problems).toMatchObject([{ entry: 3, resourceType: 'Condition', outcome, message }]);
    });

    it('skips the records of a patient whose identifier is taken, and imports the next patient', async () => {
      service.fault = ({ path, body }) =>
        !path.includes('/records/') && body.includes('M-1001')
          ? { status: 409, problem: 'identifier-taken' }
          : undefined;
      const { exitCode, summary } = await bench.runJson([twoPatients]);
      expect(exitCode).toBe(1);
      expect(summary.patients).toEqual({ ...none, created: 1, refused: 1 });
      expect(summary.records).toEqual({ ...none, created: 3, failed: 3, skipped: 3 });
      expect(summary.problems.at(-1)).toMatchObject({
        entry: 0,
        resourceType: 'Patient',
        message:
          'an identifier of the patient is taken by another one (409); patient not created, 3 records skipped',
      });
    });

    it.each([401, 403])('stops at a %d, after which nothing more is sent', async (status) => {
      const file = bench.file('b.json', bundleOf('p', 2_000));
      service.fault = ({ number }) => (number > 10 ? { status } : undefined);
      const { exitCode, summary, stderr } = await bench.runJson(['--concurrency', '4', file, onePatient]);
      expect(exitCode).toBe(2);
      expect(summary).toMatchObject({ outcome: 'stopped', files: { read: 1 } });
      expect(stderr).toContain(`the access token does not permit this (${status})`);
      expect(service.received.length).toBeLessThan(10 + 2 * 4);
    });

    it('finishes on the second run what the first one was stopped in', async () => {
      const file = bench.file('b.json', bundleOf('p', 240));
      service.fault = ({ number }) => (number > 3 ? { status: 401 } : undefined);
      expect((await bench.run([file])).exitCode).toBe(2);
      const stored = service.store.size;
      // The patient and two batches.
      expect(stored).toBe(101);
      service.fault = () => undefined;
      const { exitCode, summary } = await bench.runJson([file]);
      expect(exitCode).toBe(0);
      expect(summary.patients.alreadyThere + summary.records.alreadyThere).toBe(stored);
      expect(service.records()).toHaveLength(241);
    });
  });

  describe('when the service is busy', () => {
    it.each([429, 503])('waits as long as a %d says, then goes on', async (status) => {
      let busy = 3;
      service.fault = () => (busy-- > 0 ? { status, headers: { 'retry-after': '7' } } : undefined);
      const { exitCode, summary, waits } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(0);
      expect(summary.records.created).toBe(6);
      expect(waits).toHaveLength(3);
      for (const wait of waits) expect(Math.round(wait / 1000)).toBe(7);
    });

    it('waits longer each time where it is not told how long', async () => {
      let busy = 4;
      service.fault = () => (busy-- > 0 ? { status: 503 } : undefined);
      const { exitCode, waits } = await bench.run([onePatient]);
      expect(exitCode).toBe(0);
      expect(waits.map((wait) => Math.round(wait / 50) * 50)).toEqual([250, 500, 1000, 2000]);
    });

    it('never waits longer than a minute at once', async () => {
      let busy = 1;
      service.fault = () => (busy-- > 0 ? { status: 429, headers: { 'retry-after': '86400' } } : undefined);
      const { waits } = await bench.run([onePatient]);
      expect(waits.map((wait) => Math.round(wait / 1000))).toEqual([60]);
    });

    it('could not run if the service stays busy from the first request on', async () => {
      service.fault = () => ({ status: 503, headers: { 'retry-after': '1' } });
      const { exitCode, stderr } = await bench.run([onePatient]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('the service stayed busy (503)');
      expect(service.received).toHaveLength(8);
    });

    it('gives up on a single record that always fails so, and imports the others', async () => {
      service.fault = ({ body }) => (body.includes('"Condition"') ? { status: 503 } : undefined);
      const { exitCode, summary } = await bench.runJson(['--concurrency', '1', onePatient]);
      expect(exitCode).toBe(1);
      expect(summary.records).toEqual({ ...none, created: 5, failed: 1 });
    });

    it('goes on after any number of such records, as long as others get through between them', async () => {
      const bundle = bundleOf('p', 20);
      for (const { resource } of bundle.entry.slice(1)) {
        if (Number(resource['valueInteger']) % 4 === 0) resource['note'] = [{ text: 'POISON' }];
      }
      service.fault = ({ body }) => (body.includes('POISON') ? { status: 503 } : undefined);
      const { exitCode, summary } = await bench.runJson(['--concurrency', '1', bench.file('b.json', bundle)]);
      expect(exitCode).toBe(1);
      expect(summary.records).toEqual({ ...none, created: 16, failed: 5 });
    });

    it('does not sit out a wait when another request has stopped the run', async () => {
      let patient = '';
      let records = 0;
      service.fault = ({ path }) => {
        if (!path.includes('/records/')) patient = path;
        else records += 1;
        if (patient === path) return undefined;
        return records === 1 ? { status: 0, hangUp: 'before-storing' } : { status: 401 };
      };
      const file = bench.file('b.json', bundleOf('p', 100));
      const { exitCode } = await bench.run(['--concurrency', '2', file], { waiting: 'endless' });
      expect(exitCode).toBe(2);
    });

    it('does not pass over a fault of its own', async () => {
      service.fault = ({ body }) => (body.includes('"Condition"') ? { status: 503 } : undefined);
      const { exitCode, stderr } = await bench.run([onePatient], { waiting: 'broken' });
      expect(exitCode).toBe(2);
      expect(stderr).toContain('phi: failed unexpectedly (TypeError)\n');
    });

    it('stops when the service goes down for good in the middle', async () => {
      const file = bench.file('b.json', bundleOf('p', 1_000));
      service.fault = ({ number }) => (number > 6 ? { status: 503 } : undefined);
      const { exitCode, summary } = await bench.runJson([file]);
      expect(exitCode).toBe(2);
      expect(summary).toMatchObject({ patients: { created: 1 }, records: { created: 250 } });
    });

    it('repeats a write that another one is in the way of', async () => {
      let busy = 1;
      service.fault = () => (busy-- > 0 ? { status: 409, problem: 'concurrent-write' } : undefined);
      expect((await bench.runJson([onePatient])).summary.patients).toEqual({ ...none, created: 1 });
    });
  });

  describe('when the connection fails', () => {
    it('retries for a moment, then names the address', async () => {
      const { url } = bench;
      await service.close();
      const { exitCode, stderr, waits } = await bench.run([onePatient]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${url} cannot be reached (ECONNREFUSED)`);
      expect(waits).toEqual([100, 200, 400, 800, 1600]);
    });

    it.each(['before-storing', 'after-storing'] as const)(
      'sends again what was cut off %s',
      async (hangUp) => {
        const cut = new Set<string>();
        service.fault = ({ path }) => {
          if (cut.has(path)) return undefined;
          cut.add(path);
          return { status: 0, hangUp };
        };
        const { exitCode, summary } = await bench.runJson([onePatient]);
        expect(exitCode).toBe(0);
        expect(summary.records.created + summary.records.alreadyThere).toBe(6);
        expect(service.records()).toHaveLength(6);
      },
    );

    it('gives up on a single record that breaks it every time, and imports the others', async () => {
      service.fault = ({ body }) =>
        body.includes('"Condition"') ? { status: 0, hangUp: 'before-storing' } : undefined;
      const { exitCode, summary } = await bench.runJson([onePatient]);
      expect(exitCode).toBe(1);
      expect(summary.records).toEqual({ ...none, created: 5, failed: 1 });
      expect(summary.problems).toMatchObject([{ entry: 3, message: 'no answer (ECONNRESET)' }]);
    });
  });
});
