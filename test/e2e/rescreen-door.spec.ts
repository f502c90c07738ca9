import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type MaintenanceJobRun, openPatientRecords, type RescreeningScope } from '@app/patient-records';
import { PiiDetector, type PiiFinding, PiiScreener, storedNotesPolicy } from '@app/pii-screening';
import { erasureBody, officerScope } from '../support/erasable-patient.js';
import { breakGlass, clinicianOf } from '../support/emergency.js';
import { clientOf, type PhiClient, startListening, succeeded } from '../support/phi-client.js';
import { wholePatient } from '../support/sample-patient.js';
import type { Service } from '../support/service.js';

/** Remembers what it was given to read; finds nothing but what a test has it find. */
class ReadingDetector extends PiiDetector {
  readonly texts: string[] = [];
  find: (text: string) => Promise<PiiFinding[]> = () => Promise.resolve([]);
  override detect(text: string): Promise<PiiFinding[]> {
    this.texts.push(text);
    return this.find(text);
  }
  /** @returns what was read since the last time, in no order */
  taken(): string[] {
    return this.texts.splice(0).sort();
  }
}

/**
 * Free text is read whatever it is; as FHIR content a date is passed, and base64 is decoded: where a stored document is not
 * screened as it came in, another list of texts is read.
 */
const telling = ['2024-01-05', Buffer.from('Text that was encoded as base64.').toString('base64')];

describe('what is stored is screened again as it was when it came in', () => {
  const detector = new ReadingDetector();
  let service: Service;
  let client: PhiClient;

  beforeAll(async () => {
    service = await startListening({}, undefined, (platform) => ({ ...platform, detector }));
    client = await clientOf(service);
  });
  afterAll(() => service.stop());
  beforeEach(() => void detector.taken());

  async function readAgain(scope: RescreeningScope): Promise<string[]> {
    const run: MaintenanceJobRun = {
      origin: { networkAddress: '', requestId: 'door' },
      ratePerSecond: 100_000,
      signal: new AbortController().signal,
      // The work ends before the first sign of life is due.
      clock: { now: () => Date.now(), wait: (_, signal) => aborted(signal) },
      keyCacheSeconds: 1,
      parameterRefreshSeconds: 3600,
      onProgress: () => undefined,
    };
    const terms = { keyCacheTtlSeconds: 1, keyStoreBackupDays: 0 };
    const { rescreening } = openPatientRecords(service.platform, [], terms);
    const report = await rescreening.perform(run, new PiiScreener(detector, storedNotesPolicy), scope);
    expect(report).toMatchObject({ outcome: 'done', failed: 0 });
    return detector.taken();
  }

  it.each(telling)('a patient, all of whose texts are %s', async (text) => {
    const language = { text, coding: [{ system: 'urn:ietf:bcp:47', code: 'en', display: text }] };
    const whole = { ...wholePatient(`door-${text.slice(0, 4)}`), communication: [{ language }] };
    const body = { ...withText(whole, text), notes: text };
    const patientId = (await succeeded(client.post('/v1/patients', body))).body.id;
    const read = detector.taken();
    expect(read).toContain(text);
    expect(await readAgain({ patientId, every: true })).toEqual(read);
  });

  it.each(telling)('a record, all of whose texts are %s', async (text) => {
    const patientId = (await succeeded(client.post('/v1/patients', {}))).body.id;
    detector.taken();
    const content = {
      resourceType: 'Observation',
      code: { text, coding: [{ display: text }] },
      note: [{ text }],
      [`name ${text.slice(0, 4)} 1`]: text,
    };
    const record = { recordType: 'Observation', content, notes: text };
    await succeeded(client.post(`/v1/patients/${patientId}/records`, record));
    const read = detector.taken();
    expect(read).toContain(text);
    expect(await readAgain({ patientId, every: true })).toEqual(read);
  });

  /** @returns the ids of somebody whose glass was broken and reviewed, both with `text` */
  async function emergencyWith(text: string) {
    const patientId = (await succeeded(client.post('/v1/patients', {}))).body.id;
    detector.taken();
    const { id } = await breakGlass(await clinicianOf(service, 'clinician'), patientId, text);
    const officer = await clientOf(service, { scope: 'phi/review', subject: 'officer' });
    const path = `/v1/audit/emergency-accesses/${id}`;
    await succeeded(officer.post(`${path}/review`, { finding: 'appropriate', comment: text }));
    return { patientId, read: async () => (await succeeded(officer.get(path))).body };
  }

  it.each(telling)('reason and comment of an emergency access, which are %s', async (text) => {
    const { patientId } = await emergencyWith(text);
    // The words of closed lists stand beside the texts in the request, and not with them in the store.
    const read = detector.taken().filter((word) => word !== 'ETREAT' && word !== 'appropriate');
    expect(read).toEqual([text, text]);
    expect(await readAgain({ patientId, every: true })).toEqual(read);
  });

  it('an identifier in a reason and a comment is replaced where it stands', async () => {
    const { patientId, read } = await emergencyWith('Old.');
    detector.taken();
    detector.find = (text) =>
      Promise.resolve([{ type: 'PHONE', start: 0, end: text.length - 1, confidence: 1, rule: 'test' }]);
    await readAgain({ patientId, every: true });
    detector.find = () => Promise.resolve([]);
    expect(await read()).toMatchObject({ reason: '{PHONE}.', comment: '{PHONE}.' });
  });

  it('a patient whose key is gone by the time that something is found needs nothing more', async () => {
    const patientId = (await succeeded(client.post('/v1/patients', { notes: 'Old.' }))).body.id;
    const officer = await clientOf(service, { scope: officerScope });
    detector.taken();
    detector.find = async (text) => {
      await succeeded(officer.post(`/v1/patients/${patientId}/erase`, erasureBody(patientId)));
      return [{ type: 'PHONE', start: 0, end: text.length, confidence: 1, rule: 'test' }];
    };
    expect(await readAgain({ patientId, every: true })).toEqual(['Old.']);
  });
});

/** @returns the document with the text wherever a text may stand */
function withText<T>(document: T, text: string): T {
  const free = new Set([
    'text',
    'display',
    'family',
    'given',
    'prefix',
    'suffix',
    'line',
    'city',
    'district',
  ]);
  const visit = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(name, item));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, visit(key, part)]));
    }
    return typeof value === 'string' && free.has(name) ? text : value;
  };
  return visit('', document) as T;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
