import { randomUUID } from 'node:crypto';
import { type HttpAnswer, HttpClient } from './http-client.js';
import { type Service } from './service.js';
import { mrnSystem } from './write-mix.js';

/** A patient as the clients last left him; `undefined` once he is deleted. */
interface Known {
  id: string;
  mrn: string;
  versions: { notes: string }[];
  recordId: string;
  record: string[];
}

/** What a client asked, and that the answer was another than it must be. */
export interface Surprise {
  asked: string;
  status: number;
}

/**
 * Clients that read, write and search without a pause, each on patients of its own, and know what every answer must be:
 * not one error, not one missed search, not one duplicate identifier that goes through.
 */
export class KeyLoad {
  readonly surprises: Surprise[] = [];
  answers = 0;
  readonly #end = new AbortController();
  readonly #known: Known[][];
  readonly #client: HttpClient;
  #loops: Promise<void[]> | undefined;

  private constructor(
    origin: string,
    private readonly authorization: string,
    clients: number,
  ) {
    this.#client = new HttpClient(origin, clients * 2);
    this.#known = Array.from({ length: clients }, () => []);
  }

  /** @returns clients with some patients each, not yet running */
  static async prepare(service: Service, clients: number, patientsEach: number): Promise<KeyLoad> {
    const load = new KeyLoad(await service.app.getUrl(), await service.bearer(), clients);
    await Promise.all(
      load.#known.map(async (_, client) => {
        for (let n = 0; n < patientsEach; n++) await load.#create(client);
      }),
    );
    return load;
  }

  start(): void {
    this.#loops = Promise.all(this.#known.map((_, client) => this.#loop(client)));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loops;
  }

  close(): void {
    this.#client.close();
  }

  get patients(): number {
    return this.#known.flat().length;
  }

  /** Reads everything back by value: heads, every version, records, and finds everybody. */
  async readBack(): Promise<void> {
    await Promise.all(
      this.#known.map(async (patients) => {
        for (const known of patients) {
          await this.#find(known);
          await this.#readRecord(known);
          for (const version of known.versions.keys()) await this.#readVersion(known, version + 1);
        }
      }),
    );
  }

  async #loop(client: number): Promise<void> {
    for (let turn = 0; !this.#end.signal.aborted; turn++) {
      const patients = this.#known[client] as Known[];
      const known = patients[turn % patients.length] as Known;
      if (turn % 8 === 7) await this.#create(client);
      else if (turn % 8 === 6) await this.#refuseDuplicate(known);
      else if (turn % 4 === 1) await this.#change(known);
      else if (turn % 4 === 2) await this.#changeRecord(known);
      else await this.#find(known);
      await this.#readVersion(known, 1 + (turn % known.versions.length));
    }
  }

  async #create(client: number): Promise<void> {
    const id = randomUUID();
    const known: Known = {
      id,
      mrn: randomUUID(),
      versions: [{ notes: 'first' }],
      recordId: randomUUID(),
      record: [],
    };
    const made = await this.#send('PUT', `/v1/patients/${id}`, this.#body(known), { 'if-none-match': '*' });
    this.#expect('create', made, 201);
    known.record.push('first');
    const record = await this.#send('PUT', this.#recordPath(known), recordBody('first'), {
      'if-none-match': '*',
    });
    this.#expect('create record', record, 201);
    (this.#known[client] as Known[]).push(known);
  }

  /** Under an id of its own and an identifier that is taken. */
  async #refuseDuplicate(known: Known): Promise<void> {
    const answer = await this.#send('PUT', `/v1/patients/${randomUUID()}`, this.#body(known), {
      'if-none-match': '*',
    });
    this.#expect('duplicate', answer, 409);
  }

  /** Every other change takes a new identifier and frees the old one. */
  async #change(known: Known): Promise<void> {
    const version = known.versions.length;
    const next = { ...known, mrn: version % 2 === 0 ? randomUUID() : known.mrn };
    next.versions = [...known.versions, { notes: `version ${version + 1}` }];
    const answer = await this.#send('PUT', `/v1/patients/${known.id}`, this.#body(next), {
      'if-match': `"${version}"`,
    });
    this.#expect('change', answer, 200);
    Object.assign(known, next);
  }

  async #changeRecord(known: Known): Promise<void> {
    const version = known.record.length;
    const text = `value ${version + 1}`;
    const answer = await this.#send('PUT', this.#recordPath(known), recordBody(text), {
      'if-match': `"${version}"`,
    });
    this.#expect('change record', answer, 200);
    known.record.push(text);
  }

  async #find(known: Known): Promise<void> {
    const query = { identifier: { system: mrnSystem, value: known.mrn } };
    const byNumber = await this.#send('POST', '/v1/patients/search', query);
    this.#expect('search', byNumber, 200);
    this.#expectFound('search by identifier', byNumber, known);
    const byName = { family: `Family-${known.id}`, birthDate: '1984-05-17' };
    this.#expectFound('search by name', await this.#send('POST', '/v1/patients/search', byName), known);
  }

  #expectFound(asked: string, answer: HttpAnswer, known: Known): void {
    if (answer.status !== 200) return this.#expect(asked, answer, 200);
    const ids = answer.json<{ items: { id: string }[] }>().items.map(({ id }) => id);
    if (ids.length !== 1 || ids[0] !== known.id) this.surprises.push({ asked, status: ids.length });
  }

  async #readVersion(known: Known, version: number): Promise<void> {
    const answer = await this.#send('GET', `/v1/patients/${known.id}/history/${version}`);
    this.#expect('read version', answer, 200);
    const notes = known.versions[version - 1]?.notes;
    if (answer.status === 200 && answer.json<{ notes: string }>().notes !== notes) {
      this.surprises.push({ asked: 'value of a version', status: answer.status });
    }
  }

  async #readRecord(known: Known): Promise<void> {
    for (const version of known.record.keys()) {
      const path = `${this.#recordPath(known)}/history/${version + 1}`;
      const answer = await this.#send('GET', path);
      this.#expect('read record', answer, 200);
      const { content } = answer.json<{ content?: { valueString?: string } }>();
      if (content?.valueString !== known.record[version]) {
        this.surprises.push({ asked: 'value of a record', status: answer.status });
      }
    }
  }

  #expect(asked: string, { status }: HttpAnswer, expected: number): void {
    this.answers += 1;
    if (status !== expected) this.surprises.push({ asked, status });
  }

  #body({ id, mrn, versions }: Pick<Known, 'id' | 'mrn' | 'versions'>) {
    return {
      identifier: [{ system: mrnSystem, value: mrn }],
      name: [{ family: `Family-${id}`, given: ['Given'] }],
      birthDate: '1984-05-17',
      notes: versions.at(-1)?.notes,
    };
  }

  #recordPath({ id, recordId }: Known): string {
    return `/v1/patients/${id}/records/${recordId}`;
  }

  #send(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const all = { ...headers, authorization: this.authorization };
    return this.#client.send({ method, path, headers: all, ...(body === undefined ? {} : { body }) });
  }
}

const recordBody = (value: string) => ({
  recordType: 'Observation',
  content: { resourceType: 'Observation', valueString: value },
  recordedAt: '2026-01-05T09:30:00.000Z',
});
