import { setTimeout } from 'node:timers/promises';
import { operations, type HttpRequest, type OperationName, type StoredPatient } from './operations.js';
import { samplePatient } from './sample-patient.js';

const createdAtOnce = 16;
/** Between two looks at the same ETags. */
const settleMilliseconds = 300;

/** Asks the service outside of any measurement. */
export class ServiceClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** @throws Error for an answer that is no success */
  async send({ method, path, headers, body }: HttpRequest): Promise<{ headers: Headers; answer: object }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} was answered with ${response.status}: ${text}`);
    return { headers: response.headers, answer: JSON.parse(text) as object };
  }

  /** @returns patients with the serial numbers from 0 on */
  async createPatients(count: number): Promise<StoredPatient[]> {
    const patients: StoredPatient[] = [];
    let serial = 0;
    const worker = async () => {
      while (serial < count) patients.push(await this.#create(serial++));
    };
    await Promise.all(Array.from({ length: createdAtOnce }, worker));
    return patients;
  }

  /** @returns the same patients with their ETags, once they stand still: what closed connections had asked for may be under way */
  async refreshed(patients: readonly StoredPatient[]): Promise<StoredPatient[]> {
    let before = await this.#withEtags(patients);
    for (;;) {
      await setTimeout(settleMilliseconds);
      const now = await this.#withEtags(before);
      if (now.every(({ etag }, position) => etag === before[position]?.etag)) return now;
      before = now;
    }
  }

  async #withEtags(patients: readonly StoredPatient[]): Promise<StoredPatient[]> {
    return Promise.all(
      patients.map(async (patient) => {
        const { headers } = await this.send(operations.get.request(patient, 0));
        return { ...patient, etag: etagOf(headers) };
      }),
    );
  }

  /** @returns an answer of each operation @param serial not in use yet */
  async sampleAnswers(patient: StoredPatient, serial: number): Promise<Record<OperationName, object>> {
    const answerTo = async (name: OperationName) =>
      (await this.send(operations[name].request(patient, serial))).answer;
    const answers = {
      get: await answerTo('get'),
      post: await answerTo('post'),
      put: await answerTo('put'),
      search: await answerTo('search'),
    };
    const found = (answers.search as { items: object[] }).items.length;
    if (found !== 1) throw new Error(`the search found ${found} patients instead of one`);
    return answers;
  }

  async #create(serial: number): Promise<StoredPatient> {
    const body = JSON.stringify(samplePatient(serial));
    const { headers, answer } = await this.send({
      method: 'POST',
      path: '/v1/patients',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { id: (answer as { id: string }).id, serial, etag: etagOf(headers) };
  }
}

function etagOf(headers: Headers): string {
  const etag = headers.get('etag');
  if (etag === null) throw new Error('an answer has no ETag');
  return etag;
}
