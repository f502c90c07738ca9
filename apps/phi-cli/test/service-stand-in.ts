import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Says no to one request: called before the store is asked; undefined lets it through. */
export type Fault = (request: { path: string; body: string; number: number }) => FaultAnswer | undefined;
export interface FaultAnswer {
  readonly status: number;
  readonly problem?: string;
  readonly headers?: Record<string, string>;
  readonly errors?: readonly { pointer: string; detail: string }[];
  readonly findings?: readonly { type: string; count: number; pointer: string }[];
  /** Breaks the connection instead of answering. */
  readonly hangUp?: 'before-storing' | 'after-storing';
}

interface StoredRecord {
  readonly recordType: string;
  readonly content: Record<string, unknown>;
  readonly recordedAt?: string;
}

interface ReceivedRequest {
  readonly path: string;
  readonly authorization: string | undefined;
}

const patientElements = new Set(
  'identifier active name telecom gender birthDate deceasedDateTime address maritalStatus contact communication meta notes'.split(
    ' ',
  ),
);
/** Elements that a mapped patient never has, at any depth. */
const unknownElements =
  /"(?:extension|modifierExtension|id|assigner|reference|resourceType|_[a-z][A-Za-z]*)":/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The three routes that an import uses, over real HTTP, held to their contract: authorization, `If-None-Match: *`,
 * unknown elements, patient before record, one content for ever under an id.
 */
export class ServiceStandIn {
  static readonly token = 'stand-in.token-1';
  readonly store = new Map<string, unknown>();
  readonly received: ReceivedRequest[] = [];
  fault: Fault = () => undefined;
  /** Called after each write that was stored. */
  onStored: () => void = () => undefined;
  /** Answers no record until so many are waiting for their answer. */
  holdRecords = 0;
  /** The most requests that were here without an answer at one time. */
  mostUnderWay = 0;
  #underWay = 0;
  #held: (() => void)[] = [];
  readonly #server: Server = createServer((request, response) => {
    // A client that was killed in the middle of its request gets no answer.
    this.#serve(request, response).catch(() => response.destroy());
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  patients(): string[] {
    return [...this.store.keys()].filter((path) => !path.includes('/records/'));
  }

  /** The stored record bodies, in the order in which they came. */
  records(): StoredRecord[] {
    return [...this.store]
      .filter(([path]) => path.includes('/records/'))
      .map(([, body]) => body as StoredRecord);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
    response.on('close', () => (this.#underWay -= 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    const body = Buffer.concat(chunks).toString('utf8');
    const { authorization } = request.headers;
    this.received.push({ path, authorization });
    const number = this.received.length;
    if (this.holdRecords > 1 && path.includes('/records/')) await this.#hold();

    const fault = this.fault({ path, body, number });
    if (fault?.hangUp === 'before-storing') return void request.socket.destroy();
    if (fault !== undefined && fault.hangUp === undefined) return answer(response, fault);

    const isBatch = request.method === 'POST' && path.endsWith('/records/batch');
    const refusal = isBatch ? this.#batchRefusal(request, path, body) : this.#refusal(request, path, body);
    if (refusal !== undefined) return answer(response, refusal);
    const stored = isBatch ? this.#storeBatch(path, body) : this.#storeOne(path, body);
    if (fault?.hangUp === 'after-storing') return void request.socket.destroy();
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(stored));
  }

  #storeOne(path: string, body: string): object {
    this.store.set(path, JSON.parse(body));
    this.onStored();
    return { ...JSON.parse(body), id: path.split('/').at(-1), screening: screeningOf(body) };
  }

  #storeBatch(path: string, body: string): object {
    const items = batchOf(body).map(({ id, ...record }) =>
      this.#storeOne(path.replace(/batch$/, id), JSON.stringify(record)),
    );
    return { items };
  }

  /** All or nothing: what any of them is refused for. */
  #batchRefusal(request: IncomingMessage, path: string, body: string): FaultAnswer | undefined {
    const records = batchOf(body);
    if (records.length < 1 || records.length > 50) return { status: 400, problem: 'validation-failed' };
    for (const { id, ...record } of records) {
      const one = { headers: { ...request.headers, 'if-none-match': '*' }, method: 'PUT' };
      const refusal = this.#refusal(one, path.replace(/batch$/, id), JSON.stringify(record));
      if (refusal?.status === 412) return { status: 409, problem: 'already-exists' };
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  async #hold(): Promise<void> {
    if (this.#held.length + 1 < this.holdRecords) {
      await new Promise<void>((resolve) => this.#held.push(resolve));
      return;
    }
    // A few turns of the event loop, in which a request too many would arrive.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    for (const release of this.#held.splice(0)) release();
  }

  #refusal(
    request: Pick<IncomingMessage, 'headers' | 'method'>,
    path: string,
    body: string,
  ): FaultAnswer | undefined {
    if (request.headers.authorization !== `Bearer ${ServiceStandIn.token}`)
      return { status: 401, problem: 'unauthenticated' };
    const [, version, patients, patientId = '', records, recordId = ''] = path.split('/');
    if (request.method !== 'PUT' || version !== 'v1' || patients !== 'patients')
      return { status: 404, problem: 'not-found' };
    if (request.headers['content-type'] !== 'application/json')
      return { status: 415, problem: 'unsupported-media-type' };
    if (request.headers['if-none-match'] !== '*') return { status: 428, problem: 'precondition-required' };
    if (!uuidPattern.test(patientId)) return { status: 400, problem: 'validation-failed' };
    if (records === undefined) {
      if (this.store.has(path)) return { status: 412, problem: 'precondition-failed' };
      const unknown = Object.keys(JSON.parse(body) as object).some((key) => !patientElements.has(key));
      return unknown || unknownElements.test(body)
        ? { status: 400, problem: 'validation-failed' }
        : undefined;
    }
    if (!uuidPattern.test(recordId)) return { status: 400, problem: 'validation-failed' };
    if (!this.store.has(`/v1/patients/${patientId}`)) return { status: 404, problem: 'not-found' };
    if (this.store.has(path)) return { status: 412, problem: 'precondition-failed' };
    const keys = Object.keys(JSON.parse(body) as object);
    const unknown = keys.some((key) => !['recordType', 'content', 'notes', 'recordedAt'].includes(key));
    return unknown ? { status: 400, problem: 'validation-failed' } : undefined;
  }
}

const batchOf = (body: string): { id: string }[] =>
  (JSON.parse(body) as { records: { id: string }[] }).records;

/** Screening as far as an importer sees it: a marker in a text counts as a phone number that was replaced. */
function screeningOf(body: string): object {
  return body.includes('PHONE-MARKER')
    ? { outcome: 'anonymized', findings: [{ type: 'PHONE', count: 1, pointer: '/content/note/0/text' }] }
    : { outcome: 'clean', findings: [] };
}

function answer(response: ServerResponse, fault: FaultAnswer): void {
  response.writeHead(fault.status, { 'content-type': 'application/problem+json', ...fault.headers });
  const { status, problem = 'about:blank', errors, findings } = fault;
  response.end(JSON.stringify({ type: `/problems/${problem}`, title: 'A title', status, errors, findings }));
}
